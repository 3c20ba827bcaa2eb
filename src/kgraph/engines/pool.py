"""Queries in worker processes that can be killed; cheap ones never wait for heavy ones."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import signal
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from kgraph.dataset.retention import Hold, hold_files
from kgraph.engines.evaluation import Task
from kgraph.engines.faults import read_fault
from kgraph.engines.handle import Reply, WorkerDied, WorkerHandle
from kgraph.engines.worker import Limits
from kgraph.engines.zygote_link import GONE, ZygoteLink
from kgraph.errors import Busy, KgraphError, TooCostly

#: A query that ran this long is heavy: it gets lower priority, and only `workers` of them run.
_CHEAP_SECONDS = 0.2
_HEAVY_NICENESS = 10
#: Answers above this size stay on disk and are streamed from there.
_SPOOLED_BYTES = 1 << 20


@dataclass(frozen=True)
class PoolLimits:
    """What the pool allows.

    `workers` heavy queries run at once, `processes` of all kinds are under way, `queue` wait for
    one. The others are limits of one query.
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


class Pool:
    """Workers forked from one zygote that holds the store.

    `answer` gives whole answers or raises; it never gives part of one. `on_kill` is told why a
    worker was ended.
    """

    def __init__(
        self, paths: Sequence[Path], limits: PoolLimits, on_kill: Callable[[str], None] = print
    ) -> None:
        self._paths = paths
        self._limits = limits
        self._on_kill = on_kill
        self._link = ZygoteLink(self._fail)
        self._hold: Hold | None = None
        self._numbers = itertools.count(1)
        self._idle: deque[WorkerHandle] = deque()
        self._workers: set[WorkerHandle] = set()
        self._turns = asyncio.Semaphore(limits.processes)
        self._heavy = asyncio.Semaphore(limits.workers)
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
            self._idle.extend(self._fork() for _ in range(self._limits.workers))
        except (KgraphError, asyncio.CancelledError):
            await self.close()
            raise
        self._open = True
        return self.quads

    async def close(self) -> None:
        """End the zygote and with it every worker."""
        for worker in self._workers:
            worker.close()
        self._workers.clear()
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
        if self._failed:
            raise Busy(GONE)
        if self._turns.locked() and self.waiting >= self._limits.queue:
            raise Busy(f"{self.waiting} queries are waiting already; try again in a few seconds")
        started = time.monotonic()
        if not self._turns.locked():
            await self._turns.acquire()
        else:
            await self._wait_for_turn(allowed)
        try:
            left = allowed - (time.monotonic() - started)
            return await self._run(task, max(left, 0.001), started)
        finally:
            self._turns.release()

    async def _wait_for_turn(self, seconds: float) -> None:
        self.waiting += 1
        try:
            await asyncio.wait_for(self._turns.acquire(), seconds)
        except TimeoutError:
            raise Busy("no worker was free in the time the query had; try again soon") from None
        finally:
            self.waiting -= 1

    async def _run(self, task: Task, allowed: float, started: float) -> Answer:
        worker = self._find_worker()
        whole = False
        try:
            reply = await self._within(worker, task, allowed)
            if "error" in reply.said:
                whole = reply.said["error"] != "memory"
                raise read_fault(reply.said, self._limits.answer_bytes, self._limits.answer_rows)
            answer = self._take(worker, reply, time.monotonic() - started)
            whole = answer.file is None
            return answer
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
            if whole and not worker.lowered and worker in self._workers:
                self._idle.append(worker)
            else:
                self._end(worker)

    async def _within(self, worker: WorkerHandle, task: Task, allowed: float) -> Reply:
        """Give the worker's reply; suspend it while too many heavy ones run."""
        deadline = time.monotonic() + allowed
        asked = worker.ask(vars(task))
        try:
            done, _ = await asyncio.wait((asked,), timeout=min(_CHEAP_SECONDS, allowed))
            if done:
                return asked.result()
            await self._take_turn(worker, deadline)
            try:
                left = max(deadline - time.monotonic(), 0)
                done, _ = await asyncio.wait((asked,), timeout=left)
                if done:
                    return asked.result()
            finally:
                self._heavy.release()
            self._on_kill("seconds")
            raise TooCostly(
                f"the query took longer than {allowed:.3g} seconds, planning included; "
                "ask for less, or add a LIMIT to an inner SELECT",
                limit="seconds",
            )
        finally:
            asked.cancel()

    async def _take_turn(self, worker: WorkerHandle, deadline: float) -> None:
        worker.lowered = True
        suspended = self._heavy.locked()
        if suspended:
            self._signal(worker, signal.SIGSTOP)
        left = max(deadline - time.monotonic(), 0.001)
        try:
            await asyncio.wait_for(self._heavy.acquire(), left)
        except TimeoutError:
            self._on_kill("queue")
            raise Busy("too many heavy queries are running; try again in a minute") from None
        self._signal(worker, signal.SIGCONT)

    def _take(self, worker: WorkerHandle, reply: Reply, seconds: float) -> Answer:
        kind, suffix, size = reply.said["kind"], reply.said["suffix"], reply.said["bytes"]
        if size <= _SPOOLED_BYTES:
            body = reply.body or worker.read_spool(size)
            return Answer(kind, suffix, body, size, seconds)
        # The spool goes with the answer; its worker is replaced.
        worker.spool.seek(0)
        return Answer(kind, suffix, b"", size, seconds, worker.spool)

    def _find_worker(self) -> WorkerHandle:
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                return worker
            # Somebody else ended it while it had nothing to do, perhaps the system for its memory.
            self._on_kill("died")
            self._end(worker)
        return self._fork()

    def _fork(self) -> WorkerHandle:
        worker = WorkerHandle(next(self._numbers))
        limits = Limits(
            self._limits.memory_bytes, self._limits.answer_bytes, self._limits.answer_rows
        )
        message = {"do": "fork", "worker": worker.number, "limits": asdict(limits)}
        self._link.tell(message, worker.descriptors)
        worker.handed_over()
        self._workers.add(worker)
        return worker

    def _signal(self, worker: WorkerHandle, number: signal.Signals) -> None:
        message = {"do": "signal", "worker": worker.number, "signal": number.value}
        self._link.tell(message | {"niceness": _HEAVY_NICENESS})

    def _end(self, worker: WorkerHandle) -> None:
        if worker in self._workers:
            self._workers.discard(worker)
            worker.close()
            # Where its parent is gone, it is gone too.
            with contextlib.suppress(Busy):
                self._signal(worker, signal.SIGKILL)

    def _fail(self) -> None:
        self._failed = True
