"""The way of programs to the endpoint, past the layers that only pages and browsers need."""

from __future__ import annotations

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from kgraph.errors import KgraphError
from kgraph.web.http.problems import explain
from kgraph.web.routes.sparql import answer_query
from kgraph.web.site import Site

ENDPOINT = "/sparql"
METHODS = ("GET", "POST", "QUERY")


class Shortcut:
    """Answers queries without routing, cross-origin rules and methods of other addresses.

    A request with an Origin is a browser's, and takes the long way; what both get is the same.
    """

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self.app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand the request on."""
        direct = (
            scope["type"] == "http"
            and scope["path"] == ENDPOINT
            and scope["method"] in METHODS
            and not any(name == b"origin" for name, _ in scope["headers"])
        )
        if not direct:
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive, send)
        try:
            response = await answer_query(self._site, request)
        except (KgraphError, HTTPException) as error:
            response = await explain(request, error)
        response.headers.add_vary_header("Origin")
        await response(scope, receive, send)
