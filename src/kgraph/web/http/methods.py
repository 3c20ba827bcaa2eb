"""HEAD and OPTIONS on every address, whatever its routes say."""

from __future__ import annotations

from collections.abc import Awaitable

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Tells clients that the method QUERY is understood, and with which bodies.
_ACCEPT_QUERY = "application/sparql-query, application/x-www-form-urlencoded"
#: The methods that an address may have.
_TRIED_METHODS = ("GET", "POST", "QUERY")


class EveryMethod:
    """Answers HEAD as GET without its body, and OPTIONS with the methods of the address.

    That is also the answer to a preflight of CORS: scripts of any site may ask.
    """

    def __init__(self, app: ASGIApp, routes: list[BaseRoute]) -> None:
        self.app = app
        self.routes = routes

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer, or hand the request on: what is awaited then is the application itself."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            return self.app({**scope, "method": "GET"}, receive, _without_body(send))
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            return _send_methods(self._find_methods(scope), send)
        return self.app(scope, receive, send)

    def _find_methods(self, scope: Scope) -> set[str]:
        # A router that is included has no list of methods: whether one fits is for it to say.
        found = {
            method
            for method in _TRIED_METHODS
            for route in self.routes
            if route.matches({**scope, "method": method})[0] is Match.FULL
        }
        return found | {"OPTIONS"} | ({"HEAD"} if "GET" in found else set())


async def _send_methods(methods: set[str], send: Send) -> None:
    allowed = ", ".join(sorted(methods)).encode()
    headers = [
        (b"allow", allowed),
        (b"access-control-allow-methods", allowed),
        (b"access-control-allow-headers", b"*"),
        (b"access-control-max-age", b"600"),
    ]
    if "QUERY" in methods:
        headers.append((b"accept-query", _ACCEPT_QUERY.encode()))
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head
