"""How the system shares its processors between workers: niceness, and short slices."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import struct

#: Who yields gives up the rest of his slice; a tenth of a millisecond is the shortest there is.
SLICE_NANOSECONDS = 100_000
_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
_ATTRIBUTES = struct.Struct("IIQiIQQQII")


def lower(process: int, niceness: int) -> bool:
    """Let a process (0: this one) take turns with others in short slices, at a niceness, or at a
    higher one that it has already; tell whether it has it now."""
    niceness = max(niceness, os.getpriority(os.PRIO_PROCESS, process))
    number = _SCHED_SETATTR.get(platform.machine())
    if number is not None:
        size, other = _ATTRIBUTES.size, os.SCHED_OTHER
        attributes = _ATTRIBUTES.pack(size, other, 0, niceness, 0, SLICE_NANOSECONDS, 0, 0, 0, 0)
        # Before Linux 6.12 a slice cannot be chosen, and is left as it is.
        if not ctypes.CDLL(None).syscall(number, process, attributes, 0):
            return True
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, process, niceness)
    return os.getpriority(os.PRIO_PROCESS, process) >= niceness
