"""Answers kept ready: a snapshot never changes, so the same question has the same answer."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from kgraph.engines.evaluation import Task
from kgraph.engines.pool import Answer

#: A query that names one of these may answer differently each time. The words also match inside a
#: string or a name; such a query is merely evaluated anew.
_VOLATILE = re.compile(r"\b(?:NOW|RAND|UUID|STRUUID|BNODE)\b", re.IGNORECASE)


class Answering(Protocol):
    """Whoever can answer a task: the pool itself, or the prepared answers in front of it."""

    async def answer(self, task: Task) -> Answer:
        """Give the whole answer or raise."""
        ...


@dataclass(frozen=True)
class Prepared:
    """An answer and its strong validator, which is made of its bytes and format."""

    answer: Answer
    etag: str


class PreparedAnswers:
    """Answers by task, the least recently used given up first once they exceed `bytes_kept`.

    Tasks that arrive while the same one is being evaluated wait for that answer. Faults are not
    kept, but all who waited get them.
    """

    def __init__(self, behind: Answering, bytes_kept: int = 256 << 20) -> None:
        self._behind = behind
        self._bytes_kept = bytes_kept
        self._bytes = 0
        self._kept: OrderedDict[bytes, Prepared] = OrderedDict()
        self._running: dict[bytes, asyncio.Task[Prepared]] = {}
        self._waiting: dict[bytes, int] = {}

    @property
    def bytes_held(self) -> int:
        """The sum of the bodies kept."""
        return self._bytes

    async def prepare(self, task: Task) -> Prepared:
        """Give the answer of a task, evaluated only when it is not kept."""
        if _VOLATILE.search(task.query):
            return _sealed(await self._behind.answer(task))
        key = _key(task)
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept
        running = self._running.get(key)
        if running is None:
            running = self._running[key] = asyncio.create_task(self._evaluate(key, task))
            self._waiting[key] = 0
        self._waiting[key] += 1
        try:
            return await asyncio.shield(running)
        finally:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                # Either it is done, or nobody waits for it any more.
                del self._waiting[key]
                running.cancel()
                if self._running.get(key) is running:
                    del self._running[key]

    async def _evaluate(self, key: bytes, task: Task) -> Prepared:
        prepared = _sealed(await self._behind.answer(task))
        size = len(prepared.answer.body)
        if size * 4 <= self._bytes_kept:
            self._kept[key] = prepared
            self._bytes += size
            while self._bytes > self._bytes_kept:
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= len(oldest.answer.body)
        return prepared


def _sealed(answer: Answer) -> Prepared:
    digest = hashlib.sha256(answer.body)
    digest.update(f"\0{answer.kind}\0{answer.suffix}".encode())
    return Prepared(answer, f'"{digest.hexdigest()[:32]}"')


def _key(task: Task) -> bytes:
    return hashlib.sha256(repr(task).encode()).digest()
