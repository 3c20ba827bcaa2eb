"""The OpenAPI document as a page, written here: no script and no other host has a part in it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from kgraph.web.routes.dependencies import CurrentSite

router = APIRouter(tags=["pages"])


@router.get("/docs", response_class=HTMLResponse)
async def documentation(request: Request, site: CurrentSite) -> Response:
    """Say which addresses there are, with their parameters and answers."""
    return site.page("documentation.html", document=request.app.openapi())
