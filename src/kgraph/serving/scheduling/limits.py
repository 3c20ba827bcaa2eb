"""What queries may use: one of them, and all together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PoolLimits:
    """What a pool allows.

    `workers` queries of each class are evaluated at once; `suspended` more are stopped half-way
    until there is a slot for what takes as long as they do; `queue` wait for a worker. So there are
    `processes` at most. Workers copy the data in advance up to `copied_bytes` altogether. The
    others are limits of one query.
    """

    workers: int = 2
    suspended: int = 8
    queue: int = 256
    query_seconds: float = 30.0
    memory_bytes: int = 2 << 30
    copied_bytes: int = 1 << 30
    answer_bytes: int = 256 << 20
    answer_rows: int = 1_000_000
    open_seconds: float = 600.0

    @property
    def processes(self) -> int:
        """How many workers there are at most, those that are about to end included."""
        return 4 * self.workers + self.suspended
