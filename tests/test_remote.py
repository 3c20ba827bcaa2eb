"""The remote engine against small servers that answer well, badly, late or not at all."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest
from pyoxigraph import Literal, NamedNode

from kgraph.engines.remote import RemoteEngine
from kgraph.errors import BadConfig, BadQuery, EngineFailure

JSON = "application/sparql-results+json"
ROWS = b'{"head":{"vars":["s"]},"results":{"bindings":[{"s":{"type":"literal","value":"1"}}]}}'
Serve = Callable[[int, str, bytes], RemoteEngine]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[HTTPServer] = []

    def start(status: int, media_type: str, body: bytes) -> RemoteEngine:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers["Content-Length"])
                asked.append(parse_qs(self.rfile.read(size).decode())["query"][0])
                if status == 0:
                    time.sleep(3)
                    return
                self.send_response(status)
                self.send_header("Content-Type", media_type)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return RemoteEngine(f"http://127.0.0.1:{server.server_port}/sparql", seconds=1)

    asked: list[str] = []
    start.asked = asked  # type: ignore[attr-defined]
    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_rows(serve: Serve) -> None:
    rows = serve(200, JSON, ROWS).select("SELECT ?s { ?s ?p ?x }", {"x": NamedNode("http://e/a")})
    assert (rows.variables, rows.rows) == (("s",), [(Literal("1"),)])
    assert "VALUES ?x { <http://e/a> }" in serve.asked[0]  # type: ignore[attr-defined]


def test_yes_or_no(serve: Serve) -> None:
    assert serve(200, JSON, b'{"head":{},"boolean":true}').ask("ASK {}")


def test_triples(serve: Serve) -> None:
    engine = serve(200, "text/turtle; charset=utf-8", b"<http://e/a> <http://e/p> 1 .")
    (triple,) = engine.construct("CONSTRUCT WHERE { ?s ?p ?o }")
    assert triple.subject == NamedNode("http://e/a")


@pytest.mark.parametrize(
    ("status", "media_type", "body", "message"),
    [
        (200, "text/html", b"<html>", "text/html"),
        (200, JSON, ROWS[:40], "cut or broken"),
        (200, JSON, ROWS[:-5], "cut or broken"),
        (200, JSON, ROWS.replace(b"literal", b"number"), "cut or broken"),
        (404, "text/plain", b"", "404"),
        (500, "text/plain", b"out of memory", "out of memory"),
        (0, "", b"", "within 1 seconds"),
    ],
)
def test_a_server_that_cannot_answer_is_named(
    serve: Serve, status: int, media_type: str, body: bytes, message: str
) -> None:
    with pytest.raises(EngineFailure, match=message) as caught:
        serve(status, media_type, body).select("SELECT ?s { ?s ?p ?o }")
    assert "http://127.0.0.1" in str(caught.value)


def test_a_refused_query_is_the_askers_fault(serve: Serve) -> None:
    with pytest.raises(BadQuery, match="expected a brace"):
        serve(400, "text/plain", b"expected a brace").select("SELECT")


def test_a_server_that_dawdles_is_left() -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", JSON)
            self.end_headers()
            with contextlib.suppress(OSError):
                while not stopped.wait(0.1):
                    self.wfile.write(b" ")
                    self.wfile.flush()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    stopped = threading.Event()
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        engine = RemoteEngine(f"http://127.0.0.1:{server.server_port}/sparql", seconds=1)
        with pytest.raises(EngineFailure, match="within 1 seconds"):
            engine.ask("ASK {}")
    finally:
        stopped.set()
        server.shutdown()
        server.server_close()


def test_nobody_there() -> None:
    with pytest.raises(EngineFailure, match=r"127\.0\.0\.1:9.*check the address"):
        RemoteEngine("http://127.0.0.1:9/sparql", seconds=1).ask("ASK {}")


def test_an_address_that_is_no_web_address() -> None:
    with pytest.raises(BadConfig, match="begins with http"):
        RemoteEngine("file:///tmp/data.ttl", seconds=1)
