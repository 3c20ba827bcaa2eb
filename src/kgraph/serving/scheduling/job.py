"""One query, and one worker that has it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from kgraph.engines.evaluation import Task
from kgraph.serving.isolation.worker_link import Reply, WorkerHandle


class OutOfTime(Exception):
    """The query did not end within its time."""


@dataclass(slots=True)
class Query:
    """One query, its shape, and the seconds it may take since it was asked."""

    task: Task
    shape: int
    allowed: float
    started: float

    @property
    def left(self) -> float:
        """The seconds it may still take, a millisecond at least."""
        return max(self.started + self.allowed - time.monotonic(), 0.001)


@dataclass(slots=True)
class Job:
    """One query and the worker that it is given to. It is over with a reply, or without one where
    the worker died; `on_over` is called then. The reply tells whether the worker is `reusable`."""

    query: Query
    worker: WorkerHandle
    over: bool = False
    reply: Reply | None = None
    on_over: Callable[[], None] | None = None
    reusable: bool = False

    def end(self, reply: Reply | None) -> None:
        """Take the reply."""
        self.over, self.reply = True, reply
        if self.on_over is not None:
            self.on_over()

    async def is_over(self, seconds: float) -> bool:
        """Wait for the end so many seconds. Errors: OutOfTime when the query has no more."""
        left = self.query.left
        if not self.over:
            waiting = asyncio.get_running_loop().create_future()
            self.on_over = lambda: waiting.set_result(None)
            try:
                await asyncio.wait((waiting,), timeout=min(seconds, left))
            finally:
                self.on_over = None
        if not self.over and left <= seconds:
            raise OutOfTime
        return self.over
