"""The application: which address answers with what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig

from kgraph import __version__
from kgraph.web.http.problems import add_problems
from kgraph.web.routes import documentation, graphs, operation, questions, resources, sparql, start
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
        # They are routes of our own, without scripts of others.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        # An address in a redirect would be the one that the client says it asked.
        redirect_slashes=False,
        telemetry=_UNTRACED,
    )
    app.state.site = site
    add_problems(app)
    for router in (sparql.router, graphs.router, start.router, operation.router):
        app.include_router(router)
    app.include_router(questions.make_router(site.questions))
    app.include_router(resources.make_resource_router(site))
    app.include_router(documentation.router)
    return app
