"""The direct way: a plain GET of a query answered by the connection itself.

Most requests to an endpoint are of one kind: a GET of a program that takes the bytes as they are.
For these there is no task, no routing, and no message from layer to layer; that costs a fraction of
the whole way through the application. Whatever is not of this kind, or does not end with a small
whole answer, goes the whole way, with what was begun for it. What the client gets is the same, byte
for byte.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import cast

from starlette.exceptions import HTTPException
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from kgraph.engines.answer import Answer
from kgraph.errors import KgraphError
from kgraph.serving.cache import Prepared
from kgraph.web.asked import ASKED, Asked
from kgraph.web.http.compression import choose_coding
from kgraph.web.http.conditions import WORTH_BYTES, plain_head
from kgraph.web.http.connections import PatientProtocol
from kgraph.web.http.negotiation import HTML
from kgraph.web.http.protocol import make_task, read_address, read_seconds, refuse_update
from kgraph.web.repeats import MOST_BODY_BYTES, Repeats, Sent, write_lines
from kgraph.web.shortcut import ENDPOINT
from kgraph.web.site import Site

#: Who sends one of these goes the whole way: a body, a browser's script, conditions.
_FOR_THE_WHOLE_WAY = frozenset(
    b"content-length transfer-encoding expect origin if-none-match if-match if-modified-since "
    b"if-unmodified-since range".split()
)
#: A proxy that is believed says with these who asks, and the application reads them.
_FORWARDED = frozenset(b"x-forwarded-for x-forwarded-proto".split())


class Direct:
    """Answers requests at the connection where it can; see the module."""

    def __init__(self, site: Site, repeats: Repeats) -> None:
        self._site = site
        self._repeats = repeats
        self._believes_proxies = bool(site.settings.trusted_proxies)
        self._default_headers: list[tuple[bytes, bytes]] = []
        self._default_lines = b""

    def take(self, connection: PatientProtocol, cycle: RequestResponseCycle) -> bool:
        """Answer a request, now or once its answer is there; tell whether that is done here."""
        scope = _read_scope(cycle)
        if scope["method"] != "GET" or connection.flow.write_paused:
            return False
        if self._believes_proxies and any(name in _FORWARDED for name, _ in scope["headers"]):
            return False
        sent = self._repeats.find(scope)
        if sent is not None:
            self._write(connection, cycle, sent)
            self._repeats.count(sent)
            return True
        asked = self._ask(cycle)
        if asked is None:
            return False
        if asked.flight is None:
            return self._answer(connection, cycle, asked, asked.found)
        connection.leaving = partial(_leave, cycle, asked)
        land = partial(self._land, connection, cycle, asked)
        asked.flight.evaluating.add_done_callback(land)
        return True

    def _ask(self, cycle: RequestResponseCycle) -> Asked | None:
        """Begin to answer; None for what goes the whole way, if only to be told what is wrong."""
        scope = _read_scope(cycle)
        if scope["path"] != ENDPOINT:
            return None
        headers = dict(scope["headers"])
        if len(headers) < len(scope["headers"]) or not _FOR_THE_WHOLE_WAY.isdisjoint(headers):
            return None
        try:
            parameters = refuse_update(read_address(scope["query_string"]))
            if "query" not in parameters:
                return None
            accept = headers.get(b"accept")
            host = headers[b"host"].decode("latin-1")
            endpoint = self._site.address(scope["scheme"], host, scope["root_path"]) + ENDPOINT
            accepted = None if accept is None else accept.decode("latin-1")
            task = make_task(parameters, accepted, endpoint)
            if HTML in (task.result_format, task.graph_format):
                return None
            client = scope["client"][0] if scope["client"] else ""
            return Asked(self._site, client, task, read_seconds(parameters))
        except (KgraphError, HTTPException, KeyError):
            return None

    def _land(
        self,
        connection: PatientProtocol,
        cycle: RequestResponseCycle,
        asked: Asked,
        evaluating: asyncio.Future[Answer],
    ) -> None:
        connection.leaving = None
        if cycle.disconnected or connection.transport.is_closing():
            asked.end(408)
            return
        good = not evaluating.cancelled() and evaluating.exception() is None
        prepared = asked.flight.land() if good and asked.flight is not None else None
        if not self._answer(connection, cycle, asked, prepared):
            connection.start_application(cycle)

    def _answer(
        self,
        connection: PatientProtocol,
        cycle: RequestResponseCycle,
        asked: Asked,
        prepared: Prepared | None,
    ) -> bool:
        """Write the answer, if it is a small one; else leave what was begun to the application."""
        scope = _read_scope(cycle)
        scope[ASKED] = asked
        if prepared is None or connection.flow.write_paused:
            return False
        answer = prepared.answer
        if answer.file is not None or answer.size > MOST_BODY_BYTES:
            return False
        if answer.size >= WORTH_BYTES and _takes_coding(cycle):
            return False
        sent = Sent(200, plain_head(prepared), answer.body, asked.query)
        try:
            self._write(connection, cycle, sent)
        finally:
            # The client need not wait for our books.
            asked.end(200, prepared)
        if prepared.etag and asked.current:
            self._repeats.keep(scope, sent)
        return True

    def _write(self, connection: PatientProtocol, cycle: RequestResponseCycle, sent: Sent) -> None:
        """Write a whole answer at once, as uvicorn would in pieces."""
        if cycle.default_headers is not self._default_headers:
            # They hold the date, and are made anew each second.
            self._default_headers = cycle.default_headers
            self._default_lines = write_lines(cycle.default_headers)
        end = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
        parts = (STATUS_LINE[sent.status], self._default_lines, sent.head, end, sent.body)
        connection.transport.write(b"".join(parts))
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            connection.transport.close()
        on_response, cycle.on_response = cycle.on_response, _nothing
        if connection.pipeline:
            # The next one is answered by itself, not within this one: there may be hundreds.
            connection.loop.call_soon(on_response)
        else:
            on_response()


def _nothing() -> None:
    """Do nothing: what is over holds its connection no longer."""


def _leave(cycle: RequestResponseCycle, asked: Asked) -> None:
    # uvicorn knows of the last request alone that its client has left.
    cycle.disconnected = True
    asked.end(408)


def _read_scope(cycle: RequestResponseCycle) -> Scope:
    # uvicorn and Starlette have two types for the same thing.
    return cast(Scope, cycle.scope)


def _takes_coding(cycle: RequestResponseCycle) -> bool:
    for name, value in _read_scope(cycle)["headers"]:
        if name == b"accept-encoding":
            return choose_coding(value.decode("latin-1")) is not None
    return False
