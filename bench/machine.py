"""Whether the machine was free to be measured on: what others than the measured took of it."""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path

from process_memory import find_tree

_FREE_SHARE = 0.1
_WAIT_SECONDS = 30.0
_LOOK_SECONDS = 0.5
_TICKS = os.sysconf("SC_CLK_TCK")


def wait_until_free() -> None:
    """Wait, but not for ever, until the processors are idle; a server settles meanwhile, too."""
    end = time.perf_counter() + _WAIT_SECONDS
    while time.perf_counter() < end:
        busy, total = _read_machine()
        time.sleep(_LOOK_SECONDS)
        busy_later, total_later = _read_machine()
        if busy_later - busy < _FREE_SHARE * (total_later - total):
            return
    print("the machine does not come to rest; the figures will be wrong", file=sys.stderr)


class Others:
    """Counts the processors' time that neither a server nor its clients used."""

    def __init__(self, *roots: int) -> None:
        self._roots = roots
        self._begin = self._read()

    def share(self) -> float:
        """Give their share since the beginning; clients have to be ended, the server not yet."""
        (busy, total), (busy_later, total_later) = self._begin, self._read()
        return max(0.0, (busy_later - busy) / max(0.01, total_later - total))

    def _read(self) -> tuple[float, float]:
        busy, total = _read_machine()
        clients = (resource.getrusage(who) for who in _OURSELVES)
        ours = sum(each.ru_utime + each.ru_stime for each in clients)
        return busy - ours - sum(
            _read_process(each) for root in self._roots for each in find_tree(root)
        ), total


_OURSELVES = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def _read_machine() -> tuple[float, float]:
    """Give the seconds all processors were busy, stolen time included, and all seconds."""
    words = Path("/proc/stat").read_text().splitlines()[0].split()
    # Guests are counted in the time of users already.
    times = [int(word) / _TICKS for word in words[1:9]]
    return sum(times) - times[3] - times[4], sum(times)


def _read_process(process: int) -> float:
    """Give the seconds a process and its ended children used."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return 0.0
    return sum(int(word) for word in stat[stat.rindex(")") + 2 :].split()[11:15]) / _TICKS
