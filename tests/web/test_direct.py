"""The direct way of a plain GET: the same bytes as the whole way, and the whole way's where it must
be."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import re
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from kgraph.web.app import create_app
from kgraph.web.asked import ASKED
from kgraph.web.direct import Direct
from kgraph.web.repeats import Repeats
from kgraph.web.settings import read_settings
from kgraph.web.site import make_site
from live_server import LiveServer, until

ROWS = "SELECT ?o { <http://e/a> <http://e/name> ?o }"
MANY = "SELECT * { VALUES ?x { 1 2 3 4 5 6 7 8 9 } VALUES ?y { 1 2 3 4 5 6 7 8 9 } }"
HEAVY = "SELECT (COUNT(*) AS ?n) { " + " ".join(f"?a{n} ?b{n} ?c{n} ." for n in range(40)) + " }"
#: The application takes a request with this header, and answers it as any other.
WHOLE_WAY = {"Content-Length": "0"}

Serve = Callable[..., LiveServer]


def ask(
    live: LiveServer, query: str, more: str = "", method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Give status, headers in lower case but the date, and body."""
    connection = http.client.HTTPConnection(urlsplit(live.url).netloc, timeout=30)
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, f"/sparql?query={quote(query)}{more}", headers=fields)
    response = connection.getresponse()
    found = {name.lower(): value for name, value in response.getheaders()}
    assert found.pop("date")
    body = response.read()
    connection.close()
    return response.status, found, body


@pytest.mark.parametrize(
    ("query", "more", "headers"),
    [
        (ROWS, "", {}),
        (ROWS, "", {"Accept": "text/csv"}),
        (ROWS, "&format=xml", {}),
        (ROWS, "&default-graph-uri=http%3A%2F%2Fe%2Fgraph", {}),
        (ROWS, "&timeout=1", {}),
        ("ASK { ?s ?p ?o }", "", {"Accept": "application/sparql-results+xml"}),
        ("DESCRIBE <http://e/a>", "", {"Accept": "text/turtle"}),
        ("SELECT * { BASE }", "", {}),
        ("SELECT (IRI(<x>) AS ?i) {}", "", {}),
        ("SELECT (NOW() > 1 AS ?i) {}", "", {}),
        (MANY, "", {"Accept-Encoding": "gzip"}),
        (ROWS, "", {"Accept-Encoding": "gzip"}),
        (ROWS, "", {"Connection": "close"}),
        (MANY, "", {"Connection": "close"}),
        (ROWS, "", {"Accept": "image/png"}),
        (ROWS, "", {"Accept": "text/html"}),
        (ROWS, "", {"If-None-Match": "*"}),
        (ROWS, "", {"Origin": "http://elsewhere.example"}),
        (ROWS, "&query=ASK%7B%7D", {}),
        (ROWS, "&update=CLEAR%20ALL", {}),
        (ROWS, "&timeout=never", {}),
        ("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", "", {}),
        ("SELECT {", "", {}),
    ],
)
def test_both_ways_give_the_same(
    live: LiveServer, query: str, more: str, headers: dict[str, str]
) -> None:
    ways = [{}, WHOLE_WAY, {}]
    answers = [ask(live, query + f" # {more}", more, **headers, **way) for way in ways]
    assert answers[0] == answers[1] == answers[2]


def take_alone(file: Path, method: str, target: str, headers: dict[str, str]) -> list[bytes]:
    """Give what the direct way writes by itself; nothing where it leaves a request to others."""
    written: list[bytes] = []

    async def main() -> None:
        site = make_site(read_settings(budget_seconds=0), [file])
        await site.generations.start(60)
        over, left = asyncio.Event(), asyncio.Event()
        path, _, query = target.partition("?")
        fields = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": method, "path": path, "query_string": query.encode()}
        scope |= {"scheme": "http", "root_path": "", "client": ("127.0.0.1", 1), "headers": fields}
        cycle: Any = SimpleNamespace(
            scope=scope,
            keep_alive=True,
            default_headers=[(b"date", b"now")],
            disconnected=False,
            on_response=over.set,
        )
        connection: Any = SimpleNamespace(
            transport=SimpleNamespace(write=written.append, is_closing=lambda: False),
            pipeline=[],
            flow=SimpleNamespace(write_paused=False),
            leaving=None,
            start_application=lambda _: left.set(),
        )
        try:
            if Direct(site, Repeats(create_app(site), site)).take(connection, cycle):
                ends = [asyncio.ensure_future(each.wait()) for each in (over, left)]
                done, _ = await asyncio.wait(ends, return_when="FIRST_COMPLETED", timeout=20)
                assert done
                for each in ends:
                    each.cancel()
        finally:
            if ASKED in scope:
                scope[ASKED].end(0)
            await site.generations.close()

    asyncio.run(main())
    return written


