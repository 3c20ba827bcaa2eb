"""Queries in worker processes that can be killed; cheap ones never wait for heavy ones."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from kgraph.dataset.retention import Hold, hold_files
from kgraph.engines.answer import Answer
from kgraph.engines.evaluation import Task
from kgraph.errors import KgraphError
from kgraph.serving.isolation.fork_server_link import ZygoteLink
from kgraph.serving.isolation.worker import Limits
from kgraph.serving.limits import PoolLimits
from kgraph.serving.scheduling.costs import Expectations, Kind, hash_shape
from kgraph.serving.scheduling.dispatcher import Desk
from kgraph.serving.scheduling.job import Query
from kgraph.serving.scheduling.quick_lane import QuickLane
from kgraph.serving.scheduling.slow_lane import SlowLane
from kgraph.serving.scheduling.workers import Crew


class Pool:
    """Workers forked from one zygote that holds the store.

    `answer` gives whole answers or raises; it never gives part of one. `on_kill` is told why a
    worker was ended. `expected` is shared with the pool of other data before or after.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        limits: PoolLimits,
        on_kill: Callable[[str], None] = print,
        expected: Expectations | None = None,
    ) -> None:
        self._paths = paths
        self._limits = limits
        self._link = ZygoteLink(self._fail)
        self._hold: Hold | None = None
        of_one = Limits(limits.memory_bytes, limits.answer_bytes, limits.answer_rows)
        self._crew = Crew(self._link, of_one, limits.workers, limits.copied_bytes, on_kill)
        self._expected = expected or Expectations()
        self._desk = Desk(self._crew, limits, self._expected, on_kill)
        self._slow = SlowLane(self._desk)
        self._quick = QuickLane(self._desk, self._slow)
        self._open = False
        self.quads = 0

    async def start(self) -> int:
        """Open the data and fork the first workers; give the number of quads held.

        A snapshot is not removed while it is served.
        Errors: BrokenData when the data cannot be read; BadConfig when the snapshot is gone;
        FullDisk when there is no room for answers; EngineFailure when it takes too long.
        """
        self._hold = hold_files(self._paths)
        try:
            limits = self._limits
            self.quads = await self._link.open(self._paths, limits.open_seconds, limits.ahead)
            self._crew.start()
        except (KgraphError, asyncio.CancelledError):
            await self.close()
            raise
        self._open = True
        return self.quads

    async def close(self) -> None:
        """End the zygote and with it every worker."""
        self._desk.precedence.give_up()
        self._crew.close()
        if self._hold is not None:
            self._hold.close()
        await self._link.close()

    @property
    def healthy(self) -> bool:
        """Whether the process that holds the data is there."""
        return self._open and not self._desk.failed

    @property
    def waiting(self) -> int:
        """How many queries have no worker yet."""
        return self._desk.waiting

    async def answer(self, task: Task, seconds: float | None = None) -> Answer:
        """Evaluate one query, as `begin` does, and give its answer."""
        return await self.begin(task, seconds)

    def begin(self, task: Task, seconds: float | None = None) -> asyncio.Future[Answer]:
        """Begin to evaluate one query within the limits; `seconds` may lower the limit of time.

        Whoever cancels the answer ends the evaluation.
        Errors, of the answer: BadQuery, NotAcceptable; TooCostly naming the limit; Busy when too
        many wait; OutsideAccess for SERVICE and the like; EngineFailure otherwise.
        """
        allowed = min(seconds or self._limits.query_seconds, self._limits.query_seconds)
        query = Query(task, hash_shape(task.query), allowed, time.monotonic())
        kind = self._expected.expect(query.shape)
        if kind is Kind.LONG:
            return asyncio.ensure_future(self._slow.answer(query))
        return self._quick.begin(query, kind)

    def _fail(self) -> None:
        self._desk.failed = True
