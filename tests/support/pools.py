"""A pool that answers when a test says so."""

from __future__ import annotations

import asyncio

from kgraph.engines.answer import Answer
from kgraph.engines.evaluation import Task
from kgraph.serving.charge import CHARGE

KILL_SECONDS = 7.0


class ByHand:
    """A pool whose answers come when the test says so. Ended early, each costs a worker."""

    waiting = quads = 0
    healthy = True

    def __init__(self) -> None:
        self.asked: list[asyncio.Future[Answer]] = []
        self.closed = False

    async def start(self) -> int:
        return 0

    async def close(self) -> None:
        self.closed = True

    def begin(self, task: Task, seconds: float | None = None) -> asyncio.Future[Answer]:
        charge = CHARGE.get()
        assert charge is not None
        charge.kill_seconds = KILL_SECONDS
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def end(done: asyncio.Future[Answer]) -> None:
            if not done.cancelled() and done.exception() is None:
                charge.kill_seconds = 0.0

        answer.add_done_callback(end)
        self.asked.append(answer)
        return answer
