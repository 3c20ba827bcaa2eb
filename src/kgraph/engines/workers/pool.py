"""Queries in worker processes that can be killed; cheap ones never wait for heavy ones."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kgraph.dataset.retention import Hold, hold_files
from kgraph.engines.evaluation import Task
from kgraph.engines.workers.crew import HEAVY, LONG, Crew
from kgraph.engines.workers.expectations import Expectations, hash_shape
from kgraph.engines.workers.faults import read_fault
from kgraph.engines.workers.handle import Reply, WorkerDied, WorkerHandle
from kgraph.engines.workers.worker import Limits
from kgraph.engines.workers.zygote_link import GONE, ZygoteLink
from kgraph.errors import Busy, KgraphError, TooCostly

#: A query that is not done after this is no quick one: its worker gets the lowest priority.
_QUICK_SECONDS = 0.2
#: After this much more it is heavy: only `workers` of such run at once, others are suspended.
_LONG_SECONDS = 1.0
_MANY_HEAVY = "too many heavy queries are running; try again in a minute"
#: As many workers wait for the first quick queries.
_FIRST_WORKERS = 4
#: Answers above this size stay on disk and are streamed from there.
_SPOOLED_BYTES = 1 << 20


@dataclass(frozen=True)
class PoolLimits:
    """What the pool allows.

    `workers` heavy queries run at once and one more that are known to take long, `processes` quick
    ones, as many heavy ones may be suspended, and `queue` wait. The others are limits of one query.
    """

    workers: int = 2
    processes: int = 24
    queue: int = 256
    query_seconds: float = 30.0
    memory_bytes: int = 2 << 30
    answer_bytes: int = 256 << 20
    answer_rows: int = 1_000_000
    open_seconds: float = 600.0


@dataclass(frozen=True)
class Answer:
    """A whole answer: `kind` is bindings, boolean or graph; `suffix` the key of its format.

    A large one has `file` instead of `body`; who gets it closes it. `seconds` is what it cost.
    """

    kind: str
    suffix: str
    body: bytes
    size: int
    seconds: float = 0.0
    file: IO[bytes] | None = None


class _OutOfTime(Exception):
    """The query did not end within its time."""


class _Turn:
    """A place among those who run at once; given up once, however often it is ended."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places = places
        self._held = False

    def of(self, places: asyncio.Semaphore) -> bool:
        """Tell whether it is a place among these."""
        return self._places is places

    def locked(self) -> bool:
        """Tell whether one must wait for it."""
        return self._places.locked()

    async def begin(self) -> None:
        """Wait for it."""
        await self._places.acquire()
        self._held = True

    def end(self) -> None:
        """Give it up."""
        if self._held:
            self._held = False
            self._places.release()


