"""Answers kept ready: a snapshot never changes, so the same question has the same answer."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Protocol

from kgraph.engines.answer import Answer
from kgraph.engines.evaluation import Task
from kgraph.serving.charge import CHARGE, Charge
from kgraph.sparql.volatility import is_volatile

_WRITTEN_VALIDATORS = 32
#: What an entry takes besides texts.
_ENTRY_BYTES = 1 << 10


class Answering(Protocol):
    """Whoever can answer a task within a number of seconds."""

    def begin(self, task: Task, seconds: float | None = None) -> asyncio.Future[Answer]:
        """Begin to answer; the whole answer or a fault comes, unless it is cancelled before."""
        ...


@dataclass
class _Kept:
    """An answer, its validator, the bytes of the task, and the body in other codings."""

    answer: Answer
    etag: str
    asked_bytes: int
    codings: dict[str, bytes] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The bytes held for it."""
        coded = sum(len(body) for body in self.codings.values())
        return self.asked_bytes + self.answer.size + coded


@dataclass(frozen=True)
class Prepared:
    """An answer and its task, the validator it is sent with (None for one that may differ each
    time), and whether it was evaluated for this request."""

    task: Task
    answer: Answer
    etag: str | None
    evaluated: bool


class _Shared:
    """One evaluation, the validator of its answer, and who waits for it, the first one first."""

    def __init__(
        self, evaluating: asyncio.Future[Answer], charge: Charge, begun: float, etag: str | None
    ) -> None:
        self.evaluating = evaluating
        self.charge = charge
        self.etag = etag
        self.flights: list[Flight] = []
        #: Up to when its time was paid for; and when it ended.
        self.paid_until = begun
        self.ended: float | None = None
        evaluating.add_done_callback(self._note_end)

    def _note_end(self, done: asyncio.Future[Answer]) -> None:
        self.ended = time.monotonic()
        if not done.cancelled():
            # Perhaps nobody else asks for a fault, as all have left.
            done.exception()

    def pay(self) -> float:
        """Give the seconds that nobody has paid for yet, which is done with this: those of the
        evaluation, and of its killed worker. Killed it will be if nobody else waits for it."""
        now = self.ended if self.ended is not None else time.monotonic()
        seconds, self.paid_until = max(0.0, now - self.paid_until), now
        if self.evaluating.done() or len(self.flights) == 1:
            seconds += self.charge.kill_seconds
            self.charge.kill_seconds = 0.0
        return seconds

    def close(self) -> None:
        """End the evaluation, for which nobody waits any more; or close the answer that is here,
        of which whoever took it has a copy."""
        if not self.evaluating.done():
            self.evaluating.cancel()
        elif not self.evaluating.cancelled() and self.evaluating.exception() is None:
            answer = self.evaluating.result()
            if answer.file is not None:
                answer.close()


class Flight:
    """An answer under way, as one who waits for it sees it, from the beginning to `leave`.

    `first` is who began it. `cost_seconds` is known after `leave`: the time of the evaluation, and
    what its killed worker cost, for who began it; where that one left before, for who has waited
    longest since then, the time that is left; else 0.
    """

    def __init__(self, task: Task, shared: _Shared, leave: Callable[[Flight], None]) -> None:
        self.task = task
        self.first = not shared.flights
        self.cost_seconds = 0.0
        self._shared = shared
        self._leave: Callable[[Flight], None] | None = leave
        shared.flights.append(self)

    @property
    def evaluating(self) -> asyncio.Future[Answer]:
        """The answer to come, to wait for without taking it."""
        return self._shared.evaluating

    @property
    def etag(self) -> str | None:
        """The validator of the answer; None for one that may differ each time."""
        return self._shared.etag

    def land(self) -> Prepared:
        """Give the answer once it is there; a large one has a file of its own, to be closed.

        Errors: whatever evaluating it raised.
        """
        answer = self.evaluating.result()
        if answer.file is not None:
            copy = os.fdopen(os.dup(answer.file.fileno()), "rb")
            answer = answer._replace(file=copy)
        return Prepared(self.task, answer, self.etag, self.first)

    def leave(self) -> None:
        """Wait no more; the evaluation ends when nobody waits. Once is enough, more do nothing."""
        leave, self._leave = self._leave, None
        if leave is None:
            return
        if self._shared.flights[0] is self:
            self.cost_seconds = self._shared.pay()
        self._shared.flights.remove(self)
        if not self._shared.flights:
            leave(self)
            self._shared.close()


