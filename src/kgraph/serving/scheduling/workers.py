"""The worker processes of one store: some ready for each class of queries, and how many in all."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable

from kgraph.errors import Busy, EngineFailure, FullDisk, KgraphError
from kgraph.serving.isolation.fork_server_link import ForkServerLink
from kgraph.serving.isolation.worker_limits import Limits
from kgraph.serving.isolation.worker_link import WorkerLink, WorkerOwner
from kgraph.serving.limits import PoolLimits
from kgraph.serving.query_classes import QUERY_CLASSES, QueryClass
from kgraph.serving.scheduling.slots import Slots


class WorkerSet(WorkerOwner):
    """Workers forked before they are needed, and kept for the next query of their class.

    Each class has as many as it has slots. One whose query outgrows the class leaves it, and
    another takes its place, but no process begins while `processes` of them are alive: those that
    were killed count until they are gone. As many as `copied_bytes` have room for copy the data in
    advance. `on_kill` is told why a worker was ended, when it is gone.
    """

    def __init__(
        self, link: ForkServerLink, limits: PoolLimits, on_kill: Callable[[str], None]
    ) -> None:
        self._link = link
        self._limits = limits
        self._of_one = Limits(limits.memory_bytes, limits.answer_bytes, limits.answer_rows)
        self._on_kill = on_kill
        self._numbers = itertools.count(1)
        self._alive: set[WorkerLink] = set()
        #: Those of each class: with a query or without, and those without.
        self._members = {each: set[WorkerLink]() for each in QUERY_CLASSES if each.holds}
        self._idle = {each: Slots[WorkerLink]() for each in QUERY_CLASSES if each.holds}
        self._reasons: dict[WorkerLink, str] = {}
        self._copies = 0
        self._prepared_seconds = 0.0
        #: Whether the last one died before it had started: then so may the next.
        self._failing = False
        self._closed = False
        self._first: asyncio.Future[None] | None = None
        self.refusal: KgraphError | None = None

    async def start(self) -> None:
        """Fork the first workers, once the data are open, and wait for one to be limited.

        Errors: Busy; FullDisk; BadConfig naming the limit that cannot be set; EngineFailure when
        the first one ended before that.
        """
        self._copies = self._limits.copied_bytes // max(1, self._link.held_bytes)
        self._first = asyncio.get_running_loop().create_future()
        self._fill()
        if not self._alive:
            # It says why there is none.
            self._fork(QUERY_CLASSES[0])
        await self._first
        if self.refusal is not None:
            raise self.refusal
        if self._failing:
            raise EngineFailure("a worker ended before it had started; is there memory for it?")

    def take(self, query_class: QueryClass) -> WorkerLink | None:
        """Give a worker that has nothing to do; None where the class has none now.

        Errors: Busy and FullDisk when one is missing and cannot be forked; BadConfig when its
        limits cannot be set.
        """
        idle = self._idle[query_class].free
        if idle:
            worker = idle[0] if len(idle) == 1 else max(idle, key=_rank)
            idle.remove(worker)
            return worker
        if self.refusal is not None:
            raise self.refusal
        if self._has_room(query_class):
            return self._fork(query_class)
        return None

    async def wait(self, query_class: QueryClass, seconds: float) -> WorkerLink:
        """Give a worker of a class that has none now, when it is one's turn.

        Errors: TimeoutError after so many seconds.
        """
        return await self._idle[query_class].take(seconds)

    def give_back(self, worker: WorkerLink) -> None:
        """Take back a worker that is done."""
        if self._closed:
            return
        if worker in self._alive and worker.alive:
            self._idle[worker.query_class].give(worker)
        else:
            self.end(worker, "died")

    def part_with(self, worker: WorkerLink) -> None:
        """Let a worker leave its class with the query that it has; another takes its place."""
        self._members[worker.query_class].discard(worker)
        self._fill()

    def end(self, worker: WorkerLink, reason: str = "") -> None:
        """End a worker, whatever it does; with a reason it is counted once it is gone."""
        if self._closed:
            return
        if reason:
            self._reasons.setdefault(worker, reason)
        self._members[worker.query_class].discard(worker)
        worker.close()
        worker.process.kill()
        if worker in self._alive:
            self._fill()
        else:
            self.on_gone(worker)

    def price(self, worker: WorkerLink) -> float:
        """Give the seconds of computing that are lost when a worker is ended."""
        prepared = worker.prepared_seconds or self._prepared_seconds
        return self._link.fork_seconds + prepared

    def close(self) -> None:
        """Close this end of all of them; they end with their parent."""
        self._closed = True
        for worker in self._alive:
            worker.forget()
        self._alive.clear()
        for query_class, slots in self._idle.items():
            self._members[query_class].clear()
            slots.free.clear()

    def on_started(self, worker: WorkerLink) -> None:
        """Take it that workers can be limited."""
        self._prepared_seconds = worker.prepared_seconds
        self._failing = False
        if self._first is not None and not self._first.done():
            self._first.set_result(None)

    def on_dead(self, worker: WorkerLink) -> None:
        """End one that died while it had nothing to do, perhaps by the system for its memory."""
        idle = self._idle[worker.query_class].free
        if worker in idle:
            idle.remove(worker)
        self._failing = self._failing or not worker.started
        self.end(worker, "" if self.refusal is not None else "died")

    def on_refused(self, refusal: KgraphError) -> None:
        """Take it that no worker can be limited."""
        self.refusal = refusal

    def on_gone(self, worker: WorkerLink) -> None:
        """Count one that is gone, and let another take its place."""
        self._alive.discard(worker)
        reason = self._reasons.pop(worker, "")
        if reason:
            self._on_kill(reason)
        if not worker.started and self._first is not None and not self._first.done():
            self._first.set_result(None)
        self._fill()

    def _has_room(self, query_class: QueryClass) -> bool:
        most = query_class.slots * self._limits.workers
        return len(self._members[query_class]) < most and len(self._alive) < self._limits.processes

    def _fill(self) -> None:
        """Fork what is missing, as far as that can be done now; what cannot is tried again by the
        next query that finds none."""
        if self._closed or self._failing or self.refusal is not None:
            return
        with contextlib.suppress(Busy, FullDisk):
            for query_class in self._idle:
                while self._has_room(query_class):
                    self._idle[query_class].give(self._fork(query_class))

    def _fork(self, query_class: QueryClass) -> WorkerLink:
        worker = WorkerLink(next(self._numbers), query_class, self)
        worker.copies = sum(each.copies for each in self._alive) < self._copies
        try:
            self._link.fork(worker, self._of_one)
        except Busy:
            worker.forget()
            raise
        if query_class.niceness:
            worker.process.lower(query_class.niceness)
        self._alive.add(worker)
        self._members[query_class].add(worker)
        return worker


def _rank(worker: WorkerLink) -> tuple[bool, bool, int]:
    """Give what is larger for who is taken first: the oldest with a copy."""
    return worker.copied, worker.copies, -worker.number
