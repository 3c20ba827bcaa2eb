"""Requests that were sent before: they get the answers that were sent then."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kgraph.web.asked import ASKED, Asked
from kgraph.web.site import Site

#: Headers that no answer depends on; all others must be the same.
_WITHOUT_EFFECT = frozenset(
    b"user-agent x-request-id x-real-ip x-forwarded-for via traceparent tracestate".split()
)
#: The part of the memory for prepared answers that may be held here as well.
_PART = 8
MOST_BODY_BYTES = 1 << 16
_MOST_HEAD_BYTES = 1 << 13

_Key = tuple[str, str, bytes, tuple[tuple[bytes, bytes], ...]]


class Sent(NamedTuple):
    """An answer as it was sent: `head` is the lines of its headers. `query` is its name in the log,
    empty for none."""

    status: int
    head: bytes
    body: bytes
    query: str

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers by name."""
        pairs = (line.partition(b": ") for line in self.head.splitlines())
        return [(name, value) for name, _, value in pairs]


class Repeats:
    """Answers to GETs by the whole request; where one repeats, nothing is parsed or looked up.

    An answer is kept if it carries a validator, for then it is a function of the request and of the
    data, and is small. All are given up once other data are served. As a layer around the
    application it keeps what that sends.
    """

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self.app = app
        self._site = site
        self._most_bytes = (site.settings.prepared_mebibytes << 20) // _PART
        self._sent: OrderedDict[_Key, Sent] = OrderedDict()
        self._bytes = 0
        self._opened = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand the request on and keep what is sent."""
        asked: Asked | None = scope.get(ASKED)
        try:
            await self._pass(scope, receive, send)
        finally:
            if asked is not None:
                # Whatever became of it, it is over.
                asked.end(500)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not self._most_bytes:
            await self.app(scope, receive, send)
            return
        sent = None if ASKED in scope else self.find(scope)
        if sent is None:
            await self._answer(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": sent.status, "headers": sent.headers})
        await send({"type": "http.response.body", "body": sent.body})
        self.count(sent)

    def find(self, scope: Scope) -> Sent | None:
        """Give what was sent to the same GET."""
        if not self._most_bytes:
            return None
        opened = self._site.generations.opened
        if opened != self._opened:
            self._sent.clear()
            self._bytes, self._opened = 0, opened
        key = _read_key(scope)
        sent = self._sent.get(key)
        if sent is not None:
            self._sent.move_to_end(key)
        return sent

    def keep(self, scope: Scope, sent: Sent) -> None:
        """Keep what is sent to a GET, if the request is no long one."""
        key = _read_key(scope)
        head = len(key[2]) + sum(len(name) + len(value) for name, value in key[3])
        if head > _MOST_HEAD_BYTES or key in self._sent or not self._most_bytes:
            return
        self._sent[key] = sent
        self._bytes += len(sent.body) + _MOST_HEAD_BYTES
        while self._bytes > self._most_bytes:
            _, oldest = self._sent.popitem(last=False)
            self._bytes -= len(oldest.body) + _MOST_HEAD_BYTES

    def count(self, sent: Sent) -> None:
        """Count and log an answer that was sent again."""
        if sent.query:
            self._site.metrics.count(sent.status, prepared=True)
            self._site.log.add(sent.query, sent.status, 0.0, len(sent.body), True)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        messages: list[Message] = []

        async def send_on(message: Message) -> None:
            # A third message says that the answer is a stream; of that no more is held.
            if len(messages) < 3:
                messages.append(message)
            await send(message)

        opened = self._opened
        await self.app(scope, receive, send_on)
        if opened == self._opened and _is_repeatable(messages):
            start, body = messages
            head = write_lines(start["headers"])
            query = scope["state"].get("query_hash", "")
            self.keep(scope, Sent(start["status"], head, body["body"], query))


def write_lines(headers: list[tuple[bytes, bytes]]) -> bytes:
    """Give headers as they go over the wire."""
    return b"".join(b"%s: %s\r\n" % each for each in headers)


def _read_key(scope: Scope) -> _Key:
    headers = tuple(h for h in scope["headers"] if h[0] not in _WITHOUT_EFFECT)
    return scope["scheme"], scope["path"], scope["query_string"], headers


def _is_repeatable(messages: list[Message]) -> bool:
    if len(messages) != 2 or messages[0]["status"] not in (200, 304):
        return False
    body = messages[1].get("body")
    tagged = any(name.lower() == b"etag" for name, _ in messages[0]["headers"])
    return tagged and body is not None and len(body) <= MOST_BODY_BYTES
