"""What server and worker say to each other: jobs one way, replies and news the other."""

from __future__ import annotations

import struct
from enum import IntEnum

#: Before each job: its bytes.
JOB = struct.Struct("!I")
#: Before what a worker says: which kind it is, the bytes of its text, and of the answer after that;
#: seconds of computing; whether the worker is spent.
REPLY = struct.Struct("!BIId?")


class Said(IntEnum):
    """What a worker says. The first two answer a job; the others come unasked, each once at most:
    its limits stand, it has copied the data, a limit cannot be set."""

    ANSWER = 0
    FAULT = 1
    STARTED = 2
    COPIED = 3
    REFUSED = 4
