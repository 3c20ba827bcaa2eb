"""Connections that may not wait for ever: neither for a request, nor for a client that reads."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_TOO_SLOW = b"The request did not arrive in time.\n"
_TOO_MANY = b"Too many connections at once; try again in a few seconds.\n"
_TOO_LONG = b"The head of the request is too long; send the query in the body of a POST.\n"
_NO_HOST = b"A request of HTTP/1.1 needs one Host header with the name of a host.\n"
_UNREADABLE = (
    b"This is no request of HTTP/1.1; in an address, letters beyond ASCII are written with %.\n"
)
#: A name or an address, and a port; what is beyond them could not be put into an address again.
_HOST = re.compile(rb"(?:[\w.~%!$&'()*+,;=-]*|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?", re.ASCII)
#: The parser's own limit; a longer one would be called unreadable.
_MOST_ADDRESS_BYTES = (1 << 16) - 1


@dataclass(frozen=True)
class ConnectionLimits:
    """How long a connection may take for the head of a request, how long it may read nothing of
    an answer, how many there may be, and the bytes of a request's head."""

    request_seconds: float
    stall_seconds: float
    connections: int
    head_bytes: int


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's connection within limits.

    uvicorn itself only ends connections that wait between two requests, and its parser in C takes
    heads of any length and without a host.
    """

    def __init__(self, *args: Any, limits: ConnectionLimits, **more: Any) -> None:
        super().__init__(*args, **more)
        self._limits = limits
        self._waiting: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._in_head = self._declines = False
        self._whole = True
        self._head_bytes = 0
        self._hosts: list[bytes] = [b""]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request, or turn the connection away."""
        super().connection_made(transport)
        if len(self.connections) > self._limits.connections:
            self._refuse(b"503 Service Unavailable", _TOO_MANY, b"Retry-After: 5\r\n")
            return
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        _cancel(self._waiting)
        self._waiting = None
        _cancel(self._stalled)
        self._stalled = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what arrived; go on waiting where it is no whole head yet."""
        if self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        self._parse(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > self._limits.head_bytes:
                self._refuse(b"431 Request Header Fields Too Large", _TOO_LONG)
        under_way = self.cycle is not None and not self.cycle.response_complete
        if under_way or (self._whole and not self._in_head):
            _cancel(self._waiting)
            self._waiting = None
        elif self._waiting is None:
            self._wait_for_head()
        if self._waiting is not None:
            # It has that patience, not the one for a connection on which nothing comes.
            self._unset_keepalive_if_required()

    def _parse(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest and not self.transport.is_closing():
            try:
                self.parser.feed_data(rest)
                return
            except httptools.HttpParserUpgrade as upgrade:
                rest = rest[upgrade.args[0] :]
                if not self.transport.is_closing():
                    self._decline_upgrade()
            except httptools.HttpParserError:
                self.send_400_response("")

    def _decline_upgrade(self) -> None:
        """Begin the request again without its wish to speak another protocol, which a server may
        ignore: the parser has stopped after the head, and would lose the body.

        Java's client, and with it Apache Jena, sends it with its first request.
        """
        version = self.parser.get_http_version().encode()
        lines = [b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, version)]
        lines += [b"%s: %s" % each for each in self.headers if each[0] != b"upgrade"]
        self._declines = False
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.parser.feed_data(b"\r\n".join(lines) + b"\r\n\r\n")

    def on_message_begin(self) -> None:
        """Begin to count the head."""
        super().on_message_begin()
        self._in_head, self._whole, self._head_bytes = True, False, 0

    def on_headers_complete(self) -> None:
        """Hand the request on, if it says whom it is for."""
        self._in_head = False
        if self.parser.should_upgrade():
            if self.parser.get_method() == b"CONNECT":
                self._refuse(b"400 Bad Request", _UNREADABLE)
            self._declines = True
            return
        hosts = [value for name, value in self.headers if name == b"host"]
        needed = self.parser.get_http_version() != "1.0"
        if hosts != self._hosts:
            if len(hosts) > 1 or (needed and not hosts) or not all(map(_HOST.fullmatch, hosts)):
                self._refuse(b"400 Bad Request", _NO_HOST)
                return
            # Most connections name one host again and again.
            self._hosts = hosts
        if len(self.url) > _MOST_ADDRESS_BYTES:
            self._refuse(b"414 URI Too Long", _TOO_LONG)
            return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body; that of a request refused already is dropped."""
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Note that the request is whole."""
        self._whole = True
        if not self._declines and not self.transport.is_closing():
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Begin to wait where a part of a request is still under way."""
        super().on_response_complete()
        if (self._in_head or not self._whole) and self._waiting is None:
            self._wait_for_head()

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser cannot read."""
        self._refuse(b"400 Bad Request", _UNREADABLE)

    def pause_writing(self) -> None:
        """Begin to wait for the client to read."""
        super().pause_writing()
        self._wait_for_reader()

    def resume_writing(self) -> None:
        """Go on writing."""
        _cancel(self._stalled)
        self._stalled = None
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that asks no more, also one that does not read."""
        super().timeout_keep_alive_handler()
        if self.transport.is_closing():
            self._wait_for_reader()

    def _wait_for_head(self) -> None:
        self._waiting = self.loop.call_later(self._limits.request_seconds, self._give_up)

    def _wait_for_reader(self) -> None:
        _cancel(self._stalled)
        self._stalled = self.loop.call_later(self._limits.stall_seconds, self.transport.abort)

    def _give_up(self) -> None:
        self._waiting = None
        if self._in_head or self._whole:
            self._refuse(b"408 Request Timeout", _TOO_SLOW)
        else:
            # It has its answer already, and goes on sending a body that nobody reads.
            self.transport.abort()

    def _refuse(self, status: bytes, body: bytes, header: bytes = b"") -> None:
        if self.transport.is_closing():
            return
        cycle = self.cycle
        if cycle is not None and cycle.response_started and not cycle.response_complete:
            # Nothing is written into the answer to the request before.
            self.transport.abort()
            return
        head = b"HTTP/1.1 %s\r\nContent-Type: text/plain; charset=utf-8\r\n%s" % (status, header)
        self.transport.write(
            head + b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body)
        )
        self.transport.close()
        self._wait_for_reader()


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
