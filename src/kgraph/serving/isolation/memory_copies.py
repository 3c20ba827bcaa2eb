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

#: Of madvise(2): since Linux 5.14, fill the pages as if each had been written to; since 6.1, make
#: large pages of small ones.
_POPULATE_WRITE, _COLLAPSE = 23, 25
_PAGE_BYTES = os.sysconf("SC_PAGESIZE")
#: The size of large pages, at addresses that are multiples of it; where it is another one, steps
#: would be too large.
_LARGE_BYTES = 2 << 20
_LARGE_FILE = Path("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size")
#: So much is copied before the worker looks for a job again: some 0.1 ms; or, into large pages,
#: 5 ms, nearly all of which the system waits for other processors.
_STEP_BYTES, _LARGE_STEP_BYTES = 1 << 18, 16 << 20


class SharedPages:
    """What is still to be copied. Where the system cannot copy in advance, nothing is.

    Into large pages the copy is made in steps of several milliseconds, of which most are waiting.
    """

    def __init__(self, large: bool = True) -> None:
        large = large and read_number(_LARGE_FILE) == _LARGE_BYTES
        self._steps: Iterator[tuple[int, int]] | None = _steps(_read_ranges(), large)
        self._advise = ctypes.CDLL(None).madvise
        self._advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)

    @property
    def left(self) -> bool:
        """Whether there are more to copy."""
        return self._steps is not None

    def copy_some(self) -> None:
        """Copy a few."""
        step = next(self._steps, None) if self._steps else None
        if step is None or not (self._copy_large(*step) or self._copy(*step)):
            self._steps = None

    def _copy(self, begin: int, size: int) -> bool:
        return not self._advise(begin, size, _POPULATE_WRITE)

    def _copy_large(self, begin: int, size: int) -> bool:
        """Copy into large pages, of which memory is read faster; tell whether that is done."""
        if size < _LARGE_BYTES:
            return False
        # A large page that is shared would be left as it is, had none of it been copied before.
        firsts = range(begin, begin + size, _LARGE_BYTES)
        copied = all(self._copy(first, _PAGE_BYTES) for first in firsts)
        return copied and not self._advise(begin, size, _COLLAPSE)


def enlarge_pages() -> None:
    """Move this process's own memory into large pages, as far as it fills them: that takes a tenth
    of a second, and its memory is read faster then."""
    pages = SharedPages()
    while pages.left:
        pages.copy_some()


def _read_ranges() -> list[tuple[int, int]]:
    """Give begin and end of the process's private memory that is no file's."""
    ranges = []
    for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
        addresses, access, _, _, inode, *name = line.split()
        if access == "rw-p" and inode == "0" and name in ([], ["[heap]"]):
            begin, end = addresses.split("-")
            ranges.append((int(begin, 16), int(end, 16)))
    return ranges


def _steps(ranges: list[tuple[int, int]], large: bool) -> Iterator[tuple[int, int]]:
    """Give begin and size of each step; one of large pages is a whole number of them."""
    for begin, end in ranges:
        first, last = -(-begin // _LARGE_BYTES) * _LARGE_BYTES, end // _LARGE_BYTES * _LARGE_BYTES
        if first >= last or not large:
            first = last = end
        yield from _divide(begin, first, _STEP_BYTES)
        yield from _divide(first, last, _LARGE_STEP_BYTES)
        yield from _divide(last, end, _STEP_BYTES)


def _divide(begin: int, end: int, most: int) -> Iterator[tuple[int, int]]:
    for start in range(begin, end, most):
        yield start, min(most, end - start)


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
