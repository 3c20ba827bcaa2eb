"""What queries may use: one of them, and all together."""

from __future__ import annotations

from dataclasses import dataclass

from kgraph.errors import BadConfig

#: What each class that has workers of its own holds ready: quick, unknown and long (scheduling).
_OWN_CLASSES = 3


@dataclass(frozen=True)
class PoolLimits:
    """What the pool allows, in all and for one query.

    In all: `workers` slots for each class of queries, each with a worker process of its own but for
    heavy ones; `processes` worker processes alive at once, running, stopped, idle or being ended,
    so that `processes` times `memory_bytes` is the most that queries may take; `queue` queries that
    have no worker yet; `copied_bytes` of copies of the data that workers make in advance.
    For one query: `query_seconds` of time, `memory_bytes` beyond the data, `answer_bytes` and
    `answer_rows` of its answer. `open_seconds` is the time to open the data.

    Errors: BadConfig where `processes` leave no room for a query that outgrows its class.
    """

    workers: int = 2
    processes: int = 16
    queue: int = 256
    query_seconds: float = 30.0
    memory_bytes: int = 2 << 30
    copied_bytes: int = 1 << 30
    answer_bytes: int = 256 << 20
    answer_rows: int = 1_000_000
    open_seconds: float = 600.0

    def __post_init__(self) -> None:
        """See that the numbers go together."""
        if self.outgrown < 1:
            least = _OWN_CLASSES * self.workers + 1
            raise BadConfig(
                f"processes = {self.processes} are too few for workers = {self.workers}: three of "
                f"them for each are always there, so set {least} or more, or fewer workers"
            )

    @property
    def outgrown(self) -> int:
        """How many queries may go on beyond the limit of their class, each with its worker."""
        return self.processes - _OWN_CLASSES * self.workers
