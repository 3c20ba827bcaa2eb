"""A task answered for one client: its budget, the validator it holds, the counters, the log."""

from __future__ import annotations

import asyncio
import time

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from kgraph.engines.evaluation import Task
from kgraph.engines.prepared import Flight, Prepared
from kgraph.errors import KgraphError
from kgraph.web.budget import OverBudget
from kgraph.web.logs import hash_query
from kgraph.web.problems import find_status
from kgraph.web.responses import find_held, respond, unchanged
from kgraph.web.site import Site

#: An answer that is there this soon is given without asking whether the client still waits.
_SOON_SECONDS = 0.1


async def send_answer(
    site: Site, request: Request, task: Task, seconds: float | None = None
) -> Response:
    """Give the answer as it is, or the 304 for a client that holds it."""
    etag = site.generations.current.prepared.validator(task)
    held = find_held(request, etag) if etag else None
    if held is not None:
        site.metrics.count(304, prepared=True)
        request.state.query_hash = hash_query(task.query or f"graph {task.graph}")
        return unchanged(held)
    prepared = await prepare_answer(site, request, task, seconds)
    return await respond(request, site.generations.current.prepared, prepared)


async def prepare_answer(
    site: Site, request: Request, task: Task, seconds: float | None = None
) -> Prepared:
    """Give the prepared answer; count it, log it, and charge the client for its evaluation."""
    client = request.client.host if request.client else ""
    started = time.monotonic()
    status, size, fresh = 500, 0, True
    try:
        async with site.generations.use() as generation:
            prepared = generation.prepared.find(task)
            if prepared is None:
                _check_budget(site, client)
                flight = generation.prepared.begin(task, seconds)
                try:
                    prepared = await _unless_left(request, flight)
                finally:
                    flight.leave()
            fresh = prepared.evaluated
            status, size = 200, prepared.answer.size
            return prepared
    except KgraphError as error:
        status = find_status(error)[0]
        raise
    except HTTPException as error:
        status = error.status_code
        raise
    finally:
        spent = time.monotonic() - started
        if fresh:
            site.budget.spend(client, spent)
            site.metrics.seconds.observe(spent)
        site.metrics.count(status, prepared=not fresh)
        request.state.query_hash = query = hash_query(task.query or f"graph {task.graph}")
        site.log.add(query, status, spent, size, prepared=not fresh)


async def _unless_left(request: Request, flight: Flight) -> Prepared:
    """Give the answer, unless its client leaves: then nobody needs it any more."""
    done, _ = await asyncio.wait((flight.evaluating,), timeout=_SOON_SECONDS)
    if done:
        return flight.land()
    leaving = asyncio.ensure_future(_wait_until_left(request))
    try:
        await asyncio.wait((flight.evaluating, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not flight.evaluating.done():
            raise HTTPException(408, "The client left before its answer was ready.")
        return flight.land()
    finally:
        leaving.cancel()


async def _wait_until_left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue


def _check_budget(site: Site, client: str) -> None:
    try:
        site.budget.check(client)
    except OverBudget as error:
        raise HTTPException(
            429,
            f"You have used your {site.settings.budget_seconds:g} query seconds of this minute.",
            {"Retry-After": str(round(error.retry_seconds))},
        ) from error
