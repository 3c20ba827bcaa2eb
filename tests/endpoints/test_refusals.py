"""Endpoints that cannot answer, or not decide: a sentence and exit code 2, never a pass."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from endpoints import Endpoint

HEAD = (
    "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <https://example.org/> .\n"
    "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
)
SHAPE = "ex:S a sh:NodeShape ; sh:targetClass ex:T ; sh:property [ sh:path ex:p ; {rule} ] .\n"
Serve = Callable[[int, str, bytes], str]


def validate(*options: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own, as a script would."""
    command = [sys.executable, "-m", "kgraph", "validate", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def shapes(tmp_path: Path) -> str:
    file = tmp_path / "shapes.ttl"
    file.write_text(HEAD + SHAPE.format(rule="sh:minCount 1"))
    return str(file)


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[HTTPServer] = []

    def start(status: int, media_type: str, body: bytes) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                if status == 0:
                    stopped.wait(20)
                    return
                self.send_response(status)
                self.send_header("Content-Type", media_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/sparql"

    stopped = threading.Event()
    yield start
    stopped.set()
    for server in servers:
        server.shutdown()
        server.server_close()


def expect_refusal(result: subprocess.CompletedProcess[str], *words: str) -> None:
    assert result.returncode == 2, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    for word in words:
        assert word in result.stderr


@pytest.mark.parametrize(
    ("status", "media_type", "body", "word"),
    [
        (200, "text/html; charset=utf-8", b"<html>welcome</html>", "text/html"),
        (200, "application/sparql-results+json", b'{"head":{"vars":["count"]},"res', "cut"),
        (400, "text/plain", b"what is COUNT?", "what is COUNT?"),
        (404, "text/html", b"<html>gone</html>", "404"),
        (401, "text/plain", b"who are you?", "denied"),
        (503, "text/html", b"<html>busy</html>", "503"),
        (0, "", b"", "within 1 seconds"),
    ],
    ids=["html", "cut", "refused", "missing", "locked", "busy", "slow"],
)
def test_a_bad_answer(
    serve: Serve, shapes: str, status: int, media_type: str, body: bytes, word: str
) -> None:
    address = serve(status, media_type, body)
    result = validate("--endpoint", address, "--shapes", shapes, "--timeout", "1")
    expect_refusal(result, word, address)


def test_nobody_there(shapes: str) -> None:
    address = "http://127.0.0.1:9/sparql"
    expect_refusal(
        validate("--endpoint", address, "--shapes", shapes), address, "check the address"
    )


@pytest.mark.parametrize(
    "address", ["file:///etc/hosts", "localhost:3030", "http://", "http://a b"]
)
def test_no_address(shapes: str, address: str) -> None:
    expect_refusal(validate("--endpoint", address, "--shapes", shapes), address)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ((), "add --shapes"),
        (("--shapes", "{shapes}", "--data", "{shapes}"), "--endpoint names the data"),
        (("--shapes", "{shapes}", "{shapes}"), "--endpoint names the data"),
        (("--shapes", "{shapes}", "--changed", "HEAD"), "--endpoint names the data"),
        (("--shapes", "{shapes}", "--engine", "pyshacl"), "files alone"),
    ],
)
def test_options_that_do_not_fit(shapes: str, options: tuple[str, ...], word: str) -> None:
    given = [option.format(shapes=shapes) for option in options]
    expect_refusal(validate("--endpoint", "http://127.0.0.1:9/", *given), word)


def test_shapes_that_are_broken_are_told_with_their_line(tmp_path: Path) -> None:
    file = tmp_path / "shapes.ttl"
    file.write_text(HEAD + "ex:S a sh:NodeShape ;; .. \n")
    result = validate("--endpoint", "http://127.0.0.1:9/", "--shapes", str(file))
    assert result.returncode == 2
    assert f"{file}:3:" in result.stdout
    assert "undecided" in result.stderr


#: Rule, data that Oxigraph's server gives otherwise than they are written, and what the files say.
REWRITTEN = {
    "value": ("sh:hasValue 1.0", "1.0", 0),
    "other value": ("sh:hasValue true", '"1"^^xsd:boolean', 1),
    "member": ("sh:in ( 1 2 )", "01", 1),
    "missing member": ("sh:in ( 01 )", "01", 0),
    "datatype": ("sh:datatype xsd:byte", '"5"^^xsd:byte', 0),
    "wider datatype": ("sh:datatype xsd:integer", '"5"^^xsd:byte', 1),
    "form": ('sh:pattern "^05$"', "05", 0),
    "other form": ('sh:pattern "^5$"', "05", 1),
    "length": ("sh:maxLength 1", "05", 1),
    "equal": ("sh:equals ex:q", "05 ; ex:q 5", 1),
    "disjoint": ("sh:disjoint ex:q", "05 ; ex:q 5", 0),
    "shape in shape": ("sh:not [ sh:maxLength 1 ]", "05", 0),
}


@pytest.mark.parametrize("case", REWRITTEN)
def test_what_was_rewritten_is_undecided(store: Endpoint, tmp_path: Path, case: str) -> None:
    rule, value, code = REWRITTEN[case]
    file, data = tmp_path / "shapes.ttl", tmp_path / "data.ttl"
    file.write_text(HEAD + SHAPE.format(rule=rule))
    data.write_text(f"{HEAD}ex:a a ex:T ; ex:p {value} .")
    store.replace_default_graph(data.read_bytes())
    assert validate("--shapes", str(file), "--data", str(data)).returncode == code
    result = validate("--endpoint", store.query, "--shapes", str(file))
    if store.name == "fuseki" and result.returncode != 2:
        # In memory Fuseki keeps what was written.
        assert result.returncode == code
        return
    assert result.returncode == 2, result.stdout
    assert f"note: {file}:3: undecided" in result.stdout
    assert "neither yes nor no" in result.stderr


def test_a_blank_node_as_focus_is_undecided(store: Endpoint, shapes: str) -> None:
    store.replace_default_graph(f"{HEAD}[] a ex:T . ex:a a ex:T ; ex:p 1 .".encode())
    result = validate("--endpoint", store.query, "--shapes", shapes)
    assert result.returncode == 2
    assert "1 constraint undecided" in result.stdout


def test_plain_data_pass(store: Endpoint, tmp_path: Path) -> None:
    file = tmp_path / "shapes.ttl"
    rule = 'sh:minCount 1 ; sh:datatype xsd:string ; sh:pattern "^[A-Z]$"'
    file.write_text(HEAD + SHAPE.format(rule=rule))
    store.replace_default_graph(f'{HEAD}ex:a a ex:T ; ex:p "A" .'.encode())
    assert validate("--endpoint", store.query, "--shapes", str(file)).returncode == 0


def test_somebody_may_vouch_for_the_literals(store: Endpoint, tmp_path: Path) -> None:
    file = tmp_path / "shapes.ttl"
    file.write_text(HEAD + SHAPE.format(rule="sh:datatype xsd:integer ; sh:in ( 1 2 )"))
    store.replace_default_graph(f"{HEAD}ex:a a ex:T ; ex:p 1 .".encode())
    options = ("--endpoint", store.query, "--shapes", str(file))
    assert validate(*options, "--literals-as-written").returncode == 0
    assert validate(*options).returncode == (2 if store.name == "oxigraph" else 0)
