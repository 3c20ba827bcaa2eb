"""The application: which address answers with what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.telemetry import TelemetryConfig
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from kgraph import __version__
from kgraph.errors import UnknownResource
from kgraph.pages.rendering import read_style
from kgraph.pages.tables import make_table
from kgraph.web.http.methods import EveryMethod
from kgraph.web.http.problems import add_problems
from kgraph.web.openapi import add_questions
from kgraph.web.routes.graphs import answer_graph
from kgraph.web.routes.resources import make_resource_router
from kgraph.web.routes.sparql import answer_query, answer_question
from kgraph.web.shortcut import ENDPOINT, METHODS, Shortcut
from kgraph.web.site import Site

#: The server has counters and a log of its own.
_UNTRACED: TelemetryConfig = {"tracing": False, "metrics": False}


def create_app(site: Site) -> FastAPI:
    """Give the application that serves one site; its data are opened and closed with it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Whoever opened the data before closes them afterwards.
        opens = not site.generations.ready
        if opens:
            await site.generations.start(site.settings.switch_seconds)
        yield
        if opens:
            await site.generations.close()

    app = FastAPI(
        title=site.title,
        version=__version__,
        lifespan=lifespan,
        redoc_url=None,
        telemetry=_UNTRACED,
    )
    app.add_middleware(EveryMethod, routes=app.routes)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD", "POST", "QUERY", "OPTIONS"],
        allow_headers=["*"],
        expose_headers=["Content-Type", "ETag", "Link", "Retry-After"],
    )
    app.add_middleware(Shortcut, site=site)
    add_problems(app)
    _add_pages(app, site)
    _add_data(app, site)
    app.include_router(make_resource_router(site))
    _add_operation(app, site)

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(title=app.title, version=app.version, routes=app.routes)
            app.openapi_schema = add_questions(document, site.questions)
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]
    return app


def _add_data(app: FastAPI, site: Site) -> None:
    @app.api_route(ENDPOINT, methods=list(METHODS), include_in_schema=False)
    async def sparql(request: Request) -> Response:
        """Answer a query by the SPARQL 1.1 Protocol."""
        return await answer_query(site, request)

    @app.get("/questions/{name}", include_in_schema=False)
    async def question(name: str, request: Request) -> Response:
        """Answer a saved question; its parameters are those of the address."""
        if name not in site.questions:
            raise UnknownResource(f"There is no question “{name}”; the start page lists them all.")
        return await answer_question(site, site.questions[name], request)

    @app.get("/data", include_in_schema=False)
    async def data(request: Request) -> Response:
        """Give a graph by the SPARQL 1.1 Graph Store Protocol."""
        return await answer_graph(site, request)


def _add_pages(app: FastAPI, site: Site) -> None:
    @app.get("/", response_class=HTMLResponse)
    async def start() -> Response:
        """List the questions."""
        return site.page("start.html", questions=list(site.questions.values()))

    @app.get("/static/style.css", include_in_schema=False)
    async def sheet() -> Response:
        return Response(read_style(), media_type="text/css")

    @app.get("/holdings", response_class=HTMLResponse)
    async def holdings() -> Response:
        """Say what the data hold: things by class, triples by graph."""
        classes, graphs = (
            make_table(await site.rows("classes")),
            make_table(await site.rows("graphs")),
        )
        return site.page("holdings.html", classes=classes, graphs=graphs)


def _add_operation(app: FastAPI, site: Site) -> None:
    @app.get("/health", response_class=PlainTextResponse)
    async def health() -> Response:
        """Say that the server runs."""
        return PlainTextResponse("alive\n")

    @app.get("/ready", response_class=PlainTextResponse, responses={503: {}})
    async def ready() -> Response:
        """Say whether queries are answered: 200 or 503."""
        if site.generations.ready:
            return PlainTextResponse("ready\n")
        return PlainTextResponse("not ready\n", 503)

    @app.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> Response:
        """Give the counters in Prometheus's text format."""
        generation = site.generations.current
        site.metrics.waiting.set(generation.pool.waiting)
        site.metrics.prepared_bytes.set(generation.prepared.bytes_held)
        site.metrics.quads.set(generation.pool.quads)
        site.metrics.snapshots.set(site.generations.opened)
        return Response(site.metrics.write(), media_type="text/plain; version=0.0.4")
