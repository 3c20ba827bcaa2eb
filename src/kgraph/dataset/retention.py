"""Which folders beside the newest snapshot stay: none half-written, a few old ones, all in use.

A process that reads a snapshot holds a shared lock on its folder, and one that removes it takes the
whole lock; the system gives up the locks of a process that ends, in whatever way.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from kgraph.errors import BadConfig

MANIFEST = "manifest.json"
BUILDING = ".building-"
_REMOVING = ".removing-"
_SNAPSHOT = re.compile(r"\d{4}-\d{2}-\d{2}-[0-9a-f]{12}")
_LEFTOVER = re.compile(r"\.(building|removing|current)-")


class Hold:
    """A snapshot that is in use: until this is closed it is not removed.

    Errors: BadConfig when it is gone already.
    """

    def __init__(self, snapshot: Path) -> None:
        self._snapshot = snapshot
        try:
            self._handle = os.open(snapshot, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise BadConfig(f"{snapshot}: cannot be read: {error.strerror}.") from error
        # Where a file system has no locks, nobody can take the whole lock, and nothing is removed.
        with contextlib.suppress(OSError):
            fcntl.flock(self._handle, fcntl.LOCK_SH)
        if not (snapshot / MANIFEST).is_file():
            self.close()
            raise BadConfig(f"{snapshot}: was removed just now; try again.")

    def close(self) -> None:
        """Let it go; a second time does nothing."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)

    def __enter__(self) -> Path:
        return self._snapshot

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@contextmanager
def build_alone(out: Path) -> Iterator[Path]:
    """Give a new folder in `out` to build in, once no other build is under way there.

    What killed builds left there is removed before, and the folder, if it is still there, after.
    """
    lock = os.open(out, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
        _remove_leftovers(out)
        beside = Path(tempfile.mkdtemp(dir=out, prefix=BUILDING))
        try:
            yield beside
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    finally:
        os.close(lock)


def hold_files(files: Sequence[Path]) -> Hold | None:
    """Hold the snapshot that the files are a part of; None where they are of none."""
    if not files or not (files[0].parent / MANIFEST).is_file():
        return None
    return Hold(files[0].parent)


def remove_old(out: Path, keep: int) -> list[Path]:
    """Remove all snapshots but the `keep` newest ones, those that links in `out` name, and those in
    use; give what was removed.

    Anything else in `out` is left alone. To be called within `build_alone`.
    """
    linked = {each.resolve() for each in out.iterdir() if each.is_symlink()}
    old = [each for each in _list_snapshots(out) if each.resolve() not in linked]
    old.sort(key=lambda each: (each / MANIFEST).stat().st_mtime_ns, reverse=True)
    return [each for each in old[keep:] if _remove(each)]


def _list_snapshots(out: Path) -> list[Path]:
    return [
        each
        for each in out.iterdir()
        if _SNAPSHOT.fullmatch(each.name) and not each.is_symlink() and (each / MANIFEST).is_file()
    ]


def _remove(snapshot: Path) -> bool:
    """Remove a snapshot unless somebody holds it; tell whether it went."""
    try:
        handle = os.open(snapshot, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return False
    gone = snapshot.with_name(_REMOVING + snapshot.name)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # In one step, so that nobody finds a part of it; the rest is a leftover if we are killed.
        snapshot.rename(gone)
    except OSError:
        return False
    finally:
        os.close(handle)
    shutil.rmtree(gone, ignore_errors=True)
    return True


def _remove_leftovers(out: Path) -> None:
    for each in out.iterdir():
        if not _LEFTOVER.match(each.name):
            continue
        if each.is_symlink():
            each.unlink(missing_ok=True)
        else:
            shutil.rmtree(each, ignore_errors=True)
