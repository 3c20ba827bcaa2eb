"""Queries given to workers, and what the workers make of them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Collection

from kgraph.engines.answer import Answer
from kgraph.engines.writing import GRAPH_FORMATS, RESULT_FORMATS
from kgraph.errors import Busy, EngineFailure, TooCostly, unpack_error
from kgraph.serving.isolation.fork_server_link import GONE
from kgraph.serving.isolation.worker import OUT_OF_MEMORY
from kgraph.serving.isolation.worker_link import Reply, WorkerHandle
from kgraph.serving.limits import PoolLimits
from kgraph.serving.scheduling.costs import Expectations, Kind
from kgraph.serving.scheduling.job import Job, Query
from kgraph.serving.scheduling.real_time import Precedence
from kgraph.serving.scheduling.workers import Crew

#: Answers above this size stay on disk and are streamed from there.
_SPOOLED_BYTES = 1 << 20
#: The formats of each kind of answer.
_FORMATS: dict[str, Collection[str]] = {
    "bindings": RESULT_FORMATS,
    "boolean": RESULT_FORMATS,
    "graph": GRAPH_FORMATS,
    # Those of SERVICE, found for the server itself.
    "clauses": ("json",),
}


class Desk:
    """Where a query gets its worker, and where it ends: with an answer, a fault, or given up.

    `waiting` counts those that have no worker yet; `on_kill` is told why a worker was ended.
    """

    def __init__(
        self,
        crew: Crew,
        limits: PoolLimits,
        expected: Expectations,
        on_kill: Callable[[str], None],
    ) -> None:
        self.crew = crew
        self.precedence = Precedence(crew, limits.ahead)
        self.limits = limits
        self.expected = expected
        self.waiting = 0
        self.failed = False
        self._on_kill = on_kill

    def enter_queue(self) -> None:
        """Count one that waits. Errors: Busy when too many do already."""
        if self.waiting >= self.limits.queue:
            raise Busy(f"{self.waiting} queries are waiting already; try again in a few seconds")
        self.waiting += 1

    def begin(self, query: Query, kind: Kind) -> Job:
        """Give a query to a worker. Errors: Busy; FullDisk."""
        if self.failed:
            raise Busy(GONE)
        job = Job(query, self.crew.take(kind))
        job.worker.ask(query.task, job.end)
        return job

    def abandon(self, job: Job, reason: str) -> None:
        """End the worker, whatever it does; nobody waits for its reply."""
        self._on_kill(reason)
        self.crew.end(job.worker)

    def conclude(self, job: Job) -> Answer:
        """Give the answer of a job that is over, and dismiss it. Errors: those of `read`."""
        try:
            return self.read(job)
        finally:
            self.dismiss(job)

    def read(self, job: Job) -> Answer:
        """Give the answer of a job that is over; it is dismissed after that.

        Errors: as the worker said; TooCostly where it died; Busy where its parent did.
        """
        reply = job.reply
        if reply is None:
            self._on_kill("died")
            if self.failed:
                # Its parent died first, which is no fault of the query.
                raise Busy(GONE)
            raise TooCostly(
                "the query is nested too deeply or needs too much memory for one worker; "
                "write it flatter or ask for less",
                limit="memory or nesting",
            )
        try:
            if not reply.failed:
                seconds = time.monotonic() - job.query.started
                answer = self._read_answer(job.worker, reply, seconds)
                job.reusable = answer.file is None and not reply.spent
                return answer
            fault = unpack_error(json.loads(reply.text))
            job.reusable = fault.details.get("limit") != OUT_OF_MEMORY
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            # It may have been taken over; nothing of what it says is passed on.
            raise EngineFailure("a worker's reply is no reply") from error
        raise fault

    def dismiss(self, job: Job) -> None:
        """Remember what a job took; its worker is for the next one, or ends."""
        if job.reply is not None:
            self.expected.note(job.query.shape, job.reply.seconds)
        if job.reusable:
            self.crew.give_back(job.worker)
        else:
            self.crew.end(job.worker)

    def _read_answer(self, worker: WorkerHandle, reply: Reply, seconds: float) -> Answer:
        """Give an answer. Errors: ValueError for one that is not as large as it says."""
        kind, suffix, written = reply.text.decode("ascii").split()
        size = int(written)
        if suffix not in _FORMATS.get(kind, ()) or not 0 <= size <= self.limits.answer_bytes:
            raise ValueError(reply.text)
        if size > _SPOOLED_BYTES:
            if os.fstat(worker.spool.fileno()).st_size < size:
                raise ValueError("the spool is shorter than the answer")
            # The spool goes with the answer; its worker is replaced.
            worker.spool.seek(0)
            return Answer(kind, suffix, b"", size, seconds, worker.spool)
        body = reply.body or worker.read_spool(size)
        if len(body) != size:
            raise ValueError("the answer is not as long as it says")
        return Answer(kind, suffix, body, size, seconds)
