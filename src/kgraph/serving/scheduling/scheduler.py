"""Which query runs when: quick ones never wait for heavy ones, and none beyond the table."""

from __future__ import annotations

import asyncio
from functools import partial

from kgraph.engines.answer import Answer
from kgraph.engines.evaluation import Task
from kgraph.errors import Busy, KgraphError, TooCostly
from kgraph.serving.charge import CHARGE
from kgraph.serving.isolation.fork_server_link import GONE
from kgraph.serving.limits import PoolLimits
from kgraph.serving.query_classes import HEAVY, LONG, QUICK, UNKNOWN, QueryClass
from kgraph.serving.scheduling.costs import ShapeCosts, hash_shape
from kgraph.serving.scheduling.job import Job, OutOfTime
from kgraph.serving.scheduling.replies import read_answer
from kgraph.serving.scheduling.slots import Slots
from kgraph.serving.scheduling.workers import WorkerSet

_MANY_HEAVY = "too many heavy queries are running; try again in a minute"
_NONE_FREE = "no worker was free in the time the query had; try again soon"


class Scheduler:
    """Gives each query a worker of its class, and sees it through the classes to its end.

    `waiting` counts the queries that have no worker yet. Once `gone` is set, the workers' parent is
    not there any more.
    """

    def __init__(self, workers: WorkerSet, limits: PoolLimits, costs: ShapeCosts) -> None:
        self._workers = workers
        self._limits = limits
        self._costs = costs
        self._heavy = Slots(range(HEAVY.slots * limits.workers))
        self._outgrown = 0
        self.waiting = 0
        self.gone = False

    def begin(self, task: Task, seconds: float | None = None) -> asyncio.Task[Answer]:
        """Begin to evaluate one query within the limits; `seconds` may lower the limit of time,
        to that of a quick one.

        Whoever cancels the answer ends the evaluation.
        Errors, of the answer: BadQuery, NotAcceptable; TooCostly naming the limit; Busy when too
        many wait; OutsideAccess for SERVICE and the like; FullDisk; EngineFailure otherwise.
        """
        most = self._limits.query_seconds
        # To end a worker costs more than to let it go on for this long.
        allowed = min(max(seconds, QUICK.limit_seconds), most) if seconds else most
        shape = hash_shape(task.query)
        query_class = self._costs.classify(shape)
        loop = asyncio.get_running_loop()
        job = Job(task, shape, allowed, CHARGE.get())
        try:
            # The worker begins before the task does.
            self._give_now(job, query_class)
        except KgraphError as error:
            evaluating = loop.create_task(_fail(error))
        else:
            evaluating = loop.create_task(self._evaluate(job))
        evaluating.add_done_callback(partial(self._end, job))
        return evaluating

    async def _evaluate(self, job: Job) -> Answer:
        try:
            if job.worker is None:
                await self._wait_for_worker(job)
            assert job.worker is not None
            if not await job.is_over(job.worker.query_class):
                await self._go_on(job)
        except OutOfTime:
            job.kill_reason = "seconds"
            self._costs.note(job.shape, job.allowed)
            raise TooCostly(
                f"the query took longer than {job.allowed:.3g} seconds, planning included; "
                "ask for less, or add a LIMIT to an inner SELECT",
                limit="seconds",
            ) from None
        return self._read(job)

    def _give_now(self, job: Job, query_class: QueryClass) -> None:
        """Give the job to a worker if its class has one. Errors: those of having one forked."""
        if self.gone:
            raise Busy(GONE)
        worker = self._workers.take(query_class)
        if worker is not None:
            job.give_to(worker, self._workers.price(worker))

    async def _wait_for_worker(self, job: Job) -> None:
        """Wait for a worker of the job's class, which may be another one meanwhile."""
        if self.waiting >= self._limits.queue:
            raise Busy(f"{self.waiting} queries are waiting already; try again in a few seconds")
        self.waiting += 1
        try:
            while job.worker is None:
                query_class = self._costs.classify(job.shape)
                worker = await self._workers.wait(query_class, job.left)
                if self._costs.classify(job.shape) is query_class:
                    job.give_to(worker, self._workers.price(worker))
                else:
                    self._workers.give_back(worker)
                    self._give_now(job, self._costs.classify(job.shape))
        except TimeoutError:
            raise Busy(_NONE_FREE) from None
        finally:
            self.waiting -= 1

    async def _go_on(self, job: Job) -> None:
        """See a job to its end that outgrew its class; it keeps its worker."""
        worker = job.worker
        assert worker is not None
        if worker.query_class is UNKNOWN:
            # The next of its shape need not try before this one is done.
            self._costs.note(job.shape, worker.count_computed())
        if self._outgrown >= self._limits.outgrown:
            job.kill_reason = "queue"
            raise Busy(_MANY_HEAVY)
        self._outgrown += 1
        job.outgrown = True
        self._workers.part_with(worker)
        if worker.query_class is not LONG:
            worker.process.lower(LONG.niceness)
            if await job.is_over(LONG):
                return
        slot = await self._wait_for_heavy(job)
        try:
            worker.process.lower(HEAVY.niceness)
            await job.is_over(HEAVY)
        finally:
            self._heavy.give(slot)

    async def _wait_for_heavy(self, job: Job) -> int:
        """Give a slot for a heavy job; while there is none, its worker does not run."""
        if self._heavy.free:
            return self._heavy.free.pop()
        assert job.worker is not None
        job.worker.process.stop()
        try:
            slot = await self._heavy.take(job.left)
        except TimeoutError:
            job.kill_reason = "queue"
            raise Busy(_MANY_HEAVY) from None
        job.worker.process.go_on()
        return slot

    def _read(self, job: Job) -> Answer:
        """Give the answer of a job that is over.

        Errors: as the worker said; TooCostly where it died; Busy where its parent did.
        """
        assert job.worker is not None
        if job.reply is not None:
            job.kill_reason = ""
            return read_answer(job, job.worker, job.reply, self._limits.answer_bytes)
        job.kill_reason = "died"
        if self._workers.refusal is not None:
            raise self._workers.refusal
        if self.gone:
            # Its parent died first, which is no fault of the query.
            raise Busy(GONE)
        raise TooCostly(
            "the query is nested too deeply or needs too much memory for one worker; "
            "write it flatter or ask for less",
            limit="memory or nesting",
        )

    def _end(self, job: Job, _: object) -> None:
        """Remember what a job took; its worker is for the next one, or ends."""
        if job.worker is None:
            return
        if job.outgrown:
            self._outgrown -= 1
        if job.reply is not None:
            self._costs.note(job.shape, job.reply.seconds)
        if job.charge is not None and not job.kill_reason:
            job.charge.kill_seconds = 0.0
        if job.reusable and not job.outgrown:
            self._workers.give_back(job.worker)
        else:
            self._workers.end(job.worker, job.kill_reason)


async def _fail(error: KgraphError) -> Answer:
    raise error
