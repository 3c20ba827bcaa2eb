"""How the system schedules a process: at which niceness, and in which slices."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import struct

#: Who yields gives up the rest of his slice; a tenth of a millisecond is the shortest there is.
SLICE_NANOSECONDS = 100_000
_LEAST_PRIORITY = 19
_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
#: struct sched_attr of sched_setattr(2): size, policy, flags, niceness, priority, runtime (which is
#: the slice of an ordinary process), deadline, period, two clamps.
ATTRIBUTES = struct.Struct("IIQiIQQQII")


def shorten_slices() -> None:
    """Let this process, and those that it forks, take turns with others in short slices.

    Before Linux 6.12 a slice cannot be chosen, and is left as it is.
    """
    number = _SCHED_SETATTR.get(platform.machine())
    if number is not None:
        niceness = os.getpriority(os.PRIO_PROCESS, 0)
        chosen = ATTRIBUTES.pack(
            ATTRIBUTES.size, os.SCHED_OTHER, 0, niceness, 0, SLICE_NANOSECONDS, 0, 0, 0, 0
        )
        ctypes.CDLL(None).syscall(number, 0, chosen, 0)


def lower_priority(process: int, steps: int) -> None:
    """Set the niceness of a process to `steps` above this one's own, 19 at most.

    What is gone already, or was lowered more by others, is left as it is.
    """
    niceness = min(os.getpriority(os.PRIO_PROCESS, 0) + steps, _LEAST_PRIORITY)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.getpriority(os.PRIO_PROCESS, process) < niceness:
            os.setpriority(os.PRIO_PROCESS, process, niceness)
