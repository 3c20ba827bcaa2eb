"""The pages that are no answers: the start, what the data hold, the style sheet."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from kgraph.engines.answer import Answer
from kgraph.engines.evaluation import Task
from kgraph.pages.rendering import read_style
from kgraph.pages.tables import make_table
from kgraph.web.accounting import prepare_answer
from kgraph.web.documents import (
    ask_unless_written,
    find_unchanged,
    read_rows,
    respond_document,
    respond_fixed,
)
from kgraph.web.http.negotiation import HTML, media_type
from kgraph.web.routes.dependencies import CurrentSite

router = APIRouter(tags=["pages"])


@router.get("/", response_class=HTMLResponse)
async def start(request: Request, site: CurrentSite) -> Response:
    """List the questions."""

    def write() -> bytes:
        return site.pages.render("start.html", questions=list(site.questions.values())).encode()

    return await respond_fixed(site, request, "start", media_type(HTML), write)


@router.get("/holdings", response_class=HTMLResponse)
async def holdings(request: Request, site: CurrentSite) -> Response:
    """Say what the data hold: things by class, triples by graph."""
    name, task = "holdings", Task(site.views["classes"])
    held = find_unchanged(site, request, task, name)
    if held is not None:
        return held
    prepared = await prepare_answer(site, request, task)
    graphs = await ask_unless_written(site, request, prepared, name, "graphs")

    def write(answer: Answer) -> bytes:
        classes, sizes = make_table(read_rows(answer)), make_table(graphs)
        return site.pages.render("holdings.html", classes=classes, graphs=sizes).encode()

    return await respond_document(site, request, prepared, name, HTML, write)


@router.get("/static/style.css", include_in_schema=False)
async def sheet(request: Request, site: CurrentSite) -> Response:
    """Give the one style sheet."""
    return await respond_fixed(site, request, "style", "text/css; charset=utf-8", read_style)
