"""The workers of one store: some for what is quick, some, of low priority, for what takes long."""

from __future__ import annotations

import contextlib
import itertools
import signal
from bisect import insort
from collections.abc import Callable
from dataclasses import asdict

from kgraph.engines.workers.handle import WorkerHandle
from kgraph.engines.workers.worker import Limits
from kgraph.engines.workers.zygote_link import ZygoteLink
from kgraph.errors import Busy, FullDisk

#: Niceness of workers that take long, and of those that take very long: beside each other, the
#: first get five parts of six. That quick ones need not wait for either takes more (courtesy.py).
LONG, HEAVY = 12, 19
#: So many more than may answer at once wait for quick queries, since some prove not to be quick.
_SPARE = 2


class Crew:
    """Workers forked when they are needed, and kept for the next query.

    A worker that was lowered stays so, since to raise it again would take privileges; up to
    `most_lowered` of them are kept, for queries that take long, and none of those lowered most.
    As many workers as `copied_bytes` have room for copy the data in advance: some wait for quick
    queries, `most_quick` of them and a few more, the others for long ones.
    """

    def __init__(
        self,
        link: ZygoteLink,
        limits: Limits,
        most_quick: int,
        most_lowered: int,
        copied_bytes: int,
        on_kill: Callable[[str], None],
    ) -> None:
        self._link = link
        self._limits = limits
        self._most_lowered = most_lowered
        self._most_quick = most_quick
        self._copied_bytes = copied_bytes
        self._copies = 0
        self._on_kill = on_kill
        self._numbers = itertools.count(1)
        self._workers: set[WorkerHandle] = set()
        self._idle: list[WorkerHandle] = []
        self._idle_lowered: list[WorkerHandle] = []

    def start(self) -> None:
        """Fork the first workers, once the data are open. Errors: Busy; FullDisk."""
        most = self._most_quick + self._most_lowered + _SPARE
        self._copies = min(most, self._copied_bytes // max(1, self._link.held_bytes))
        quick, spare = self._most_quick, _SPARE
        for lowered in [*[False] * quick, *[True] * self._most_lowered, *[False] * spare]:
            self.give_back(self._fork(lowered))

    def take(self, lowered: bool = False, trial: bool = False) -> WorkerHandle:
        """Give a worker that has nothing to do; for a `trial`, one that may well be lost.

        Errors: Busy when none can be forked.
        """
        idle = self._idle_lowered if lowered else self._idle
        found = None
        while found is None and len(idle) > (self._most_quick if trial else 0):
            worker = idle.pop(0 if trial else -1)
            if worker.alive:
                found = worker
            else:
                # Somebody ended it while it had nothing to do, perhaps the system for its memory.
                self._on_kill("died")
                self.end(worker)
        if found is None:
            try:
                found = self._fork(lowered)
            except (Busy, FullDisk):
                if not (trial and idle and idle[0].alive):
                    raise
                found = idle.pop(0)
        if not lowered and len(idle) < _SPARE:
            # The next query does not wait for its worker to be forked. If it cannot be, this one
            # has its worker all the same.
            with contextlib.suppress(Busy, FullDisk):
                self.give_back(self._fork())
        return found

    def give_back(self, worker: WorkerHandle) -> None:
        """Take back a worker that is done."""
        if worker not in self._workers:
            return
        if worker.niceness == HEAVY:
            self.end(worker)
            return
        # The oldest of those with a copy of the data is taken first, and given up last.
        idle = self._idle_lowered if worker.niceness else self._idle
        insort(idle, worker, key=lambda each: (each.copies, -each.number))
        if worker.niceness and len(idle) > self._most_lowered:
            self.end(idle.pop(0))

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
        worker.copies = sum(each.copies for each in self._workers) < self._copies
        message = {
            "do": "fork",
            "worker": worker.number,
            "limits": asdict(self._limits),
            "copies": worker.copies,
            "niceness": worker.niceness,
        }
        try:
            self._link.tell(message, worker.descriptors)
        except Busy:
            worker.close()
            worker.spool.close()
            raise
        worker.handed_over()
        self._workers.add(worker)
        return worker

    def _signal(self, worker: WorkerHandle, number: signal.Signals) -> None:
        message = {"do": "signal", "worker": worker.number, "signal": number.value}
        self._link.tell(message | {"niceness": worker.niceness})
