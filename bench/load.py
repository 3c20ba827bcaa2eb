"""The load generator: clients that are processes, each with one connection, asking one at a time.

A response counts as an answer only when it is whole: status 200, as many bytes as promised, and a
JSON object from the first brace to the last. What is under way at the end is waited for a few
seconds and then counted as unfinished, with the time it took until then.
"""

from __future__ import annotations

import multiprocessing
import socket
import struct
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from urllib.parse import quote, urlsplit

ANSWERED, REFUSED, FAILED, BROKEN, UNFINISHED = range(5)
OUTCOMES = ("answered", "refused", "failed", "broken", "unfinished")
GRACE_SECONDS = 5.0
_LOOK_SECONDS = 1
_RECEIVED_BYTES = 1 << 18


@dataclass
class Samples:
    """What clients saw: number of the request, start (seconds after the begin of all) and duration
    in seconds, outcome, status."""

    numbers: array[int]
    starts: array[float]
    durations: array[float]
    outcomes: array[int]
    statuses: array[int]

    @classmethod
    def empty(cls) -> Samples:
        """Give samples of nothing."""
        return cls(array("l"), array("d"), array("d"), array("b"), array("h"))

    def add(self, number: int, start: float, outcome: int, status: int) -> None:
        """Note one request that ends now."""
        self.numbers.append(number)
        self.starts.append(start)
        self.durations.append(time.perf_counter() - start)
        self.outcomes.append(outcome)
        self.statuses.append(status)

    def extend(self, other: Samples) -> None:
        """Take in what another client saw."""
        for name in vars(self):
            getattr(self, name).extend(getattr(other, name))


@dataclass(frozen=True)
class Address:
    """Where a server is asked."""

    host: str
    port: int
    path: str

    @classmethod
    def read(cls, url: str) -> Address:
        """Give the address of a URL."""
        parts = urlsplit(url)
        return cls(parts.hostname or "127.0.0.1", parts.port or 80, parts.path or "/")

    def encode(self, query: str) -> bytes:
        """Give a query as the bytes of a request, as SPARQL clients send it by default."""
        return (
            f"GET {self.path}?query={quote(query, safe='')} HTTP/1.1\r\nHost: {self.host}\r\n"
            "Accept: application/sparql-results+json\r\nUser-Agent: bench\r\n\r\n"
        ).encode()


class _Late(Exception):
    """The end has come before the response."""


class Connected:
    """One connection that is opened again when it was closed."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._socket: socket.socket | None = None

    def ask(self, request: bytes, end: float) -> tuple[int, bytes]:
        """Give status and body. Errors: OSError for a broken connection, _Late after `end`."""
        if self._socket is None:
            self._socket = socket.create_connection((self._address.host, self._address.port), 10)
            self._socket.settimeout(None)
            # A timeout of the system, not of Python, which would cost one more call per read.
            wait = struct.pack("ll", _LOOK_SECONDS, 0)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, wait)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        data = self._receive(end)
        while (at := data.find(b"\r\n\r\n")) < 0:
            data += self._receive(end)
        head, body = data[:at].lower(), data[at + 4 :]
        place = head.find(b"content-length:")
        if place >= 0:
            length = int(head[place + 15 : place + 40].split(b"\r\n", 1)[0])
            body = self._fill(body, length, end)
        elif b"transfer-encoding: chunked" in head:
            body = self._unchunk(body, end)
        if b"connection: close" in head:
            self.close()
        return int(head[9:12]), body

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _receive(self, end: float) -> bytes:
        assert self._socket is not None
        while True:
            try:
                data = self._socket.recv(_RECEIVED_BYTES)
            except BlockingIOError:
                if time.perf_counter() > end:
                    raise _Late from None
                continue
            if not data:
                raise ConnectionError("closed before the response was whole")
            return data

    def _fill(self, body: bytes, length: int, end: float) -> bytes:
        if len(body) >= length:
            return body
        parts, have = [body], len(body)
        while have < length:
            parts.append(self._receive(end))
            have += len(parts[-1])
        return b"".join(parts)

    def _unchunk(self, data: bytes, end: float) -> bytes:
        parts, at = [], 0
        while True:
            while (line := data.find(b"\r\n", at)) < 0:
                data += self._receive(end)
            size = int(data[at:line].split(b";")[0], 16)
            if len(data) < line + size + 4:
                data = self._fill(data, line + size + 4, end)
            parts.append(data[line + 2 : line + 2 + size])
            at = line + size + 4
            if not size:
                return b"".join(parts)


def is_whole(body: bytes) -> bool:
    """Tell whether a body is one JSON object; a server that breaks off writes something else."""
    return body[:1] == b"{" and body.rstrip()[-1:] == b"}"


def walk(
    address: Address, requests: Sequence[bytes], numbers: Sequence[int], begin: float, end: float
) -> Samples:
    """Ask one request after the other until the end."""
    seen, connected = Samples.empty(), Connected(address)
    time.sleep(max(0.0, begin - time.perf_counter()))
    for number in numbers:
        start = time.perf_counter()
        if start >= end:
            break
        status = 0
        try:
            status, body = connected.ask(requests[number], end + GRACE_SECONDS)
        except _Late:
            seen.add(number, start, UNFINISHED, 0)
            break
        except OSError:
            connected.close()
            seen.add(number, start, BROKEN, 0)
            time.sleep(0.05)
            continue
        if status == 200:
            outcome = ANSWERED if is_whole(body) else BROKEN
        else:
            outcome = REFUSED if status in (429, 503) else FAILED
        seen.add(number, start, outcome, status)
    connected.close()
    return seen


def run_clients(
    url: str,
    queries: Sequence[str],
    numbers: Sequence[int],
    clients: int,
    seconds: float,
    beside: Callable[[float, float], None] | None = None,
) -> tuple[Samples, float]:
    """Give what the clients saw, and the seconds they asked.

    Client k asks the requests k, k + clients, … of `numbers`. `beside` runs here meanwhile, with
    the times of begin and end.
    """
    address = Address.read(url)
    requests = [address.encode(query) for query in queries]
    context = multiprocessing.get_context("fork")
    begin = time.perf_counter() + 0.3
    end = begin + seconds
    running = []
    for client in range(clients):
        receiving, sending = context.Pipe(duplex=False)
        slice_ = numbers[client::clients]
        arguments = (sending, address, requests, slice_, begin, end)
        process = context.Process(target=_report, args=arguments)
        process.start()
        sending.close()
        running.append((process, receiving))
    if beside is not None:
        beside(begin, end)
    samples = Samples.empty()
    for process, receiving in running:
        samples.extend(receiving.recv())
        process.join()
    samples.starts = array("d", (start - begin for start in samples.starts))
    # Where the requests did not last, the time is shorter.
    ends = (s + d for s, d in zip(samples.starts, samples.durations, strict=True))
    return samples, min(max(ends, default=seconds), seconds)


def _report(
    sending: Connection,
    address: Address,
    requests: Sequence[bytes],
    numbers: Sequence[int],
    begin: float,
    end: float,
) -> None:
    sending.send(walk(address, requests, numbers, begin, end))
