"""Running again whenever a file was saved."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

#: Between two looks at the files.
PAUSE_SECONDS = 0.5
Stamp = dict[Path, tuple[int, int]]


def watch_files(list_files: Callable[[], Iterable[Path]], run: Callable[[], None]) -> None:
    """Run once, and again after each change of a file, until the user presses Ctrl-C.

    Files that appear or vanish count as changes: the list is made anew for each look.
    """
    try:
        while True:
            before = stamp(list_files())
            run()
            while stamp(list_files()) == before:
                time.sleep(PAUSE_SECONDS)
    except KeyboardInterrupt:
        return


def stamp(files: Iterable[Path]) -> Stamp:
    """Give time and size of each file that is there."""
    found = {}
    for file in files:
        try:
            status = file.stat()
        except FileNotFoundError:
            continue
        found[file] = (status.st_mtime_ns, status.st_size)
    return found
