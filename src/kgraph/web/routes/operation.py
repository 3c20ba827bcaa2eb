"""What whoever runs the server asks: does it live, does it answer, what does it count."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import PlainTextResponse, Response

from kgraph.web.routes.dependencies import CurrentSite

router = APIRouter(tags=["operation"], default_response_class=PlainTextResponse)


@router.get("/health")
async def health() -> Response:
    """Say that the server runs."""
    return PlainTextResponse("alive\n")


@router.get("/ready", responses={503: {"description": "Queries are not answered."}})
async def ready(site: CurrentSite) -> Response:
    """Say whether queries are answered: 200 or 503."""
    if site.generations.ready:
        return PlainTextResponse("ready\n")
    return PlainTextResponse("not ready\n", 503)


@router.get("/metrics")
async def metrics(site: CurrentSite) -> Response:
    """Give the counters in Prometheus's text format."""
    generation = site.generations.current
    site.metrics.waiting.set(generation.pool.waiting)
    site.metrics.prepared_bytes.set(generation.answers.bytes_held)
    site.metrics.quads.set(generation.pool.quads)
    site.metrics.snapshots.set(site.generations.opened)
    return Response(site.metrics.write(), media_type="text/plain; version=0.0.4")
