"""The pages that are no answers: the start, what the data hold, the style sheet."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from kgraph.pages.rendering import read_style
from kgraph.pages.tables import make_table
from kgraph.web.routes.dependencies import CurrentSite

router = APIRouter(tags=["pages"])


@router.get("/", response_class=HTMLResponse)
async def start(site: CurrentSite) -> Response:
    """List the questions."""
    return site.page("start.html", questions=list(site.questions.values()))


@router.get("/holdings", response_class=HTMLResponse)
async def holdings(site: CurrentSite) -> Response:
    """Say what the data hold: things by class, triples by graph."""
    classes, graphs = await site.rows("classes"), await site.rows("graphs")
    return site.page("holdings.html", classes=make_table(classes), graphs=make_table(graphs))


@router.get("/static/style.css", include_in_schema=False)
async def sheet() -> Response:
    """Give the one style sheet."""
    return Response(read_style(), media_type="text/css")
