"""One query from its beginning to its end, and the worker that has it."""

from __future__ import annotations

import asyncio
import time

from kgraph.engines.evaluation import Task
from kgraph.serving.charge import Charge
from kgraph.serving.isolation.worker_link import Reply, WorkerLink
from kgraph.serving.query_classes import QueryClass


class OutOfTime(Exception):
    """The query did not end within its time."""


class Job:
    """One query, which may take `allowed` seconds since this was made.

    Once it was `give_to` a worker it is over with a `reply`, or without one where the worker died.
    `reusable` says whether the worker is as good as before; `outgrown`, whether the query left its
    class with it; `kill_reason`, why the worker is ended for it, if it is.
    """

    __slots__ = (
        "_begun", "_over", "_waiting", "allowed", "charge", "kill_reason", "outgrown",
        "reply", "reusable", "shape", "started", "task", "worker",
    )  # fmt: skip

    def __init__(self, task: Task, shape: int, allowed: float, charge: Charge | None) -> None:
        self.task = task
        self.shape = shape
        self.allowed = allowed
        self.charge = charge
        self.started = self._begun = time.monotonic()
        self.worker: WorkerLink | None = None
        self.reply: Reply | None = None
        self.reusable = self.outgrown = self._over = False
        # It stands until the job ends in another way: a task that is cancelled may never begin.
        self.kill_reason = "client left"
        self._waiting: asyncio.Future[None] | None = None

    @property
    def left(self) -> float:
        """The seconds it may still take, a millisecond at least."""
        return max(self.started + self.allowed - time.monotonic(), 0.001)

    def give_to(self, worker: WorkerLink, kill_seconds: float) -> None:
        """Give it to a worker, whose end would cost so much."""
        self.worker = worker
        self._begun = time.monotonic()
        if self.charge is not None:
            self.charge.kill_seconds = kill_seconds
        worker.ask(self.task, self._end)

    async def is_over(self, query_class: QueryClass) -> bool:
        """Wait for the end, or until it outgrows a class: until it has computed for the limit, or
        waited beyond the patience. Errors: OutOfTime when it may take no more."""
        limit = left = query_class.limit_seconds
        until = self._begun + limit * query_class.patience
        while not await self._wait(left):
            if self.worker is not None:
                left = limit - self.worker.count_computed()
            if left <= limit / 2 or time.monotonic() >= until:
                return False
        return True

    async def _wait(self, seconds: float) -> bool:
        left = self.left
        if not self._over:
            loop = asyncio.get_running_loop()
            self._waiting = loop.create_future()
            timer = loop.call_later(min(seconds, left), self._wake)
            try:
                await self._waiting
            finally:
                timer.cancel()
                self._waiting = None
        if not self._over and left <= seconds:
            raise OutOfTime
        return self._over

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _end(self, reply: Reply | None) -> None:
        self._over, self.reply = True, reply
        self._wake()
