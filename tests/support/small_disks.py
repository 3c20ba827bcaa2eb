"""File systems with little room, so that a disk is full when a test says so."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, kibibytes: int) -> Iterator[Path]:
    """Give the folder as a file system of its own of that size; skip where none may be mounted."""
    folder.mkdir(exist_ok=True)
    options = f"size={kibibytes}k,mode=755"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command for a small file system")
    if done.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        # Lazily, for a process that is just ending may still be in it.
        subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=30)


def enlarge(folder: Path, kibibytes: int) -> None:
    """Make room."""
    command = ["mount", "-o", f"remount,size={kibibytes}k", str(folder)]
    subprocess.run(command, check=True, timeout=30)


def fill(folder: Path) -> Path:
    """Leave no room; give the file that takes it."""
    file = folder / "filling"
    with file.open("wb", buffering=0) as stream:
        try:
            while stream.write(b"x" * 4096):
                pass
        except OSError:
            return file
    raise AssertionError("the disk has no end")
