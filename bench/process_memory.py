"""The memory of a server: what its processes hold, shared pages counted once."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

_LOOK_SECONDS = 1.0
#: Reading takes time from the server measured: at most this share.
_SHARE = 0.005


def find_tree(root: int) -> list[int]:
    """Give a process and all below it."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                stat = (folder / "stat").read_text()
                parent = int(stat[stat.rindex(")") + 2 :].split()[1])
                children.setdefault(parent, []).append(int(folder.name))
    tree = [root]
    for each in tree:
        tree += children.get(each, [])
    return tree


def read_bytes_held(root: int) -> int:
    """Give the proportional set size of a process and all below it."""
    total = 0
    for process in find_tree(root):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) << 10
    return total


def watch_memory(root: int, is_over: Callable[[], bool]) -> int:
    """Give the largest figure seen each second until it is over."""
    peak, due = 0, 0.0
    while not is_over():
        start = time.perf_counter()
        if start >= due:
            peak = max(peak, read_bytes_held(root))
            due = start + max(_LOOK_SECONDS, (time.perf_counter() - start) / _SHARE)
        time.sleep(0.1)
    return peak
