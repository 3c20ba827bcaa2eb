"""Queries in worker processes that can be killed; cheap ones never wait for heavy ones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from kgraph.dataset.retention import Hold, hold_files
from kgraph.engines.answer import Answer
from kgraph.engines.evaluation import Task
from kgraph.errors import KgraphError
from kgraph.serving.cache import Charge, ask_nobody
from kgraph.serving.isolation.fork_server_link import ForkServerLink
from kgraph.serving.isolation.worker_limits import WorkerLimits
from kgraph.serving.scheduling.costs import QueryCosts
from kgraph.serving.scheduling.limits import PoolLimits
from kgraph.serving.scheduling.scheduler import Scheduler
from kgraph.serving.scheduling.workers import WorkerSet


def _tell_nobody(_: str) -> None:
    pass


class Pool:
    """Workers forked from one fork server that holds the store.

    `answer` gives whole answers or raises; it never gives part of one. `on_kill` is told why a
    worker was ended. `costs` are shared with the pool of other data before or after.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        limits: PoolLimits,
        on_kill: Callable[[str], None] = _tell_nobody,
        costs: QueryCosts | None = None,
    ) -> None:
        self._paths = paths
        self._limits = limits
        self._hold: Hold | None = None
        self._link = ForkServerLink(self._meet, self._fail)
        self._workers = WorkerSet(self._link, limits)
        self._scheduler = Scheduler(self._workers, limits, costs or QueryCosts(), on_kill)
        self._open = False
        self.quads = 0

    async def start(self) -> int:
        """Open the data and fork the first workers; give the number of quads held.

        A snapshot is not removed while it is served.
        Errors: BrokenData when the data cannot be read; BadConfig when the snapshot is gone, or the
        system does not allow the limits; FullDisk when there is no room for answers; EngineFailure
        when it takes too long.
        """
        self._hold = hold_files(self._paths)
        limits = self._limits
        of_one = WorkerLimits(limits.memory_bytes, limits.answer_bytes, limits.answer_rows)
        try:
            self.quads = await self._link.open(self._paths, of_one, limits.open_seconds)
            self._workers.start()
        except (KgraphError, asyncio.CancelledError):
            await self.close()
            raise
        self._open = True
        return self.quads

    async def close(self) -> None:
        """End the fork server and with it every worker."""
        self._scheduler.failed = True
        if self._hold is not None:
            self._hold.close()
        await self._link.close()
        self._workers.close()

    @property
    def healthy(self) -> bool:
        """Whether the process that holds the data is there."""
        return self._open and not self._scheduler.failed

    @property
    def waiting(self) -> int:
        """How many queries have no worker yet."""
        return self._scheduler.waiting

    async def answer(
        self,
        task: Task,
        seconds: float | None = None,
        charge: Charge = ask_nobody,
    ) -> Answer:
        """Evaluate one query within the limits; `seconds` may lower the limit of time. See
        `Scheduler.answer`."""
        return await self._scheduler.answer(task, seconds, charge)

    def _meet(self, worker: int, process: int, handle: int, seconds: float) -> None:
        self._workers.meet(worker, process, handle, seconds)

    def _fail(self) -> None:
        """Take note that the fork server has ended, and with it all workers."""
        self._scheduler.failed = True
        self._workers.close()
