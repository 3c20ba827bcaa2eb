"""What one worker may use, and how the system is told."""

from __future__ import annotations

import resource
import signal
from dataclasses import dataclass

from kgraph.errors import BadConfig

_MOST = (1 << 63) - 1


@dataclass(frozen=True)
class WorkerLimits:
    """Bytes of memory beyond the store's; bytes and rows of an answer."""

    memory_bytes: int
    answer_bytes: int
    answer_rows: int

    def check(self, held: int) -> None:
        """See that the system lets workers have so much, where `held` bytes are the store's.

        Errors: BadConfig naming the setting.
        """
        for kind, wanted, setting, option in (
            (resource.RLIMIT_AS, held + self.memory_bytes, "memory_mebibytes", "ulimit -v"),
            (resource.RLIMIT_FSIZE, self.answer_bytes, "answer_mebibytes", "ulimit -f"),
        ):
            hard = resource.getrlimit(kind)[1]
            allowed = _MOST if hard == resource.RLIM_INFINITY else hard
            if wanted > allowed:
                raise BadConfig(
                    f"{setting} is more than the system allows a process ({allowed >> 20} MiB with "
                    f"the data of {held >> 20} MiB): lower it, or raise that limit ({option})"
                )

    def apply(self, held: int) -> None:
        """Let this process have no more. Once that is done it opens no socket and no file, and
        starts no process: SERVICE, LOAD and FROM reach nothing, however they are spelled."""
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        for kind, most in (
            (resource.RLIMIT_AS, held + self.memory_bytes),
            (resource.RLIMIT_FSIZE, self.answer_bytes),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_NPROC, 0),
            (resource.RLIMIT_NOFILE, 0),
        ):
            resource.setrlimit(kind, (most, most))
