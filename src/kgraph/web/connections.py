"""Connections that may not wait for ever: neither for a request, nor for a client that reads."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

_TOO_SLOW = b"The request did not arrive in time.\n"
_TOO_MANY = b"Too many connections at once; try again in a few seconds.\n"


@dataclass(frozen=True)
class Patience:
    """How long a connection may take for the head of a request, how long it may read nothing of
    an answer, and how many there may be."""

    request_seconds: float
    stall_seconds: float
    connections: int


class PatientProtocol(H11Protocol):
    """uvicorn's connection with an end to its patience.

    uvicorn itself only ends connections that wait between two requests.
    """

    def __init__(self, *args: Any, patience: Patience, **more: Any) -> None:
        super().__init__(*args, **more)
        self._patience = patience
        self._waiting: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request, or turn the connection away."""
        super().connection_made(transport)
        if len(self.connections) > self._patience.connections:
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
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            _cancel(self._waiting)
            self._waiting = None
        elif self._waiting is None:
            self._wait_for_head()

    def on_response_complete(self) -> None:
        """Begin to wait where a part of the next request is here already."""
        super().on_response_complete()
        if self._waiting is None and self.conn.trailing_data[0] and self.cycle.response_complete:
            self._wait_for_head()

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
        self._waiting = self.loop.call_later(self._patience.request_seconds, self._give_up)

    def _wait_for_reader(self) -> None:
        _cancel(self._stalled)
        self._stalled = self.loop.call_later(self._patience.stall_seconds, self.transport.abort)

    def _give_up(self) -> None:
        self._waiting = None
        self._refuse(b"408 Request Timeout", _TOO_SLOW)

    def _refuse(self, status: bytes, body: bytes, header: bytes = b"") -> None:
        if self.transport.is_closing():
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
