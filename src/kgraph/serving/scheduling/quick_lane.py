"""Queries that are quick, as most are: a few at once, with two callbacks each and no task."""

from __future__ import annotations

import asyncio
import os
import time

from kgraph.engines.answer import Answer
from kgraph.errors import Busy, KgraphError
from kgraph.serving.scheduling.costs import Kind
from kgraph.serving.scheduling.dispatcher import Desk
from kgraph.serving.scheduling.job import Job, Query
from kgraph.serving.scheduling.slots import Places
from kgraph.serving.scheduling.slow_lane import NONE_FREE, SlowLane

#: A query that is not done after this is no quick one, and leaves its place to others.
_QUICK_SECONDS = 0.02
#: By the clock it may take so many times as long.
_PATIENCE = 5
#: For so long the server may wait awake. To fall asleep and wake up takes a tenth of a quick one's
#: time, since what others do meanwhile fills the processor's caches.
_AWAKE_SECONDS = 0.002


class QuickLane:
    """Evaluates what is not known to take long; what does take long goes on in the slow lane.

    What is known to be quick does not wait for what is not known at all, which has its own places.
    """

    def __init__(self, desk: Desk, slow: SlowLane) -> None:
        self._desk = desk
        self._slow = slow
        # Else the worker would have none.
        self._has_processors = len(os.sched_getaffinity(0)) > 1
        # More at once than there are processors would only take turns.
        self._places = {kind: Places(desk.limits.workers) for kind in (Kind.QUICK, Kind.TRIAL)}

    def begin(self, query: Query, kind: Kind) -> asyncio.Future[Answer]:
        """Begin to evaluate a query that is quick or not known. Errors, of the answer: those of
        the pool."""
        answer = asyncio.get_running_loop().create_future()
        self._begin(query, kind, answer)
        return answer

    def _begin(self, query: Query, kind: Kind, answer: asyncio.Future[Answer]) -> None:
        if self._places[kind].take_now():
            self._run(query, kind, answer)
            return
        try:
            self._desk.enter_queue()
        except Busy as error:
            answer.set_exception(error)
        else:
            self._wait(query, kind, answer)

    def _wait(self, query: Query, kind: Kind, answer: asyncio.Future[Answer]) -> None:
        places = self._places[kind]

        def begin() -> None:
            leave_queue()
            # Perhaps others of its shape were evaluated meanwhile.
            now = self._desk.expected.expect(query.shape)
            if now is kind and not answer.done():
                self._run(query, kind, answer)
                return
            asyncio.get_running_loop().call_soon(places.give)
            if answer.done():
                return
            if now is Kind.LONG:
                _pass_on(asyncio.ensure_future(self._slow.answer(query)), answer)
            else:
                self._begin(query, now, answer)

        def leave_queue() -> None:
            self._desk.waiting -= 1
            late.cancel()

        def give_up() -> None:
            if turn.leave():
                leave_queue()
                if not answer.done():
                    answer.set_exception(Busy(NONE_FREE))

        turn = places.queue(begin)
        late = asyncio.get_running_loop().call_later(query.left, give_up)
        answer.add_done_callback(lambda _: give_up())

    def _run(self, query: Query, kind: Kind, answer: asyncio.Future[Answer]) -> None:
        """Evaluate a query in the place of this kind that was taken for it."""
        places = self._places[kind]
        try:
            job = self._desk.begin(query, kind)
        except KgraphError as error:
            asyncio.get_running_loop().call_soon(places.give)
            answer.set_exception(error)
            return
        _Attempt(self._desk, self._slow, places, kind, job, answer)
        if kind is Kind.QUICK and self._desk.precedence.taken and self._has_processors:
            self._wait_awake(job)

    def _wait_awake(self, job: Job) -> None:
        """Do not fall asleep beside long queries while there is one quick one."""
        loop, until = asyncio.get_running_loop(), time.monotonic() + _AWAKE_SECONDS
        places, alone = self._places[Kind.QUICK], self._desk.limits.workers - 1

        def look() -> None:
            if not job.over and places.free == alone and time.monotonic() < until:
                loop.call_soon(look)

        look()


class _Attempt:
    """A query in a place for quick ones, until it is over, is given up, or proves to be long: of
    these, two may come at once. Nothing of it is left then, though the answer may be large."""

    __slots__ = ("_answer", "_begun", "_desk", "_job", "_kind", "_looking", "_places", "_slow")

    def __init__(
        self,
        desk: Desk,
        slow: SlowLane,
        places: Places,
        kind: Kind,
        job: Job,
        answer: asyncio.Future[Answer],
    ) -> None:
        loop = asyncio.get_running_loop()
        self._desk, self._slow, self._places, self._kind = desk, slow, places, kind
        self._job, self._answer = job, answer
        self._begun = time.monotonic()
        wait = min(_QUICK_SECONDS, job.query.left)
        self._looking: asyncio.TimerHandle | None = loop.call_later(wait, self._look)
        job.on_over = self._end
        if job.over:
            # Its worker was dead already.
            loop.call_soon(self._end)
        answer.add_done_callback(self._end_unheard)

    def _leave(self) -> bool:
        """Wait for nothing more; tell whether one still waited."""
        looking, self._looking = self._looking, None
        if looking is not None:
            looking.cancel()
            self._job.on_over = None
        return looking is not None

    def _end(self) -> None:
        if not self._leave():
            return
        try:
            found = self._desk.read(self._job)
            # The client's leaving may be on its way.
            if not self._answer.done():
                self._answer.set_result(found)
        except KgraphError as error:
            if not self._answer.done():
                self._answer.set_exception(error)
        finally:
            # Whoever waits for the answer is called before this.
            asyncio.get_running_loop().call_soon(self._dismiss)

    def _dismiss(self) -> None:
        try:
            self._desk.dismiss(self._job)
        finally:
            # Its worker is at hand for the next one now.
            self._places.give()

    def _end_unheard(self, _: object) -> None:
        if self._leave():
            self._desk.abandon(self._job, "client left")
            self._places.give()

    def _look(self) -> None:
        """Look whether the query was quick so far, by what it computed."""
        loop, query = asyncio.get_running_loop(), self._job.query
        computed = self._job.worker.count_computed()
        left = _QUICK_SECONDS - computed
        patient = time.monotonic() - self._begun < _PATIENCE * _QUICK_SECONDS < query.left
        if left > _QUICK_SECONDS / 2 and patient and self._looking is not None:
            # It waited more than it computed.
            self._looking = loop.call_later(left, self._look)
        elif self._leave():
            if self._kind is Kind.TRIAL:
                # The next of its shape need not try before this one is done.
                self._desk.expected.note(query.shape, computed)
            _pass_on(loop.create_task(self._slow.go_on(self._job)), self._answer)
            # Once its worker was lowered, and another forked.
            loop.call_soon(self._places.give)


def _pass_on(working: asyncio.Task[Answer], answer: asyncio.Future[Answer]) -> None:
    """Give the outcome of a task to who waits for the answer; who leaves ends the task."""

    def end(_: object) -> None:
        error = None if working.cancelled() else working.exception()
        if answer.done():
            return
        if working.cancelled():
            answer.cancel()
        elif error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(working.result())

    working.add_done_callback(end)
    answer.add_done_callback(lambda _: working.cancel())
