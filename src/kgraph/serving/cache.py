"""Answers kept ready: a snapshot never changes, so the same question has the same answer."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Protocol

from kgraph.engines.answer import Answer
from kgraph.engines.evaluation import Task
from kgraph.sparql.volatility import is_volatile

_WRITTEN_VALIDATORS = 32
#: What an entry takes besides texts.
_ENTRY_BYTES = 1 << 10

#: Told once what an evaluation cost the server, in seconds.
Charge = Callable[[float], None]


def ask_nobody(_: float) -> None:
    """Charge nobody: what the program asks for itself."""


class Answering(Protocol):
    """Whoever can answer a task within a number of seconds, and says what that cost."""

    async def answer(self, task: Task, seconds: float | None, charge: Charge) -> Answer:
        """Give the whole answer. Errors: those of the program."""
        ...


@dataclass
class _Entry:
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


class _Evaluation:
    """One evaluation, and those who wait for its answer, who pay for it. Where all of them left,
    the last one pays."""

    def __init__(self, etag: str | None) -> None:
        self.etag = etag
        self.waiting: list[InFlight] = []
        self._last: Charge | None = None
        self.answer: asyncio.Task[Answer]

    def charge(self, seconds: float) -> None:
        """Share out what the evaluation cost."""
        payers = [each.charge for each in self.waiting] or [self._last or ask_nobody]
        for charge in payers:
            charge(seconds / len(payers))

    def leave(self, who: InFlight) -> bool:
        """Wait no more; tell whether nobody does."""
        self.waiting.remove(who)
        self._last = who.charge
        return not self.waiting


class InFlight:
    """A query whose answer is under way, as one who waits for it sees it, while the context is
    entered. Whoever leaves last ends the evaluation."""

    def __init__(
        self, task: Task, evaluation: _Evaluation, charge: Charge, leave: Callable[[], None]
    ) -> None:
        self.task = task
        self.charge = charge
        self._evaluation = evaluation
        self._first = not evaluation.waiting
        self._leave = leave
        evaluation.waiting.append(self)

    @property
    def answer(self) -> asyncio.Task[Answer]:
        """What becomes the answer, or the fault; not to be cancelled."""
        return self._evaluation.answer

    def take(self) -> Prepared:
        """Give the answer once it is there; whoever takes a large one closes its file.

        Errors: whatever evaluating it raised.
        """
        answer = self.answer.result().share()
        return Prepared(self.task, answer, self._evaluation.etag, self._first)

    def __enter__(self) -> InFlight:
        """Begin to wait."""
        return self

    def __exit__(self, *_: object) -> None:
        """Wait no more."""
        if self._evaluation.leave(self):
            self._leave()


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
        self._entries: OrderedDict[Task, _Entry] = OrderedDict()
        self._evaluating: dict[tuple[Task, float | None], _Evaluation] = {}
        self.bytes_held = 0
        # One request may ask for it twice.
        self.validator = lru_cache(maxsize=_WRITTEN_VALIDATORS)(partial(_make_validator, digest))

    def find(self, task: Task) -> Prepared | None:
        """Give the answer of a task if it is kept."""
        entry = self._entries.get(task)
        if entry is None:
            return None
        self._entries.move_to_end(task)
        return Prepared(task, entry.answer, entry.etag, False)

    def begin(
        self, task: Task, seconds: float | None = None, charge: Charge = ask_nobody
    ) -> InFlight:
        """Begin to evaluate a task, or join who waits for the same answer already; `charge` is told
        this one's share of the cost, perhaps after it left."""
        key = (task, seconds)
        evaluation = self._evaluating.get(key)
        if evaluation is None:
            evaluation = _Evaluation(self.validator(task))
            answering = self._behind.answer(task, seconds, evaluation.charge)
            evaluation.answer = asyncio.ensure_future(answering)
            if evaluation.etag:
                self._evaluating[key] = evaluation
                evaluation.answer.add_done_callback(partial(self._keep, task, evaluation.etag))
        return InFlight(task, evaluation, charge, partial(self._end, key, evaluation))

    async def prepare(self, task: Task, seconds: float | None = None) -> Prepared:
        """Give the answer of a task, evaluated only when it is not kept.

        Errors: whatever evaluating it raises.
        """
        if (found := self.find(task)) is not None:
            return found
        with self.begin(task, seconds) as in_flight:
            await asyncio.wait((in_flight.answer,))
            return in_flight.take()

    def find_encoded(self, prepared: Prepared, coding: str) -> bytes | None:
        """Give the body of an answer in another coding if it is kept."""
        entry = self._entries.get(prepared.task)
        return None if entry is None else entry.codings.get(coding)

    async def encode(
        self, prepared: Prepared, coding: str, make: Callable[[bytes], bytes]
    ) -> bytes:
        """Give the body of an answer in another coding, made once and kept with it."""
        entry = self._entries.get(prepared.task)
        if entry is not None and coding in entry.codings:
            return entry.codings[coding]
        body = await asyncio.to_thread(make, prepared.answer.body)
        if entry is not None and self._entries.get(prepared.task) is entry:
            self.bytes_held += len(body) - len(entry.codings.get(coding, b""))
            entry.codings[coding] = body
            self._make_room()
        return body

    def close(self) -> None:
        """Give up all that is kept."""
        self._entries.clear()
        self.bytes_held = 0
        self.validator.cache_clear()

    def _end(self, key: tuple[Task, float | None], evaluation: _Evaluation) -> None:
        """End an evaluation that is done, or for which nobody waits any more."""
        if self._evaluating.get(key) is evaluation:
            del self._evaluating[key]
        done = evaluation.answer
        if not done.cancel() and not done.cancelled() and done.exception() is None:
            done.result().close()

    def _keep(self, task: Task, etag: str, done: asyncio.Future[Answer]) -> None:
        if done.cancelled() or done.exception() is not None:
            return
        answer = done.result()
        entry = _Entry(answer, etag, _count_bytes(task))
        # A large one would push out many small ones, and stays on disk anyway.
        if answer.file is None and entry.size * 4 <= self._bytes_kept:
            # Two with different limits may have asked for it at once.
            before = self._entries.get(task)
            self._entries[task] = entry
            self.bytes_held += entry.size - (before.size if before else 0)
            self._make_room()

    def _make_room(self) -> None:
        while self.bytes_held > self._bytes_kept:
            _, oldest = self._entries.popitem(last=False)
            self.bytes_held -= oldest.size


def _make_validator(digest: str, task: Task) -> str | None:
    """Give the strong ETag of a task's answer; None where it may differ from call to call."""
    if not digest or is_volatile(task.query):
        return None
    query, *more = task
    state = f"{digest}\0{more!r}\0{query}"
    return f'"{hashlib.sha256(state.encode()).hexdigest()[:32]}"'


def _count_bytes(task: Task) -> int:
    """Give the bytes that an answer takes besides its body: its task's, and an entry's."""
    texts = (task.query, task.base or "", *task.default_graphs, *task.named_graphs)
    return sum(map(sys.getsizeof, texts)) + _ENTRY_BYTES
