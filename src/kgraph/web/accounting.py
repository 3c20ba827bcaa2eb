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
from kgraph.web.logs import hash_query, log_query
from kgraph.web.site import Site

#: An answer that is there this soon is given without asking whether the client still waits.
_SOON_SECONDS = 0.1


class Accounting:
    """What is known of one query of one client. At the end of its context it is counted and logged,
    once, with the status of whatever error ended it."""

    def __init__(self, site: Site, request: Request, task: Task) -> None:
        self._site = site
        self._client = request.client.host if request.client else ""
        self._started = time.monotonic()
        self._query = hash_query(task.query or f"graph {task.graph}")
        #: A fault of the server is logged under the same name.
        request.state.query_hash = self._query
        self._prepared: Prepared | None = None

    def __enter__(self) -> Accounting:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Count and log."""
        status = 200
        if error is not None:
            status = find_kind(error).status if isinstance(error, KgraphError) else 500
        kept = self._prepared is not None and not self._prepared.evaluated
        seconds = time.monotonic() - self._started
        if not kept:
            self._site.metrics.seconds.observe(seconds)
        self._site.metrics.count(status, prepared=kept)
        size = self._prepared.answer.size if self._prepared else 0
        log_query(self._query, status, seconds, size, prepared=kept)

    async def prepare(self, request: Request, task: Task, seconds: float | None) -> Prepared:
        """Give the answer, kept or evaluated; what that costs is charged to the client.

        Errors: OverBudget for a client that has used up its time; those of the pool.
        """
        budget, client = self._site.budget, self._client
        admit = partial(budget.check, client)
        with InFlight(self._site.generations, task, seconds, admit) as in_flight:
            try:
                self._prepared = in_flight.found or await _take_unless_left(request, in_flight)
                return self._prepared
            finally:
                in_flight.end()
                budget.spend(client, in_flight.cost_seconds)


async def send_answer(
    site: Site, request: Request, task: Task, seconds: float | None = None
) -> Response:
    """Give the answer as it is, or the 304 for a client that holds it."""
    answers = site.generations.current.answers
    etag = answers.validator(task)
    held = find_held(request, etag) if etag else None
    if held is not None:
        site.metrics.count(304, prepared=True)
        return unchanged(held, site.shared_seconds)
    prepared = await prepare_answer(site, request, task, seconds)
    return await respond(request, answers, prepared, site.shared_seconds)


async def prepare_answer(
    site: Site, request: Request, task: Task, seconds: float | None = None
) -> Prepared:
    """Give the answer of a task that a client asked for. Errors: those of `Accounting.prepare`."""
    with Accounting(site, request, task) as accounting:
        return await accounting.prepare(request, task, seconds)


async def _take_unless_left(request: Request, in_flight: InFlight) -> Prepared:
    """Give the answer, unless its client leaves: then nobody needs it any more.

    Errors: ClientLeft; whatever evaluating it raised.
    """
    evaluating = in_flight.evaluating
    assert evaluating is not None
    done, _ = await asyncio.wait((evaluating,), timeout=_SOON_SECONDS)
    if not done:
        leaving = asyncio.ensure_future(_wait_until_left(request))
        try:
            await asyncio.wait((evaluating, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
        if not evaluating.done():
            raise ClientLeft("The client left before its answer was ready.")
    return in_flight.take()


async def _wait_until_left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue
