"""The workers of one store: some for what is quick, some for what is not known, some for what takes
long."""

from __future__ import annotations

import contextlib
import itertools
import signal
from collections.abc import Callable
from dataclasses import asdict

from kgraph.errors import Busy, FullDisk
from kgraph.serving.isolation.fork_server_link import ZygoteLink
from kgraph.serving.isolation.worker import Limits
from kgraph.serving.isolation.worker_link import WorkerHandle
from kgraph.serving.scheduling.costs import Kind

#: Niceness of workers that take long, and of those that take very long: beside each other, the
#: first get five parts of six. That quick ones need not wait for either takes more (courtesy.py).
LONG, HEAVY = 12, 19
#: So many wait for queries that are not known, more of which prove to be long.
_TRIALS = 2


class Crew:
    """Workers forked before they are needed, and kept for the next query.

    A worker that was lowered stays so, since to raise it again would take privileges, and another
    takes its place; `most` that are lowered are kept, for queries that take long, and none of those
    lowered most. As many workers as `copied_bytes` have room for copy the data in advance.
    """

    def __init__(
        self,
        link: ZygoteLink,
        limits: Limits,
        most: int,
        copied_bytes: int,
        on_kill: Callable[[str], None],
    ) -> None:
        self._link = link
        self._limits = limits
        self._kept = {Kind.QUICK: most, Kind.LONG: most, Kind.TRIAL: _TRIALS}
        self._copied_bytes = copied_bytes
        self._copies = 0
        self._ahead = False
        self._started = False
        self._on_kill = on_kill
        self._numbers = itertools.count(1)
        self._workers: set[WorkerHandle] = set()
        link.on_forked = self._meet
        self._idle: dict[Kind, list[WorkerHandle]] = {kind: [] for kind in Kind}

    def start(self) -> None:
        """Fork the first workers, once the data are open. Errors: Busy; FullDisk."""
        most = sum(self._kept.values())
        self._copies = min(most, self._copied_bytes // max(1, self._link.held_bytes))
        for kind, count in self._kept.items():
            for _ in range(count):
                self.give_back(self._fork(kind))
        self._started = True

    def take(self, kind: Kind) -> WorkerHandle:
        """Give a worker that has nothing to do. Errors: Busy; FullDisk."""
        idle = self._idle[kind]
        while idle:
            worker = max(idle, key=_rank)
            idle.remove(worker)
            if worker.alive:
                return worker
            # Somebody ended it while it had nothing to do, perhaps the system for its memory.
            self._on_kill("died")
            self.end(worker)
        try:
            return self._fork(kind)
        except (Busy, FullDisk):
            if kind is Kind.TRIAL and self._idle[Kind.QUICK]:
                return self.take(Kind.QUICK)
            raise

    def give_back(self, worker: WorkerHandle) -> None:
        """Take back a worker that is done."""
        if worker not in self._workers:
            return
        if worker.niceness == HEAVY:
            self.end(worker)
            return
        idle = self._idle[worker.kind]
        idle.append(worker)
        if worker.kind is Kind.LONG and len(idle) > self._kept[Kind.LONG]:
            worst = min(idle, key=_rank)
            idle.remove(worst)
            self.end(worst)

    def lower(self, worker: WorkerHandle, niceness: int) -> None:
        """Let a worker give way to others: `LONG` or `HEAVY`."""
        before, worker.kind = worker.kind, Kind.LONG
        worker.niceness = niceness
        self._signal(worker, signal.SIGCONT)
        self._replace(before)

    def go_ahead(self, ahead: bool) -> None:
        """Let workers for quick queries run in real time, or no more. One that copies the data
        does so only afterwards."""
        self._ahead = ahead
        for worker in self._workers:
            self._schedule(worker)

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
            self._replace(worker.kind)
            self._exchange()

    def close(self) -> None:
        """Close this end of all of them; they end with their parent."""
        for worker in self._workers:
            worker.close()
        self._workers.clear()

    def _meet(self, number: int, process: int) -> None:
        for worker in self._workers:
            if worker.number == number:
                worker.process = process

    def _replace(self, kind: Kind) -> None:
        """Fork another where one is missing, so that the next query need not wait for that. If it
        cannot be, nobody suffers yet."""
        there = sum(each.kind is kind for each in self._workers)
        if kind is not Kind.LONG and there < self._kept[kind]:
            with contextlib.suppress(Busy, FullDisk):
                self.give_back(self._fork(kind))

    def _fork(self, kind: Kind) -> WorkerHandle:
        worker = WorkerHandle(next(self._numbers), kind, self._on_copied)
        worker.niceness = LONG if kind is Kind.LONG else 0
        worker.copies = self._has_room()
        message = {
            "do": "fork",
            "worker": worker.number,
            "limits": asdict(self._limits),
            "copies": worker.copies,
            "large": not self._started,
            "ahead": kind is Kind.QUICK,
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
        if self._ahead:
            self._schedule(worker)
        return worker

    def _has_room(self) -> bool:
        """Tell whether there is memory for another copy of the data."""
        return sum(each.copies for each in self._workers) < self._copies

    def _exchange(self) -> None:
        """End a quick worker that has nothing to do and for whose copy there was no room, if there
        is now; another takes its place."""
        without = (each for each in self._idle[Kind.QUICK] if not each.copies)
        if self._has_room() and (worker := next(without, None)) is not None:
            self._idle[Kind.QUICK].remove(worker)
            self.end(worker)

    def _schedule(self, worker: WorkerHandle) -> None:
        if worker.kind is Kind.QUICK and (worker.copied or not worker.copies):
            # Where its parent is gone, it is gone too.
            with contextlib.suppress(Busy):
                message = {"do": "schedule", "worker": worker.number, "niceness": 0}
                self._link.tell(message | {"ahead": self._ahead})

    def _on_copied(self, worker: WorkerHandle) -> None:
        if self._ahead:
            self._schedule(worker)

    def _signal(self, worker: WorkerHandle, number: signal.Signals) -> None:
        message = {"do": "signal", "worker": worker.number, "signal": number.value}
        self._link.tell(message | {"niceness": worker.niceness})


def _rank(worker: WorkerHandle) -> tuple[bool, bool, int]:
    """Give what is larger for who is taken first and given up last: the oldest with a copy."""
    return worker.copied, worker.copies, -worker.number
