"""Endpoints that are slow, broken or hostile, each at a path of one server on loopback."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

RESULTS = "application/sparql-results+json"
ONE_ROW = b'{"head":{"vars":["s"]},"results":{"bindings":[{"s":{"type":"literal","value":"1"}}]}}'
ROW = b'{"s":{"type":"literal","value":"1"}}'
SECRET = "the text of an inner page"
_DRIP_SECONDS = 0.2
_PATIENCE_SECONDS = 30


@dataclass
class OddEndpoints:
    """The running server: where it is, and each request as path, headers and query."""

    port: int
    requests: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def at(self, path: str, host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}/{path}"

    def wait_for(self, path: str, count: int) -> None:
        self.wait_until(lambda: sum(asked == path for asked, _, _ in self.requests) >= count)

    def wait_until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + _PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < end, "it never came to pass"
            time.sleep(0.02)


class _Handler(BaseHTTPRequestHandler):
    odd: OddEndpoints

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.odd.requests.append((self.path, headers, parse_qs(body)["query"][0]))
        try:
            BEHAVIOURS[self.path.partition("?")[0].strip("/")](self)
        except (BrokenPipeError, ConnectionResetError):
            self.odd.broken.append(self.path)
            self.close_connection = True

    def do_GET(self) -> None:
        self.odd.requests.append((self.path, {}, ""))
        self.begin(200)

    def begin(self, status: int, kind: str = RESULTS, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def send(self, body: bytes, status: int = 200, kind: str = RESULTS, **headers: str) -> None:
        self.begin(status, kind, Content_Length=str(len(body)), **headers)
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _redirect(handler: _Handler, status: int) -> None:
    handler.send(b"", status, Location=f"http://127.0.0.1:{handler.odd.port}/right")


def _drip(handler: _Handler) -> None:
    handler.begin(200)
    while not handler.odd.closing.wait(_DRIP_SECONDS):
        handler.wfile.write(b" ")


def _drip_head(handler: _Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    while not handler.odd.closing.wait(_DRIP_SECONDS):
        handler.wfile.write(b"x")


def _keep_silent(handler: _Handler) -> None:
    handler.odd.closing.wait(60)


def _pour(handler: _Handler) -> None:
    handler.begin(200)
    while not handler.odd.closing.is_set():
        handler.wfile.write(b" " * (1 << 16))


def _pour_head(handler: _Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not handler.odd.closing.is_set():
        handler.wfile.write(b"X: " + b"x" * 1000 + b"\r\n")


def _promise(handler: _Handler) -> None:
    while not handler.odd.closing.is_set():
        handler.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </>; rel=preload\r\n\r\n")


def _break_off(handler: _Handler) -> None:
    handler.begin(200, Content_Length="1000")
    handler.wfile.write(ONE_ROW)
    handler.wfile.flush()
    handler.connection.shutdown(socket.SHUT_RDWR)


def _rows(handler: _Handler, count: int) -> None:
    body = b'{"head":{"vars":["s"]},"results":{"bindings":[' + b",".join([ROW] * count) + b"]}}"
    handler.send(body)


BEHAVIOURS: dict[str, Callable[[_Handler], None]] = {
    "right": lambda handler: handler.send(ONE_ROW),
    "plain-json": lambda handler: handler.send(ONE_ROW, kind="application/json; charset=utf-8"),
    "many-rows": lambda handler: _rows(handler, 200),
    "blank": lambda handler: handler.send(ONE_ROW.replace(b"literal", b"bnode")),
    **{
        f"redirect-{status}": lambda handler, status=status: _redirect(handler, status)
        for status in (301, 302, 303, 307, 308)
    },
    "fault": lambda handler: handler.send(SECRET.encode(), 500, "text/plain"),
    "refusal": lambda handler: handler.send(SECRET.encode(), 403, "text/html"),
    "busy": lambda handler: handler.send(b"", 503),
    "page": lambda handler: handler.send(f"<html>{SECRET}".encode(), kind="text/html"),
    "xml": lambda handler: handler.send(b"<sparql/>", kind="application/sparql-results+xml"),
    "no-type": lambda handler: handler.send(ONE_ROW, kind=""),
    "cut": lambda handler: handler.send(ONE_ROW[:-20]),
    "half": _break_off,
    "packed": lambda handler: handler.send(
        gzip.compress(b" " * (50 << 20) + ONE_ROW), Content_Encoding="gzip"
    ),
    "drip": _drip,
    "drip-head": _drip_head,
    "silence": _keep_silent,
    "promise": _promise,
    "pour": _pour,
    "pour-head": _pour_head,
}


@contextmanager
def run_odd_endpoints(tls: ssl.SSLContext | None = None) -> Iterator[OddEndpoints]:
    """Serve all of them on a free port of loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    odd = OddEndpoints(server.server_address[1])
    server.RequestHandlerClass = type("Handler", (_Handler,), {"odd": odd})
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield odd
    finally:
        odd.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
