"""Requests that were sent before: they get the messages that were sent then."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kgraph.web.site import Site

#: Headers that no answer depends on; all others must be the same.
_WITHOUT_EFFECT = frozenset(
    b"user-agent x-request-id x-real-ip x-forwarded-for via traceparent tracestate".split()
)
#: The part of the memory for prepared answers that may be held here as well.
_PART = 8
_MOST_BODY_BYTES = 1 << 16
_MOST_HEAD_BYTES = 1 << 13

_Key = tuple[str, str, bytes, tuple[tuple[bytes, bytes], ...]]


@dataclass(frozen=True)
class _Sent:
    """An answer as it was sent. `query` is its name in the log, empty for none."""

    start: Message
    body: Message
    query: str
    size: int


class Repeats:
    """Answers a GET that was answered before from what was sent then.

    In front of everything else: nothing is parsed, negotiated or looked up. An answer is kept if it
    carries a validator, for then it is a function of the request and of the data, and is small. All
    are given up once other data are served.
    """

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self.app = app
        self._site = site
        self._most_bytes = (site.settings.prepared_mebibytes << 20) // _PART
        self._sent: OrderedDict[_Key, _Sent] = OrderedDict()
        self._bytes = 0
        self._opened = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand the request on and keep what is sent."""
        if scope["type"] != "http" or scope["method"] != "GET" or not self._most_bytes:
            await self.app(scope, receive, send)
            return
        opened = self._site.generations.opened
        if opened != self._opened:
            self._sent.clear()
            self._bytes, self._opened = 0, opened
        headers = tuple(h for h in scope["headers"] if h[0] not in _WITHOUT_EFFECT)
        key = (scope["scheme"], scope["path"], scope["query_string"], headers)
        sent = self._sent.get(key)
        if sent is None:
            await self._answer(key, scope, receive, send)
            return
        started = time.monotonic()
        self._sent.move_to_end(key)
        await send(sent.start)
        await send(sent.body)
        if sent.query:
            status = sent.start["status"]
            self._site.metrics.count(status, prepared=True)
            self._site.log.add(sent.query, status, time.monotonic() - started, sent.size, True)

    async def _answer(self, key: _Key, scope: Scope, receive: Receive, send: Send) -> None:
        messages: list[Message] = []

        async def send_on(message: Message) -> None:
            # A third message says that the answer is a stream; of that no more is held.
            if len(messages) < 3:
                messages.append(message)
            await send(message)

        opened = self._opened
        await self.app(scope, receive, send_on)
        if opened == self._opened and _is_repeatable(messages):
            query = scope["state"].get("query_hash", "")
            self._keep(key, _Sent(messages[0], messages[1], query, len(messages[1]["body"])))

    def _keep(self, key: _Key, sent: _Sent) -> None:
        head = len(key[2]) + sum(len(name) + len(value) for name, value in key[3])
        if head > _MOST_HEAD_BYTES or key in self._sent:
            return
        self._sent[key] = sent
        self._bytes += sent.size + _MOST_HEAD_BYTES
        while self._bytes > self._most_bytes:
            _, oldest = self._sent.popitem(last=False)
            self._bytes -= oldest.size + _MOST_HEAD_BYTES


def _is_repeatable(messages: list[Message]) -> bool:
    if len(messages) != 2 or messages[0]["status"] not in (200, 304):
        return False
    body = messages[1].get("body")
    tagged = any(name.lower() == b"etag" for name, _ in messages[0]["headers"])
    return tagged and body is not None and len(body) <= _MOST_BODY_BYTES
