"""A query that a client asked, from beginning to end: answered, counted, logged, charged."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from types import TracebackType

from fastapi import Request
from starlette.responses import Response

from kgraph.engines.evaluation import Task
from kgraph.errors import ClientLeft, KgraphError, find_kind
from kgraph.serving.cache import Prepared
from kgraph.serving.in_flight import InFlight
from kgraph.web.http.conditions import find_held, respond, unchanged
from kgraph.web.logs import log_query
from kgraph.web.site import Site

#: An answer that is there this soon is given without asking whether the client still waits.
_SOON_SECONDS = 0.1


class Accounting:
    """One query of one client, from its beginning to its end, which is that of a `with`.

    Then it ends in the pool if nobody else waits for it, its cost is charged to the client, and it
    is counted and logged, once, with the status of whatever error ended it.
    """

    def __init__(self, site: Site, request: Request, task: Task) -> None:
        self._site = site
        self._request = request
        self._client = request.client.host if request.client else ""
        self._task = task
        self._started = time.monotonic()
        self._in_flight: InFlight | None = None
        self._prepared: Prepared | None = None

    def __enter__(self) -> Accounting:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """End the query, charge, count and log it."""
        site = self._site
        if self._in_flight is not None:
            self._in_flight.end()
            site.budget.spend(self._client, self._in_flight.cost_seconds)
        status = 200
        if error is not None:
            status = find_kind(error).status if isinstance(error, KgraphError) else 500
        kept = self._prepared is not None and not self._prepared.evaluated
        seconds = time.monotonic() - self._started
        size = self._prepared.answer.size if self._prepared else 0
        site.metrics.count(status, kept, seconds)
        log_query(self._task.query or f"graph {self._task.graph}", status, seconds, size, kept)

    async def prepare(self, seconds: float | None) -> Prepared:
        """Give the answer, kept or evaluated.

        Errors: OverBudget for a client that has used up its time; ClientLeft; those of the pool.
        """
        admit = partial(self._site.budget.check, self._client)
        self._in_flight = InFlight(self._site.generations, self._task, seconds, admit)
        self._prepared = self._in_flight.found or await self._take_unless_left(self._in_flight)
        return self._prepared

    async def _take_unless_left(self, in_flight: InFlight) -> Prepared:
        """Give the answer, unless its client leaves: then nobody needs it any more."""
        evaluating = in_flight.evaluating
        assert evaluating is not None
        done, _ = await asyncio.wait((evaluating,), timeout=_SOON_SECONDS)
        if not done:
            leaving = asyncio.ensure_future(_wait_until_left(self._request))
            try:
                await asyncio.wait((evaluating, leaving), return_when=asyncio.FIRST_COMPLETED)
            finally:
                leaving.cancel()
            if not evaluating.done():
                raise ClientLeft("The client left before its answer was ready.")
        return in_flight.take()


async def send_answer(
    site: Site, request: Request, task: Task, seconds: float | None = None
) -> Response:
    """Give the answer as it is, or the 304 for a client that holds it."""
    if "if-none-match" in request.headers:
        etag = site.generations.current.answers.validator(task)
        held = find_held(request, etag) if etag else None
        if held is not None:
            site.metrics.count(304, kept=True)
            return unchanged(held, site.shared_seconds)
    prepared = await prepare_answer(site, request, task, seconds)
    return await respond(request, site.generations, prepared, site.shared_seconds)


async def prepare_answer(
    site: Site, request: Request, task: Task, seconds: float | None = None
) -> Prepared:
    """Give the answer of a task that a client asked for. Errors: those of `Accounting.prepare`."""
    with Accounting(site, request, task) as accounting:
        return await accounting.prepare(seconds)


async def _wait_until_left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue
