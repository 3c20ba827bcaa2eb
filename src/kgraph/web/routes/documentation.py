"""The OpenAPI document, and as a page: no script and no other host has a part in it."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from kgraph.web.documents import respond_fixed
from kgraph.web.http.negotiation import HTML, media_type
from kgraph.web.routes.dependencies import CurrentSite

router = APIRouter(tags=["pages"])


@router.get("/docs", response_class=HTMLResponse)
async def documentation(request: Request, site: CurrentSite) -> Response:
    """Say which addresses there are, with their parameters and answers."""

    def write() -> bytes:
        return site.pages.render("documentation.html", document=request.app.openapi()).encode()

    return await respond_fixed(site, request, "documentation", media_type(HTML), write)


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request, site: CurrentSite) -> Response:
    """Give the document for programs."""

    def write() -> bytes:
        return json.dumps(request.app.openapi(), ensure_ascii=False).encode()

    return await respond_fixed(site, request, "openapi", "application/json", write)
