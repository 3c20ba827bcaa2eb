"""The workers of one store: some for what is quick or not known, some that were lowered."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time

from kgraph.errors import Busy, FullDisk
from kgraph.serving.isolation.fork_server_link import GONE, ForkServerLink
from kgraph.serving.isolation.worker_link import WorkerLink
from kgraph.serving.scheduling.limits import PoolLimits
from kgraph.serving.scheduling.policy import COPY_SECONDS_PER_BYTE, KILL_SECONDS, QueryClass

NONE_FREE = "no worker was free in the time the query had; try again soon"


class WorkerSet:
    """Workers forked before they are needed, and kept for the next query.

    A worker that was lowered stays so, since to raise it again would take privileges, and another
    takes its place. As many workers as `copied_bytes` have room for copy the data in advance. There
    are never more than `processes`: one that was killed counts until it is gone.
    """

    def __init__(self, link: ForkServerLink, limits: PoolLimits) -> None:
        self._link = link
        self._limits = limits
        #: How many that are not lowered there are to be, and how many that are may be kept.
        self._fresh, self._kept = 2 * limits.workers, limits.workers
        self._copies = 0
        self._numbers = itertools.count(1)
        self._workers: dict[int, WorkerLink] = {}
        self._ending: dict[int, WorkerLink] = {}
        self._idle: list[WorkerLink] = []
        self._room: list[asyncio.Future[None]] = []
        self._gone = False

    @property
    def kill_seconds(self) -> float:
        """What it costs to end a worker and have another as good."""
        copied = self._link.held_bytes if self._copies else 0
        return KILL_SECONDS + COPY_SECONDS_PER_BYTE * copied

    def start(self) -> None:
        """Fork the first workers, once the data are open. Errors: Busy; FullDisk."""
        # Others share their parent's memory, and are asked only when all of these are busy.
        room = self._limits.copied_bytes // max(1, self._link.held_bytes)
        self._copies = min(self._fresh, room)
        for niceness in [0] * self._fresh + [QueryClass.LONG.niceness] * self._kept:
            self._idle.append(self._fork(niceness))

    async def take(self, query_class: QueryClass, seconds: float) -> WorkerLink:
        """Give a worker that has nothing to do; wait for one to be forked where as many as may be
        are there. Errors: Busy; FullDisk."""
        if (worker := self._take_idle(query_class.is_lowered)) is not None:
            return worker
        until = time.monotonic() + seconds
        while len(self._workers) + len(self._ending) >= self._limits.processes:
            await self._wait_for_room(until)
        return self._fork(query_class.niceness if query_class.is_lowered else 0)

    def give_back(self, worker: WorkerLink) -> None:
        """Take back a worker that is done."""
        if worker.number not in self._workers:
            return
        kept = sum(each.niceness > 0 for each in self._idle)
        if worker.niceness == QueryClass.HEAVY.niceness or (worker.niceness and kept >= self._kept):
            self.kill(worker)
        else:
            self._idle.append(worker)

    def lower(self, worker: WorkerLink, niceness: int) -> None:
        """Let a worker give way to others. Errors: Busy when its parent is gone."""
        worker.niceness = niceness
        self._link.tell({"do": "lower", "worker": worker.number, "niceness": niceness})
        self._replace()

    def kill(self, worker: WorkerLink) -> None:
        """End a worker, whatever it does."""
        if self._workers.pop(worker.number, None) is not None:
            if not worker.gone:
                self._ending[worker.number] = worker
            worker.kill()
            self._replace()

    def meet(self, number: int, process: int, handle: int, _: float) -> None:
        """Take note of the process that a worker is."""
        worker = self._workers.get(number) or self._ending[number]
        worker.meet(process, handle)

    def close(self) -> None:
        """Close this end of all of them, now that their parent is gone; they end with it.

        Whoever waits for one of them is told that there is none.
        """
        self._gone = True
        for worker in [*self._workers.values(), *self._ending.values()]:
            worker.close()
            worker.forget()
        self._tell_of_room()

    def _take_idle(self, lowered: bool) -> WorkerLink | None:
        fit = [each for each in self._idle if (each.niceness > 0) is lowered]
        while fit:
            worker = max(fit, key=_rank)
            fit.remove(worker)
            self._idle.remove(worker)
            if worker.alive:
                return worker
            # Somebody ended it while it had nothing to do, perhaps the system for its memory.
            self.kill(worker)
        return None

    def _replace(self) -> None:
        """Fork what is missing, so that the next query need not wait for that: best effort, since
        `take` forks as well."""
        fresh = sum(not each.niceness for each in self._workers.values())
        room = self._limits.processes - len(self._workers) - len(self._ending)
        if fresh < self._fresh and room > 0 and not self._gone:
            with contextlib.suppress(Busy, FullDisk):
                self._idle.append(self._fork(0))

    def _fork(self, niceness: int) -> WorkerLink:
        worker = WorkerLink(next(self._numbers), self._end)
        worker.niceness = niceness
        copies = sum(each.copies for each in self._workers.values())
        worker.copies = not niceness and copies < self._copies
        message = {
            "do": "fork",
            "worker": worker.number,
            "copies": worker.copies,
            "niceness": niceness,
        }
        try:
            self._link.tell(message, worker.descriptors, worker.hand_over)
        except Busy:
            worker.close()
            raise
        self._workers[worker.number] = worker
        return worker

    def _end(self, worker: WorkerLink) -> None:
        """Take note that the process of a worker is gone, by whatever it ended."""
        if self._ending.pop(worker.number, None) is None and worker in self._idle:
            self._idle.remove(worker)
            self._workers.pop(worker.number, None)
            worker.close()
        if not self._gone:
            self._replace()
        self._tell_of_room()

    def _tell_of_room(self) -> None:
        for each in self._room:
            if not each.done():
                each.set_result(None)
        self._room.clear()

    async def _wait_for_room(self, until: float) -> None:
        if self._gone:
            raise Busy(GONE)
        room = asyncio.get_running_loop().create_future()
        self._room.append(room)
        await asyncio.wait((room,), timeout=max(0.0, until - time.monotonic()))
        if not room.done():
            raise Busy(NONE_FREE)


def _rank(worker: WorkerLink) -> tuple[bool, bool, int]:
    """Give what is larger for who is taken first: the oldest with a copy."""
    return worker.copied, worker.copies, -worker.number
