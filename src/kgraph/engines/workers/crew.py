"""The workers of one store: some for what is quick, some, of low priority, for what takes long."""

from __future__ import annotations

import contextlib
import itertools
import signal
from collections.abc import Callable
from dataclasses import asdict

from kgraph.engines.workers.handle import WorkerHandle
from kgraph.engines.workers.worker import Limits
from kgraph.engines.workers.zygote_link import ZygoteLink
from kgraph.errors import Busy

#: Niceness of workers that take long, and of those that take very long. From 12 on a quick worker
#: that wakes up takes the processor at once; beside each other, the first get five parts of six.
LONG, HEAVY = 12, 19


class Crew:
    """Workers forked when they are needed, and kept for the next query.

    A worker that was lowered stays so, since to raise it again would take privileges; up to
    `most_lowered` of them are kept, for queries that take long, and none of those lowered most. A
    worker that has answered is quicker than a new one, which copies each page of the store it
    touches.
    """

    def __init__(
        self,
        link: ZygoteLink,
        limits: Limits,
        most_lowered: int,
        on_kill: Callable[[str], None],
    ) -> None:
        self._link = link
        self._limits = limits
        self._most_lowered = most_lowered
        self._on_kill = on_kill
        self._numbers = itertools.count(1)
        self._workers: set[WorkerHandle] = set()
        self._idle: list[WorkerHandle] = []
        self._idle_lowered: list[WorkerHandle] = []

    def take(self, lowered: bool = False) -> WorkerHandle:
        """Give a worker that has nothing to do. Errors: Busy when none can be forked."""
        idle = self._idle_lowered if lowered else self._idle
        found = None
        while idle and found is None:
            worker = idle.pop()
            if worker.alive:
                found = worker
            else:
                # Somebody ended it while it had nothing to do, perhaps the system for its memory.
                self._on_kill("died")
                self.end(worker)
        if found is None:
            found = self._fork(lowered)
        if not lowered and not idle:
            # The next query does not wait for its worker to be forked.
            idle.append(self._fork())
        return found

    def give_back(self, worker: WorkerHandle) -> None:
        """Take back a worker that is done."""
        if worker not in self._workers:
            return
        if not worker.niceness:
            self._idle.append(worker)
        elif worker.niceness == LONG and len(self._idle_lowered) < self._most_lowered:
            self._idle_lowered.append(worker)
        else:
            self.end(worker)

    def lower(self, worker: WorkerHandle, niceness: int) -> None:
        """Let a worker give way to others: `LONG` or `HEAVY`."""
        worker.niceness = niceness
        self._signal(worker, signal.SIGCONT)

    def suspend(self, worker: WorkerHandle) -> None:
        """Let a worker not run at all until it is lowered."""
        self._signal(worker, signal.SIGSTOP)

    def end(self, worker: WorkerHandle) -> None:
        """End a worker, whatever it does."""
        if worker in self._workers:
            self._workers.discard(worker)
            worker.close()
            # Where its parent is gone, it is gone too.
            with contextlib.suppress(Busy):
                self._signal(worker, signal.SIGKILL)

    def close(self) -> None:
        """Close this end of all of them; they end with their parent."""
        for worker in self._workers:
            worker.close()
        self._workers.clear()

    def _fork(self, lowered: bool = False) -> WorkerHandle:
        worker = WorkerHandle(next(self._numbers))
        worker.niceness = LONG if lowered else 0
        message = {
            "do": "fork",
            "worker": worker.number,
            "limits": asdict(self._limits),
            "niceness": worker.niceness,
        }
        self._link.tell(message, worker.descriptors)
        worker.handed_over()
        self._workers.add(worker)
        return worker

    def _signal(self, worker: WorkerHandle, number: signal.Signals) -> None:
        message = {"do": "signal", "worker": worker.number, "signal": number.value}
        self._link.tell(message | {"niceness": worker.niceness})