def test_a_plain_get_is_answered_at_once_and_without_the_application(small_file: Path) -> None:
    target = f"/sparql?query={quote(ROWS)}&format=csv"
    (answer,) = take_alone(small_file, "GET", target, {"Host": "e"})
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\ndate: now\r\n")
    assert body == "o\r\nKöln\r\n".encode()


@pytest.mark.parametrize(
    ("method", "target", "headers"),
    [
        ("POST", f"/sparql?query={quote(ROWS)}", {}),
        ("HEAD", f"/sparql?query={quote(ROWS)}", {}),
        ("GET", f"/sparql?query={quote(ROWS)}&format=html", {}),
        ("GET", f"/sparql?query={quote('SELECT {')}", {}),
        ("GET", f"/sparql?query={quote(MANY)}", {"Accept-Encoding": "gzip"}),
        ("GET", "/sparql", {}),
        ("GET", "/sparql?query=%FF", {}),
        ("GET", "/health", {}),
        *(
            ("GET", f"/sparql?query={quote(ROWS)}", {name: value})
            for name, value in {
                "Origin": "http://e",
                "If-None-Match": '"x"',
                "Content-Length": "3",
                "Transfer-Encoding": "chunked",
                "Expect": "100-continue",
            }.items()
        ),
    ],
)
def test_all_else_goes_the_whole_way(
    small_file: Path, method: str, target: str, headers: dict[str, str]
) -> None:
    assert take_alone(small_file, method, target, {"Host": "e"} | headers) == []


def test_requests_that_come_together_are_answered_in_their_order(live: LiveServer) -> None:
    address = urlsplit(live.url)
    names = ["one", "two", "three", "four", "five", "six"]
    requests = b""
    for number, name in enumerate(names):
        query = quote(f"SELECT ('{name}' AS ?x) {{ BIND(STRLEN('{'x' * 20}') AS ?l) }}")
        # Each other one goes the whole way.
        extra = "Content-Length: 0\r\n" if number % 2 else ""
        requests += f"GET /sparql?query={query} HTTP/1.1\r\nHost: e\r\n{extra}\r\n".encode()
    with socket.create_connection((address.hostname or "", address.port or 0)) as connection:
        connection.settimeout(20)
        connection.sendall(requests)
        received = b""
        while received.count(b"HTTP/1.1 200") < len(names) or not received.endswith(b"}]}}"):
            received += connection.recv(65536)
    assert re.findall(rb'"value":"([a-z]+)"', received) == [name.encode() for name in names]


def receive_all(live: LiveServer, requests: bytes, count: int, seconds: float = 20) -> bytes:
    """Send all requests at once; give what comes until so many answers are there."""
    address = urlsplit(live.url)
    received = b""
    with socket.create_connection((address.hostname or "", address.port or 0)) as connection:
        connection.settimeout(seconds)
        connection.sendall(requests)
        while received.count(b"HTTP/1.1 ") < count and (part := connection.recv(65536)):
            received += part
    return received


def write_get(query: str, extra: str = "") -> bytes:
    return f"GET /sparql?query={quote(query)} HTTP/1.1\r\nHost: e\r\n{extra}\r\n".encode()


def test_hundreds_of_requests_in_one_packet_are_all_answered(live: LiveServer) -> None:
    known = write_get("ASK {}")
    receive_all(live, known, 1)
    requests = write_get(f"{ROWS} # the first of many") + known * 900
    assert receive_all(live, requests, 901).count(b"HTTP/1.1 200 OK") == 901


def test_a_slow_one_after_a_quick_one_has_its_time(serve: Serve, small_file: Path) -> None:
    """It outlasts the patience for a connection on which nothing comes."""
    live = serve("--data", str(small_file), query_seconds=6.5)
    receive_all(live, write_get("ASK {}"), 1)
    received = receive_all(live, write_get("ASK {}") + write_get(HEAVY), 2)
    assert received.count(b"HTTP/1.1 422") == 1


def test_what_proxies_say_is_believed_of_them_alone(serve: Serve, small_file: Path) -> None:
    live = serve("--data", str(small_file), trusted_proxies="127.0.0.1")
    forwarded = {"X_Forwarded_Proto": "https"}
    query = "SELECT (IRI(<x>) AS ?i) {}"
    address = urlsplit(live.url)
    other = http.client.HTTPConnection(address.netloc, source_address=("127.0.0.2", 0))
    bodies = []
    for _ in range(2):
        other.request(
            "GET", f"/sparql?query={quote(query)}", headers={"X-Forwarded-Proto": "https"}
        )
        bodies.append(other.getresponse().read())
        bodies.append(ask(live, query, **forwarded)[2])
    assert [b"https://" in each for each in bodies] == [False, True, False, True]


