"""HEAD and OPTIONS on every address: asked only where no route has the method itself."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Message, Receive, Scope, Send

#: Tells clients that the method QUERY is understood, and with which bodies.
_ACCEPT_QUERY = "application/sparql-query, application/x-www-form-urlencoded"
#: The methods that an address may have.
_TRIED_METHODS = ("GET", "POST", "QUERY")


def answer_method(request: Request) -> Response | None:
    """Answer HEAD as GET without its body, and OPTIONS with the methods of the address; None for
    any other method, or where the address has no such.

    OPTIONS is also the preflight of CORS: scripts of any site may ask.
    """
    methods = _find_methods(request.app.routes, request.scope)
    if request.method == "HEAD" and "GET" in methods:
        return _Head()
    if request.method != "OPTIONS":
        return None
    allowed = ", ".join(sorted(methods))
    headers = {
        "Allow": allowed,
        "Access-Control-Allow-Methods": allowed,
        "Access-Control-Allow-Headers": "*",
        "Access-Control-Max-Age": "600",
    }
    if "QUERY" in methods:
        headers["Accept-Query"] = _ACCEPT_QUERY
    return Response(status_code=204, headers=headers)


def _find_methods(routes: Sequence[BaseRoute], scope: Scope) -> set[str]:
    # A router that is included has no list of methods: whether one fits is for it to say.
    found = {
        method
        for method in _TRIED_METHODS
        for route in routes
        if route.matches({**scope, "method": method})[0] is Match.FULL
    }
    return found | {"OPTIONS"} | ({"HEAD"} if "GET" in found else set())


class _Head(Response):
    """What GET would give, without its body."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer as if it were a GET."""

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await scope["app"]({**scope, "method": "GET"}, receive, send_head)
