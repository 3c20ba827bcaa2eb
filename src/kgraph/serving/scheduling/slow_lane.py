"""Queries that take long: by workers that give way to others, the longest of them in turn."""

from __future__ import annotations

import asyncio

from kgraph.engines.answer import Answer
from kgraph.errors import Busy, TooCostly
from kgraph.serving.scheduling.costs import Kind
from kgraph.serving.scheduling.dispatcher import Desk
from kgraph.serving.scheduling.job import Job, OutOfTime, Query
from kgraph.serving.scheduling.slots import Places
from kgraph.serving.scheduling.workers import HEAVY, LONG

#: From then on a query is heavy: only `workers` of such run at once, others are suspended.
_LONG_SECONDS = 1.0
_MANY_HEAVY = "too many heavy queries are running; try again in a minute"
NONE_FREE = "no worker was free in the time the query had; try again soon"


class SlowLane:
    """Evaluates what is known to take long, and goes on with what turned out to."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._long = Places(desk.limits.workers)
        self._heavy = Places(desk.limits.workers)
        self._grown = 0
        self._suspended = 0

    async def answer(self, query: Query) -> Answer:
        """Evaluate a query that is expected to take long, by a worker that was lowered.

        Errors: those of the pool.
        """
        if not self._long.take_now():
            self._desk.enter_queue()
            try:
                await self._long.take(query.left)
            except TimeoutError:
                raise Busy(NONE_FREE) from None
            finally:
                self._desk.waiting -= 1
        held = [self._long]
        self._desk.precedence.begin()
        try:
            return await self._see_through(self._desk.begin(query, Kind.LONG), held)
        finally:
            self._desk.precedence.end()
            for each in held:
                each.give()

    async def go_on(self, job: Job) -> Answer:
        """Give the answer of a query that turned out not to be quick. Errors: those of the pool."""
        if self._grown >= self._desk.limits.processes:
            self._desk.abandon(job, "queue")
            raise Busy(_MANY_HEAVY)
        self._grown += 1
        self._desk.precedence.begin()
        try:
            return await self._see_through(job, [])
        finally:
            self._desk.precedence.end()
            self._grown -= 1

    async def _see_through(self, job: Job, held: list[Places]) -> Answer:
        """Give the answer of a worker that is lowered, if it was not before; the place in `held` is
        given back if it takes very long."""
        try:
            if job.worker.kind is not Kind.LONG:
                self._desk.crew.lower(job.worker, LONG)
            if not await job.is_over(_LONG_SECONDS):
                await self._wait_for_heavy(job, held)
        except OutOfTime:
            self._desk.abandon(job, "seconds")
            self._desk.expected.note(job.query.shape, job.query.allowed)
            raise TooCostly(
                f"the query took longer than {job.query.allowed:.3g} seconds, planning included; "
                "ask for less, or add a LIMIT to an inner SELECT",
                limit="seconds",
            ) from None
        except Busy:
            self._desk.abandon(job, "queue")
            raise
        except asyncio.CancelledError:
            self._desk.abandon(job, "client left")
            raise
        return self._desk.conclude(job)

    async def _wait_for_heavy(self, job: Job, held: list[Places]) -> None:
        """Wait for the end of a heavy one, which gives up its place among the others."""
        limits, crew = self._desk.limits, self._desk.crew
        suspended = not self._heavy.take_now()
        while held:
            held.pop().give()
        if suspended:
            if self._suspended >= limits.processes:
                raise Busy(_MANY_HEAVY)
            crew.suspend(job.worker)
            self._suspended += 1
            try:
                await self._heavy.take(job.query.left)
            except TimeoutError:
                raise Busy(_MANY_HEAVY) from None
            finally:
                self._suspended -= 1
        try:
            crew.lower(job.worker, HEAVY)
            await job.is_over(limits.query_seconds)
        finally:
            self._heavy.give()
