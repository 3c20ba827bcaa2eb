"""The data of one state, held by a process of their own, and the workers that answer from them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from kgraph.dataset.retention import Hold, hold_files
from kgraph.errors import KgraphError
from kgraph.serving.isolation.fork_server_link import ForkServerLink
from kgraph.serving.limits import PoolLimits
from kgraph.serving.scheduling.costs import ShapeCosts
from kgraph.serving.scheduling.scheduler import Scheduler
from kgraph.serving.scheduling.workers import WorkerSet


class Pool:
    """Workers forked from one process that holds the store.

    `begin` gives whole answers or faults; it never gives part of one. `on_kill` is told why a
    worker was ended, once it is gone. `costs` are shared with the pool of other data before or
    after.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        limits: PoolLimits,
        on_kill: Callable[[str], None] = lambda _: None,
        costs: ShapeCosts | None = None,
    ) -> None:
        self._paths = paths
        self._limits = limits
        self._link = ForkServerLink(self._fail)
        self._hold: Hold | None = None
        self._workers = WorkerSet(self._link, limits, on_kill)
        self._scheduler = Scheduler(self._workers, limits, costs or ShapeCosts())
        # The same method, without a step in between: it is on the way of each query.
        self.begin = self._scheduler.begin
        self._open = False
        self.quads = 0

    async def start(self) -> int:
        """Open the data and fork the first workers; give the number of quads held.

        A snapshot is not removed while it is served.
        Errors: BrokenData when the data cannot be read; BadConfig when the snapshot is gone, or a
        limit of the workers cannot be set; FullDisk when there is no room for answers;
        EngineFailure when it takes too long.
        """
        self._hold = hold_files(self._paths)
        try:
            self.quads = await self._link.open(self._paths, self._limits.open_seconds)
            await self._workers.start()
        except (KgraphError, asyncio.CancelledError):
            await self.close()
            raise
        self._open = True
        return self.quads

    async def close(self) -> None:
        """End the process that holds the data, and with it every worker."""
        self._workers.close()
        if self._hold is not None:
            self._hold.close()
        await self._link.close()

    @property
    def healthy(self) -> bool:
        """Whether the process that holds the data is there, and its workers can be limited."""
        return self._open and not self._scheduler.gone and self._workers.refusal is None

    @property
    def waiting(self) -> int:
        """How many queries have no worker yet."""
        return self._scheduler.waiting

    def _fail(self) -> None:
        self._scheduler.gone = True
