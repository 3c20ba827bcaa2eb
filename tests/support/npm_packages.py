"""Packages from npm, pinned by a lock file, installed once into `build/`."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

_BUILD = Path(__file__).parents[2] / "build"
_INSTALL_SECONDS = 600


def install_packages(locked: Path) -> Path:
    """Give a folder with the packages that the folder `locked` pins; skip where there is no npm."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"npm is not installed: the packages of {locked.name} come from there")
    lock = (locked / "package-lock.json").read_bytes()
    target = _BUILD / f"{locked.name}-{hashlib.sha256(lock).hexdigest()[:12]}"
    target.parent.mkdir(exist_ok=True)
    if not target.exists():
        _install(npm, locked, target)
    return target


def _install(npm: str, locked: Path, target: Path) -> None:
    """Put the packages into `target`, in one step even when two workers try at once."""
    scratch = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.copytree(locked, scratch)
    done = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=scratch, capture_output=True, text=True, check=False, timeout=_INSTALL_SECONDS,
    )  # fmt: skip
    if done.returncode:
        shutil.rmtree(scratch)
        pytest.fail(f"npm ci could not install {locked / 'package.json'}:\n{done.stderr}")
    try:
        scratch.rename(target)
    except OSError:  # the other worker was first
        shutil.rmtree(scratch)
