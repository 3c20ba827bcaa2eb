"""How the system schedules a process: ahead of all others, or behind them in short slices.

What runs in real time takes the processor the moment it wakes up, whatever else runs; Linux takes
it back for others only after 0.95 of each second. It must be allowed (RLIMIT_RTPRIO, CAP_SYS_NICE).
"""

from __future__ import annotations

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
    """Let a process (0: this one) run in real time; tell whether the system allows it.

    What it forks or runs in threads does not.
    """
    policy = os.SCHED_RR | os.SCHED_RESET_ON_FORK
    try:
        os.sched_setscheduler(process, policy, os.sched_param(priority))
    except PermissionError:
        return False
    return True


def take_turns(process: int) -> None:
    """Let a process (0: this one) take turns with others, as is usual."""
    os.sched_setscheduler(process, os.SCHED_OTHER | os.SCHED_RESET_ON_FORK, os.sched_param(0))


def fall_behind(process: int, niceness: int) -> None:
    """Let a process (0: this one) take turns with others, in short slices, at a niceness."""
    number = _SCHED_SETATTR.get(platform.machine())
    if number is not None:
        size, other = _ATTRIBUTES.size, os.SCHED_OTHER
        slice_ = _ATTRIBUTES.pack(size, other, 0, niceness, 0, _SLICE_NANOSECONDS, 0, 0, 0, 0)
        # Before Linux 6.12 a slice cannot be chosen, and is left as it is.
        if not ctypes.CDLL(None).syscall(number, process, slice_, 0):
            return
    os.sched_setscheduler(process, os.SCHED_OTHER, os.sched_param(0))
    os.setpriority(os.PRIO_PROCESS, process, niceness)
