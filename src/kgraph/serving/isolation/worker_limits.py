"""What the system holds a worker to."""

from __future__ import annotations

import resource
import signal
from dataclasses import dataclass

from kgraph.errors import BadConfig


@dataclass(frozen=True)
class Limits:
    """What one worker may use: bytes of memory beyond the store's; bytes and rows of an answer."""

    memory_bytes: int
    answer_bytes: int
    answer_rows: int


def apply_limits(limits: Limits, held: int) -> None:
    """Limit this process for good; `held` are the bytes of memory that it has already.

    After this no socket, no file and no process can be opened any more.
    Errors: BadConfig naming the setting and the limit of the surroundings that is below it.
    """
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    memory, answer = limits.memory_bytes, limits.answer_bytes
    _limit(resource.RLIMIT_AS, held + memory, f"memory_mebibytes = {memory >> 20}", "RLIMIT_AS")
    _limit(resource.RLIMIT_FSIZE, answer, f"answer_mebibytes = {answer >> 20}", "RLIMIT_FSIZE")
    for each in (resource.RLIMIT_CORE, resource.RLIMIT_NPROC, resource.RLIMIT_NOFILE):
        resource.setrlimit(each, (0, 0))


def _limit(kind: int, most: int, setting: str, name: str) -> None:
    try:
        resource.setrlimit(kind, (most, most))
    except (ValueError, OverflowError, OSError) as error:
        hard = resource.getrlimit(kind)[1]
        if hard == resource.RLIM_INFINITY:
            raise BadConfig(f"{setting} is more than the system can limit ({name})") from error
        raise BadConfig(
            f"{setting} cannot be had: it takes a limit {name} of {most >> 20} MiB, and this "
            f"process was started with {hard >> 20} MiB; lower the setting or raise the limit"
        ) from error
