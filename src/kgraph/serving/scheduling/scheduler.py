"""Which query runs when: what takes long never holds up what is quick."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from kgraph.engines.answer import Answer
from kgraph.engines.evaluation import Task
from kgraph.errors import Busy, KgraphError, TooCostly
from kgraph.serving.isolation.fork_server_link import GONE
from kgraph.serving.isolation.messages import Reply, pack_job
from kgraph.serving.isolation.replies import is_reusable, read_reply
from kgraph.serving.isolation.worker_link import WorkerLink
from kgraph.serving.scheduling.costs import QueryCosts, hash_shape
from kgraph.serving.scheduling.limits import PoolLimits
from kgraph.serving.scheduling.policy import PATIENCE, QueryClass
from kgraph.serving.scheduling.slots import Slots
from kgraph.serving.scheduling.workers import NONE_FREE, WorkerSet

_MANY_HEAVY = "too many heavy queries are running; try again in a minute"
_DIED = (
    "the query is nested too deeply or needs too much memory for one worker; "
    "write it flatter or ask for less"
)


class OutOfTime(Exception):
    """The query did not end within its time."""


class Scheduler:
    """Gives each query a slot of its class and a worker, and sees it through.

    `on_kill` is told why a worker was ended: `seconds`, `died`, `queue` or `client left`.
    """

    def __init__(
        self,
        workers: WorkerSet,
        limits: PoolLimits,
        costs: QueryCosts,
        on_kill: Callable[[str], None],
    ) -> None:
        self._workers = workers
        self._limits = limits
        self._costs = costs
        self._on_kill = on_kill
        self._slots = {each: Slots(limits.workers) for each in QueryClass}
        self._suspended = 0
        self.waiting = 0
        self.failed = False

    async def answer(
        self, task: Task, seconds: float | None, charge: Callable[[float], None]
    ) -> Answer:
        """Evaluate one query; `charge` is told once what that cost the server, in seconds.

        Errors: BadQuery, NotAcceptable, OutsideAccess and others as the worker said; TooCostly
        naming the limit; Busy when too many wait; FullDisk. Whoever cancels ends the evaluation.
        """
        allowed = min(seconds or self._limits.query_seconds, self._limits.query_seconds)
        shape, until = hash_shape(task.query), time.monotonic() + allowed
        query_class = await self._take_slot(shape, until)
        evaluation = _Evaluation(shape, query_class, until)
        try:
            if self.failed:
                raise Busy(GONE)
            worker = await self._workers.take(query_class, until - time.monotonic())
            evaluation.begin(worker, task)
            while not await self._is_over(evaluation):
                await self._promote(evaluation)
            return self._conclude(evaluation)
        except OutOfTime:
            self._abandon(evaluation, "seconds")
            self._costs.note(shape, allowed)
            raise TooCostly(
                f"the query took longer than {allowed:.3g} seconds, planning included; "
                "ask for less, or add a LIMIT to an inner SELECT",
                limit="seconds",
            ) from None
        except asyncio.CancelledError:
            self._abandon(evaluation, "client left")
            raise
        except Busy:
            self._abandon(evaluation, "queue")
            raise
        finally:
            if evaluation.slot is not None:
                self._slots[evaluation.slot].give()
            charge(evaluation.cost_seconds)

    async def _take_slot(self, shape: int, until: float) -> QueryClass:
        """Give the class in which a slot was taken. Errors: Busy."""
        while True:
            query_class = self._costs.classify(shape)
            if self._slots[query_class].take_now():
                return query_class
            if self.waiting >= self._limits.queue:
                raise Busy(
                    f"{self.waiting} queries are waiting already; try again in a few seconds"
                )
            self.waiting += 1
            try:
                await self._slots[query_class].take(max(0.0, until - time.monotonic()))
            except TimeoutError:
                raise Busy(NONE_FREE) from None
            finally:
                self.waiting -= 1
            # Perhaps others of its shape were evaluated meanwhile.
            if self._costs.classify(shape) is query_class:
                return query_class
            self._slots[query_class].give()

    async def _is_over(self, evaluation: _Evaluation) -> bool:
        """Wait until a query is over or outgrows its class; tell which. Errors: OutOfTime."""
        query_class, begun = evaluation.query_class, time.monotonic()
        wait = query_class.seconds
        while not evaluation.replied.done():
            left = evaluation.until - time.monotonic()
            if left <= 0:
                raise OutOfTime
            await asyncio.wait((evaluation.replied,), timeout=min(wait, left))
            if evaluation.replied.done() or time.monotonic() >= evaluation.until:
                continue
            if query_class.is_lowered:
                return False
            # It may have waited for a processor: what counts is what it computed.
            wait = query_class.seconds - evaluation.worker.count_computed()
            patient = time.monotonic() - begun < PATIENCE * query_class.seconds
            if not patient or wait < query_class.seconds / 2:
                return False
        return True

    async def _promote(self, evaluation: _Evaluation) -> None:
        """Let a query that outgrew its class go on in the next one, once that has a slot.

        Errors: Busy; OutOfTime.
        """
        before, after = evaluation.query_class, evaluation.query_class.next
        if before is QueryClass.UNKNOWN:
            # The next of its shape need not try before this one is done.
            self._costs.note(evaluation.shape, before.seconds)
        self._slots[before].give()
        evaluation.slot = None
        if not self._slots[after].take_now():
            await self._wait_suspended(evaluation, self._slots[after])
        evaluation.query_class = evaluation.slot = after
        self._workers.lower(evaluation.worker, after.niceness)

    async def _wait_suspended(self, evaluation: _Evaluation, slots: Slots) -> None:
        if self._suspended >= self._limits.suspended:
            raise Busy(_MANY_HEAVY)
        self._suspended += 1
        evaluation.worker.stop()
        try:
            await slots.take(max(0.0, evaluation.until - time.monotonic()))
        except TimeoutError:
            raise OutOfTime from None
        finally:
            self._suspended -= 1
        evaluation.worker.go_on()

    def _conclude(self, evaluation: _Evaluation) -> Answer:
        """Give the answer of a query that is over, and take its worker back. Errors: the fault."""
        reply, worker = evaluation.replied.result(), evaluation.worker
        seconds = time.monotonic() - evaluation.begun
        outcome: Answer | KgraphError
        try:
            outcome = self._read(worker, reply, seconds)
        except KgraphError as error:
            outcome = error
        if reply is not None:
            self._costs.note(evaluation.shape, reply.seconds)
        if is_reusable(reply, outcome):
            self._workers.give_back(worker)
        else:
            self._workers.kill(worker)
        evaluation.end()
        if isinstance(outcome, KgraphError):
            raise outcome
        return outcome

    def _read(self, worker: WorkerLink, reply: Reply | None, seconds: float) -> Answer:
        if reply is not None:
            return read_reply(worker, reply, self._limits.answer_bytes, seconds)
        self._on_kill("died")
        if self.failed:
            # Its parent died first, which is no fault of the query.
            raise Busy(GONE)
        raise TooCostly(_DIED, limit="memory or nesting")

    def _abandon(self, evaluation: _Evaluation, reason: str) -> None:
        """End the worker of a query for which nobody waits any more, if it has one."""
        if evaluation.has_worker:
            self._on_kill(reason)
            self._workers.kill(evaluation.worker)
            evaluation.end(self._workers.kill_seconds)


class _Evaluation:
    """One query with its worker, from `begin` to `end`: its class now, the slot it holds, the time
    until which it may take, and what it cost."""

    def __init__(self, shape: int, query_class: QueryClass, until: float) -> None:
        self.shape = shape
        self.query_class = query_class
        self.slot: QueryClass | None = query_class
        self.until = until
        self.begun = 0.0
        self.cost_seconds = 0.0
        self.has_worker = False
        self.worker: WorkerLink
        self.replied: asyncio.Future[Reply | None]

    def begin(self, worker: WorkerLink, task: Task) -> None:
        """Give the query to a worker."""
        self.worker, self.has_worker = worker, True
        self.begun = time.monotonic()
        self.replied = worker.ask(pack_job(task))

    def end(self, more_seconds: float = 0.0) -> None:
        """Leave the worker; it cost its time, and more where it was killed."""
        self.has_worker = False
        self.cost_seconds = time.monotonic() - self.begun + more_seconds