async def _is_done(asked: asyncio.Future[Reply], deadline: float, seconds: float) -> bool:
    """Wait for a reply so many seconds, at most until the deadline. Errors: _OutOfTime then."""
    left = deadline - time.monotonic()
    done, _ = await asyncio.wait((asked,), timeout=max(min(seconds, left), 0.001))
    if not done and left <= seconds:
        raise _OutOfTime
    return bool(done)


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
        self._on_kill = on_kill
        self._link = ZygoteLink(self._fail)
        self._hold: Hold | None = None
        of_one = Limits(limits.memory_bytes, limits.answer_bytes, limits.answer_rows)
        self._crew = Crew(self._link, of_one, limits.workers + 1, on_kill)
        self._expected = expected or Expectations()
        self._quick = asyncio.Semaphore(limits.processes)
        self._long = asyncio.Semaphore(limits.workers + 1)
        self._heavy = asyncio.Semaphore(limits.workers)
        self._suspended = 0
        self._failed = False
        self._open = False
        self.waiting = 0
        self.quads = 0

    async def start(self) -> int:
        """Open the data and fork the first workers; give the number of quads held.

        A snapshot is not removed while it is served.
        Errors: BrokenData when the data cannot be read; BadConfig when the snapshot is gone;
        FullDisk when there is no room for answers; EngineFailure when it takes too long.
        """
        self._hold = hold_files(self._paths)
        try:
            self.quads = await self._link.open(self._paths, self._limits.open_seconds)
            for first in [self._crew.take() for _ in range(_FIRST_WORKERS)]:
                self._crew.give_back(first)
        except (KgraphError, asyncio.CancelledError):
            await self.close()
            raise
        self._open = True
        return self.quads

    async def close(self) -> None:
        """End the zygote and with it every worker."""
        self._crew.close()
        if self._hold is not None:
            self._hold.close()
        await self._link.close()

    @property
    def healthy(self) -> bool:
        """Whether the process that holds the data is there."""
        return self._open and not self._failed

    async def answer(self, task: Task, seconds: float | None = None) -> Answer:
        """Evaluate one query within the limits; `seconds` may lower the limit of time.

        Errors: BadQuery, NotAcceptable; TooCostly naming the limit; Busy when too many wait;
        OutsideAccess for SERVICE and the like; EngineFailure otherwise.
        """
        allowed = min(seconds or self._limits.query_seconds, self._limits.query_seconds)
        started = time.monotonic()
        deadline = started + allowed
        if self._failed:
            raise Busy(GONE)
        shape = hash_shape(task.query)
        long = self._expected.expects_long(shape)
        turn = _Turn(self._long if long else self._quick)
        await self._take_turn(turn, deadline)
        try:
            answer, computed = await self._run(task, turn, deadline, started)
            self._expected.note(shape, computed)
            return answer
        except _OutOfTime:
            self._on_kill("seconds")
            raise TooCostly(
                f"the query took longer than {allowed:.3g} seconds, planning included; "
                "ask for less, or add a LIMIT to an inner SELECT",
                limit="seconds",
            ) from None
        finally:
            turn.end()

    async def _take_turn(self, turn: _Turn, deadline: float) -> None:
        if not turn.locked():
            await turn.begin()
            return
        if self.waiting >= self._limits.queue:
            raise Busy(f"{self.waiting} queries are waiting already; try again in a few seconds")
        self.waiting += 1
        try:
            left = max(deadline - time.monotonic(), 0.001)
            await asyncio.wait_for(turn.begin(), left)
        except TimeoutError:
            raise Busy("no worker was free in the time the query had; try again soon") from None
        finally:
            self.waiting -= 1

    async def _run(
        self, task: Task, turn: _Turn, deadline: float, started: float
    ) -> tuple[Answer, float]:
        """Give the answer and the seconds of computing that it took."""
        worker = self._crew.take(lowered=turn.of(self._long))
        whole = False
        try:
            reply = await self._within(worker, task, turn, deadline)
            if "error" in reply.said:
                whole = reply.said["error"] != "memory"
                raise read_fault(reply.said, self._limits.answer_bytes, self._limits.answer_rows)
            answer = self._take(worker, reply, time.monotonic() - started)
            whole = answer.file is None and not reply.said["spent"]
            return answer, reply.said["seconds"]
        except WorkerDied:
            self._on_kill("died")
            if self._failed:
                # Its parent died first, which is no fault of the query.
                raise Busy(GONE) from None
            raise TooCostly(
                "the query is nested too deeply or needs too much memory for one worker; "
                "write it flatter or ask for less",
                limit="memory or nesting",
            ) from None
        except asyncio.CancelledError:
            self._on_kill("client left")
            raise
        finally:
            if whole:
                self._crew.give_back(worker)
            else:
                self._crew.end(worker)

    async def _within(
        self, worker: WorkerHandle, task: Task, turn: _Turn, deadline: float
    ) -> Reply:
        """Give the worker's reply; lower the worker once it takes long, and have a heavy one wait
        for its turn. Errors: _OutOfTime."""
        asked = worker.ask(vars(task))
        try:
            if not worker.niceness:
                if await _is_done(asked, deadline, _QUICK_SECONDS):
                    return asked.result()
                self._crew.lower(worker, LONG)
            if await _is_done(asked, deadline, _LONG_SECONDS):
                return asked.result()
            return await self._go_on(worker, asked, turn, deadline)
        finally:
            asked.cancel()

    async def _go_on(
        self, worker: WorkerHandle, asked: asyncio.Future[Reply], turn: _Turn, deadline: float
    ) -> Reply:
        """Give the reply of a heavy one, which gives up its turn among the others."""
        heavy = _Turn(self._heavy)
        suspended = heavy.locked()
        if suspended and self._suspended >= self._limits.processes:
            self._on_kill("queue")
            raise Busy(_MANY_HEAVY)
        if suspended:
            self._crew.suspend(worker)
        turn.end()
        self._suspended += suspended
        try:
            left = max(deadline - time.monotonic(), 0.001)
            await asyncio.wait_for(heavy.begin(), left)
        except TimeoutError:
            self._on_kill("queue")
            raise Busy(_MANY_HEAVY) from None
        finally:
            self._suspended -= suspended
        try:
            self._crew.lower(worker, HEAVY)
            await _is_done(asked, deadline, self._limits.query_seconds)
            return asked.result()
        finally:
            heavy.end()

    def _take(self, worker: WorkerHandle, reply: Reply, seconds: float) -> Answer:
        kind, suffix, size = reply.said["kind"], reply.said["suffix"], reply.said["bytes"]
        if size <= _SPOOLED_BYTES:
            body = reply.body or worker.read_spool(size)
            return Answer(kind, suffix, body, size, seconds)
        # The spool goes with the answer; its worker is replaced.
        worker.spool.seek(0)
        return Answer(kind, suffix, b"", size, seconds, worker.spool)

    def _fail(self) -> None:
        self._failed = True