def test_no_use_of_the_data_is_left_behind(serve: Serve, tmp_path: Path) -> None:
    """Many clients ask the same at once, and an answer is kept while others are on their way."""
    file = tmp_path / "data.nt"
    file.write_text("<http://e/s> <http://e/p> <http://e/o> .\n")
    live = serve("--data", str(file), budget_seconds=0, switch_seconds=0.2)

    def walk() -> None:
        for number in range(60):
            ask(live, f"{MANY} # {number}", Accept_Encoding="gzip")

    clients = [threading.Thread(target=walk) for _ in range(8)]
    for each in clients:
        each.start()
    for each in clients:
        each.join(60)
    zygotes = list_children(live.process.pid)
    assert len(zygotes) == 1
    file.write_text("<http://e/s> <http://e/p> <http://e/other> .\n")
    # Once other data are served, nobody uses the old ones, and their process goes.
    assert until(lambda: len(now := list_children(live.process.pid)) == 1 and now != zygotes)


def list_children(process: int) -> list[str]:
    tasks = Path(f"/proc/{process}/task").iterdir()
    return sorted(child for task in tasks for child in (task / "children").read_text().split())


def test_http_1_0_closes_the_connection(live: LiveServer) -> None:
    address = urlsplit(live.url)
    with socket.create_connection((address.hostname or "", address.port or 0)) as connection:
        connection.settimeout(20)
        connection.sendall(f"GET /sparql?query={quote(ROWS)} HTTP/1.0\r\n\r\n".encode())
        received = b""
        while part := connection.recv(65536):
            received += part
    assert b"connection: close" in received.lower()
    assert "Köln".encode() in received


def test_who_leaves_ends_the_evaluation(serve: Serve, small_file: Path) -> None:
    live = serve("--data", str(small_file), query_seconds=60)
    address = urlsplit(live.url)
    with socket.create_connection((address.hostname or "", address.port or 0)) as connection:
        target = f"/sparql?query={quote(HEAVY)}"
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: e\r\n\r\n".encode())
        time.sleep(0.5)

    def count_left() -> bool:
        asking = http.client.HTTPConnection(address.netloc)
        asking.request("GET", "/metrics")
        return b'kgraph_kills_total{reason="client left"} 1.0' in asking.getresponse().read()

    assert until(count_left)
    assert ask(live, ROWS)[0] == 200


def test_who_leaves_with_requests_in_the_queue_is_not_answered(
    serve: Serve, small_file: Path
) -> None:
    live = serve("--data", str(small_file), query_seconds=60)
    address = urlsplit(live.url)
    with socket.create_connection((address.hostname or "", address.port or 0)) as connection:
        requests = (f"GET /sparql?query={quote(each)} HTTP/1.1" for each in (HEAVY, ROWS, ROWS))
        connection.sendall("".join(f"{each}\r\nHost: e\r\n\r\n" for each in requests).encode())
        time.sleep(0.5)
    assert until(lambda: any('"status": 408' in line for line in live.lines))
    assert ask(live, ROWS)[0] == 200
    assert live.stop() == 0
    assert not any("Exception" in line or "trace" in line for line in live.lines)


def test_a_fault_found_late_is_told_once(serve: Serve, small_file: Path) -> None:
    live = serve("--data", str(small_file), query_seconds=1)
    started = time.monotonic()
    status, headers, body = ask(live, HEAVY)
    assert (status, headers["content-type"]) == (422, "application/problem+json")
    assert b"longer than 1 seconds" in body
    assert time.monotonic() - started < 3
    kills = [line for line in live.lines if '"status": 422' in line]
    assert until(lambda: [line for line in live.lines if '"status": 422' in line])
    assert len(kills) <= 1


def test_a_client_over_its_budget_is_told_so(serve: Serve, small_file: Path) -> None:
    live = serve("--data", str(small_file), budget_seconds=0.5, query_seconds=1)
    ask(live, HEAVY)
    status, headers, _ = ask(live, ROWS)
    assert (status, "retry-after" in headers) == (429, True)


def test_a_large_answer_is_whole(serve: Serve, small_file: Path) -> None:
    live = serve("--data", str(small_file))
    query = (
        "SELECT * { " + " ".join(f"VALUES ?x{n} {{ 1 2 3 4 5 6 7 8 9 }}" for n in range(4)) + "}"
    )
    for headers in ({}, {"Accept_Encoding": "gzip"}):
        status, found, body = ask(live, query, "&format=csv", **headers)
        rows = gzip.decompress(body) if found.get("content-encoding") == "gzip" else body
        assert (status, rows.count(b"\r\n")) == (200, 9**4 + 1)


def test_the_server_ends_after_its_last_answer(serve: Serve, small_file: Path) -> None:
    """A request on the direct way is under way as the server is told to stop."""
    live = serve("--data", str(small_file), query_seconds=2)
    answers: list[int] = []
    asking = threading.Thread(target=lambda: answers.append(ask(live, HEAVY)[0]))
    asking.start()
    time.sleep(0.7)
    assert live.stop() == 0
    asking.join(10)
    assert answers == [422]
