"""What queries may use: one of them, and all together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PoolLimits:
    """What the pool allows.

    `workers` quick queries run at once, as many that are not known, as many that are known to take
    long, and as many heavy ones; up to `processes` that turn out not to be quick, and as many heavy
    ones that are suspended; `queue` wait. Workers copy data in advance up to `copied_bytes`
    altogether. Quick ones run `ahead` of all others, in real time. The others are limits of one
    query.
    """

    workers: int = 2
    processes: int = 24
    queue: int = 256
    query_seconds: float = 30.0
    memory_bytes: int = 2 << 30
    copied_bytes: int = 1 << 30
    ahead: bool = False
    answer_bytes: int = 256 << 20
    answer_rows: int = 1_000_000
    open_seconds: float = 600.0
