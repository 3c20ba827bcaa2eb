"""The memory a worker shares with its parent, copied before it is needed rather than page by page.

A forked process copies each page when it first writes to it, and the engine writes wherever it
reads, since it counts references in its data: a query that looks at forty pages waits for forty
copies. Copied in advance the same pages cost a third, and no query waits for them.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

#: Of madvise(2), since Linux 5.14: fill the pages as if each had been written to.
_POPULATE_WRITE = 23
_PAGE_BYTES = os.sysconf("SC_PAGESIZE")
#: So much is copied before the worker looks for a job again: some 0.1 ms.
_STEP_BYTES = 1 << 18


class SharedPages:
    """What is still to be copied. Where the system cannot copy in advance, nothing is."""

    def __init__(self) -> None:
        self._steps: Iterator[tuple[int, int]] | None = _steps(_read_ranges())
        self._advise = ctypes.CDLL(None).madvise
        self._advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)

    @property
    def left(self) -> bool:
        """Whether there are more to copy."""
        return self._steps is not None

    def copy_some(self) -> None:
        """Copy a few."""
        step = next(self._steps, None) if self._steps else None
        if step is None or self._advise(*step, _POPULATE_WRITE):
            self._steps = None


def _read_ranges() -> list[tuple[int, int]]:
    """Give begin and end of the process's private memory that is no file's."""
    ranges = []
    for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
        addresses, access, _, _, inode, *name = line.split()
        if access == "rw-p" and inode == "0" and name in ([], ["[heap]"]):
            begin, end = addresses.split("-")
            ranges.append((int(begin, 16), int(end, 16)))
    return ranges


def _steps(ranges: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Give begin and size of each step."""
    for begin, end in ranges:
        for start in range(begin, end, _STEP_BYTES):
            yield start, min(_STEP_BYTES, end - start)


def count_own_bytes() -> int:
    """Give the bytes of memory in use that a worker would copy."""
    held, shared = Path("/proc/self/statm").read_text(encoding="ascii").split()[1:3]
    return (int(held) - int(shared)) * _PAGE_BYTES


def find_free_bytes() -> int:
    """Give the bytes of memory that are free, to this control group where it has a limit."""
    free = [read_number(Path("/proc/meminfo"), "MemAvailable:") << 10]
    group = Path("/sys/fs/cgroup")
    most = read_number(group / "memory.max")
    if most:
        free.append(max(0, most - read_number(group / "memory.current")))
    return min(free)


def read_number(file: Path, name: str = "") -> int:
    """Give the number after a name, or that of the whole file; 0 where there is none."""
    try:
        text = file.read_text(encoding="ascii")
    except OSError:
        return 0
    first = (text.partition(name)[2] if name else text).split()[:1]
    return int(first[0]) if first and first[0].isdecimal() else 0
