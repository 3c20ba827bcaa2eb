"""A task answered for one client: the validator it holds, whether it still waits."""

from __future__ import annotations

import asyncio
import time

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from kgraph.engines.evaluation import Task
from kgraph.errors import KgraphError, find_kind
from kgraph.serving.cache import Flight, Prepared
from kgraph.web.asked import ASKED, Asked, account, name_task
from kgraph.web.http.conditions import find_held, respond, unchanged
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
        request.state.query_hash = name_task(task)
        return unchanged(held)
    prepared = await prepare_answer(site, request, task, seconds)
    return await respond(request, site.generations.current.prepared, prepared)


async def prepare_answer(
    site: Site, request: Request, task: Task, seconds: float | None = None
) -> Prepared:
    """Give the prepared answer; count it, log it, and charge the client for its evaluation."""
    client = request.client.host if request.client else ""
    started = time.monotonic()
    request.state.query_hash = name_task(task)
    try:
        asked: Asked = request.scope.get(ASKED) or Asked(site, client, task, seconds)
    except (KgraphError, HTTPException) as error:
        spent = time.monotonic() - started
        status = _read_status(error)
        account(site, client, request.state.query_hash, status, spent, 0, fresh=True)
        raise
    try:
        prepared = asked.found or await _unless_left(request, asked.flight)
        asked.end(200, prepared)
        return prepared
    except (KgraphError, HTTPException) as error:
        asked.end(_read_status(error))
        raise
    finally:
        asked.end(500)


async def _unless_left(request: Request, flight: Flight | None) -> Prepared:
    """Give the answer, unless its client leaves: then nobody needs it any more."""
    assert flight is not None
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


def _read_status(error: KgraphError | HTTPException) -> int:
    return error.status_code if isinstance(error, HTTPException) else find_kind(error).status