class AnswerCache:
    """Answers by task, the least recently used given up first once they exceed `bytes_kept`.

    Requests for what is being evaluated already wait for that answer. Faults are not kept, but all
    who waited get them. `digest` names the data: with the task it makes the validator, so a client
    that holds an answer is told so without evaluating anything. Without a digest the data may
    change, and nothing is kept.
    """

    def __init__(self, behind: Answering, digest: str, bytes_kept: int = 256 << 20) -> None:
        self._behind = behind
        self._digest = digest
        self._bytes_kept = bytes_kept
        self._kept: OrderedDict[Task, _Kept] = OrderedDict()
        self._evaluating: dict[tuple[Task, float | None], _Shared] = {}
        self.bytes_held = 0

    def validator(self, task: Task) -> str | None:
        """Give the strong ETag of a task's answer; None where it may differ from call to call."""
        return _make_validator(self._digest, task)

    def find(self, task: Task) -> Prepared | None:
        """Give the answer of a task if it is kept."""
        kept = self._kept.get(task)
        if kept is None:
            return None
        self._kept.move_to_end(task)
        return Prepared(task, kept.answer, kept.etag, False)

    async def prepare(self, task: Task, seconds: float | None = None) -> Prepared:
        """Give the answer of a task, evaluated only when it is not kept.

        Errors: whatever evaluating it raises.
        """
        if (found := self.find(task)) is not None:
            return found
        flight = self.begin(task, seconds)
        try:
            await asyncio.wait((flight.evaluating,))
            return flight.land()
        finally:
            flight.leave()

    def begin(self, task: Task, seconds: float | None = None) -> Flight:
        """Begin to evaluate a task, or join who waits for the same answer already.

        Whoever begins leaves in the end, whatever happens.
        """
        key = (task, seconds)
        shared = self._evaluating.get(key)
        if shared is None:
            begun, charge = time.monotonic(), Charge()
            token = CHARGE.set(charge)
            try:
                evaluating = self._behind.begin(task, seconds)
            finally:
                CHARGE.reset(token)
            # Written while others work.
            etag = self.validator(task)
            shared = _Shared(evaluating, charge, begun, etag)
            if etag:
                # Kept a moment after it is there: whoever waits for it comes first.
                loop = asyncio.get_running_loop()
                keep = partial(self._keep, task, etag)
                evaluating.add_done_callback(partial(loop.call_soon, keep))
                self._evaluating[key] = shared
        return Flight(task, shared, partial(self._forget, key))

    def close(self) -> None:
        """Keep nothing any more."""
        self._kept.clear()
        self._bytes_kept = self.bytes_held = 0

    def find_encoded(self, prepared: Prepared, coding: str) -> bytes | None:
        """Give the body of an answer in another coding if it is kept."""
        kept = self._kept.get(prepared.task)
        return None if kept is None else kept.codings.get(coding)

    async def encode(
        self, prepared: Prepared, coding: str, make: Callable[[bytes], bytes]
    ) -> bytes:
        """Give the body of an answer in another coding, made once and kept with it."""
        kept = self._kept.get(prepared.task)
        if kept is not None and coding in kept.codings:
            return kept.codings[coding]
        body = await asyncio.to_thread(make, prepared.answer.body)
        if kept is not None and self._kept.get(prepared.task) is kept:
            self.bytes_held += len(body) - len(kept.codings.get(coding, b""))
            kept.codings[coding] = body
            self._make_room()
        return body

    def _forget(self, key: tuple[Task, float | None], flight: Flight) -> None:
        """Let the next request for a task begin anew."""
        shared = self._evaluating.get(key)
        if shared is not None and shared.evaluating is flight.evaluating:
            del self._evaluating[key]

    def _keep(self, task: Task, etag: str, done: asyncio.Future[Answer]) -> None:
        if done.cancelled() or done.exception() is not None:
            return
        answer = done.result()
        # A large one would push out many small ones, and stays on disk anyway.
        kept = _Kept(answer, etag, _count_bytes(task))
        if answer.file is None and kept.size * 4 <= self._bytes_kept:
            # Two with different limits may have asked for it at once.
            before = self._kept.get(task)
            self._kept[task] = kept
            self.bytes_held += kept.size - (before.size if before else 0)
            self._make_room()

    def _make_room(self) -> None:
        while self.bytes_held > self._bytes_kept:
            _, oldest = self._kept.popitem(last=False)
            self.bytes_held -= oldest.size


def _count_bytes(task: Task) -> int:
    """Give the bytes that an answer takes besides its body: its task's, and an entry's."""
    texts = (task.query, task.base or "", *task.default_graphs, *task.named_graphs)
    return sum(map(sys.getsizeof, texts)) + _ENTRY_BYTES


@lru_cache(maxsize=_WRITTEN_VALIDATORS)
def _make_validator(digest: str, task: Task) -> str | None:
    # One request may ask for it twice.
    if not digest or is_volatile(task.query):
        return None
    query, *more = task
    state = f"{digest}\0{more!r}\0{query}"
    return f'"{hashlib.sha256(state.encode()).hexdigest()[:32]}"'
