"""What the system tells of a server's processes: the one that forks, and its workers."""

from __future__ import annotations

import asyncio
import ctypes
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

from kgraph.serving.isolation.priorities import ATTRIBUTES

_SCHED_GETATTR = {"x86_64": 315, "aarch64": 275}


def find_children(process: int) -> list[int]:
    """Give the children of all threads of a process, those that were not reaped yet too."""
    found = []
    try:
        for thread in Path(f"/proc/{process}/task").iterdir():
            found += [int(each) for each in (thread / "children").read_text().split()]
    except OSError:
        return found
    return found


def find_fork_server(server: int | None = None) -> int:
    """Give the process that holds the data for a server, here or elsewhere; 0 for none."""
    for child in find_children(server or os.getpid()):
        if b"fork_server" in read(child, "cmdline"):
            return child
    return 0


def find_workers(server: int | None = None) -> list[int]:
    """Give a server's worker processes, those that were not reaped yet too."""
    fork_server = find_fork_server(server)
    return find_children(fork_server) if fork_server else []


def read(process: int, name: str) -> bytes:
    """Give a file that the system has of a process; nothing where the process is gone."""
    try:
        return Path(f"/proc/{process}/{name}").read_bytes()
    except OSError:
        return b""


def read_field(process: int, name: str, field: str) -> str:
    """Give the first word after a field's name in such a file; nothing where it is not there."""
    for line in read(process, name).decode(errors="replace").splitlines():
        if line.startswith(f"{field}:"):
            return line.split()[1]
    return ""


def read_bytes_of(process: int, field: str) -> int:
    """Give the bytes of a kind of a process's memory, from smaps_rollup; 0 where it is gone."""
    return int(read_field(process, "smaps_rollup", field) or 0) << 10


def is_waiting(process: int) -> bool:
    """Tell whether a process waits for something."""
    return read_field(process, "status", "State") == "S"


def count_stopped(processes: list[int]) -> int:
    """Give how many of them are stopped."""
    return sum(read_field(each, "status", "State") == "T" for each in processes)


def read_computed(process: int) -> int:
    """Give the nanoseconds a process has had a processor."""
    return int((read(process, "schedstat").split() or [b"0"])[0])


def read_slice(process: int) -> int:
    """Give the slice of a process in nanoseconds; 0 where the system does not tell."""
    number = _SCHED_GETATTR.get(platform.machine())
    found = ctypes.create_string_buffer(ATTRIBUTES.size)
    if number is None or ctypes.CDLL(None).syscall(number, process, found, ATTRIBUTES.size, 0):
        return 0
    return int(ATTRIBUTES.unpack(found.raw)[5])


async def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait for something that happens soon, generously; fail where it does not."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not happen"
        await asyncio.sleep(0.01)
