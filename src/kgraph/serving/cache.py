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
from kgraph.sparql.tokens import read_tokens

#: Functions whose value differs from call to call; BNODE() makes new labels each time. What SERVICE
#: gives may change without notice.
_VOLATILE = {"NOW", "RAND", "UUID", "STRUUID", "BNODE", "SERVICE"}
#: A text above this size is not read token by token while others wait; it may well be volatile.
_READ_CHARACTERS = 1 << 14
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


@dataclass
class _Shared:
    """One evaluation, the validator of its answer, and how many wait for it."""

    evaluating: asyncio.Future[Answer]
    etag: str | None
    waiting: int = 0


@dataclass(frozen=True)
class Flight:
    """An answer under way, as one who waits for it sees it: `first` is who began it."""

    task: Task
    evaluating: asyncio.Future[Answer]
    etag: str | None
    first: bool
    leave: Callable[[], None]

    def land(self) -> Prepared:
        """Give the answer once it is there. Errors: whatever evaluating it raised."""
        return Prepared(self.task, self.evaluating.result(), self.etag, self.first)


class PreparedAnswers:
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
        # One request may ask for it twice.
        self._validator = lru_cache(maxsize=_WRITTEN_VALIDATORS)(self._make_validator)

    def validator(self, task: Task) -> str | None:
        """Give the strong ETag of a task's answer; None where it may differ from call to call."""
        return self._validator(task)

    def _make_validator(self, task: Task) -> str | None:
        if not self._digest or _is_volatile(task.query):
            return None
        query, *more = task
        state = f"{self._digest}\0{more!r}\0{query}"
        return f'"{hashlib.sha256(state.encode()).hexdigest()[:32]}"'

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
        first = shared is None
        if shared is None:
            evaluating = self._behind.begin(task, seconds)
            # Written while others work.
            etag = self.validator(task)
            shared = _Shared(evaluating, etag)
            if etag:
                # Kept a moment after it is there: whoever waits for it comes first.
                loop = asyncio.get_running_loop()
                keep = partial(self._keep, task, etag)
                evaluating.add_done_callback(partial(loop.call_soon, keep))
                self._evaluating[key] = shared
        shared.waiting += 1
        leave = partial(self._leave, key, shared)
        return Flight(task, shared.evaluating, shared.etag, first, leave)

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

    def _leave(self, key: tuple[Task, float | None], shared: _Shared) -> None:
        shared.waiting -= 1
        if not shared.waiting:
            # It is done, or nobody waits for it any more.
            if self._evaluating.get(key) is shared:
                del self._evaluating[key]
            shared.evaluating.cancel()

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


def _is_volatile(query: str) -> bool:
    capitals = query.upper()
    if not any(name in capitals for name in _VOLATILE):
        return False
    if len(query) > _READ_CHARACTERS:
        return True
    return any(token.keyword in _VOLATILE for token in read_tokens(query))
