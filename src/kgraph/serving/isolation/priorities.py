"""How the system schedules a process: ahead of all others, or behind them in short slices.

What runs in real time takes the processor the moment it wakes up, whatever else runs; Linux takes
it back for others only after 0.95 of each second. It must be allowed (RLIMIT_RTPRIO, CAP_SYS_NICE).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import struct

#: Real-time priorities: of the server and of what holds the data; and of quick queries, which the
#: server can interrupt.
SERVER, QUICK = 2, 1
#: Who yields gives up the rest of his slice; a tenth of a millisecond is the shortest there is.
_SLICE_NANOSECONDS = 100_000
_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
_ATTRIBUTES = struct.Struct("IIQiIQQQII")


def go_ahead(process: int, priority: int) -> bool:
    """Let a process or thread (0: this one) run in real time; tell whether the system allows it.

    What it forks, and the threads that it begins, do so too until they are told otherwise.
    """
    try:
        os.sched_setscheduler(process, os.SCHED_RR, os.sched_param(priority))
    except PermissionError:
        return False
    return True


def may_go_ahead(priority: int) -> bool:
    """Tell whether the system lets this process run in real time; it takes turns after that."""
    allowed = go_ahead(0, priority)
    if allowed:
        take_turns(0)
    return allowed


def take_turns(process: int) -> None:
    """Let a process or thread (0: this one) take turns with others, as is usual."""
    os.sched_setscheduler(process, os.SCHED_OTHER, os.sched_param(0))


def fall_behind(process: int, niceness: int) -> bool:
    """Let a process (0: this one) take turns with others, in short slices, at a niceness or a
    higher one that it has; tell whether it does. What the system refuses is left as it is."""
    niceness = max(niceness, os.getpriority(os.PRIO_PROCESS, process))
    number = _SCHED_SETATTR.get(platform.machine())
    if number is not None:
        size, other = _ATTRIBUTES.size, os.SCHED_OTHER
        slice_ = _ATTRIBUTES.pack(size, other, 0, niceness, 0, _SLICE_NANOSECONDS, 0, 0, 0, 0)
        # Before Linux 6.12 a slice cannot be chosen, and is left as it is.
        if not ctypes.CDLL(None).syscall(number, process, slice_, 0):
            return True
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, process, niceness)
        take_turns(process)
    return os.sched_getscheduler(process) == os.SCHED_OTHER
