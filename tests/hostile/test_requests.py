"""Requests that are hostile as HTTP: broken, huge, slow, many. Written byte by byte."""

# ruff: noqa: E501 - one request, one line
from __future__ import annotations

import contextlib
import json
import socket
import time
import urllib.request

import pytest

from hostile_target import (
    CONNECTIONS,
    GRACE_SECONDS,
    REQUEST_SECONDS,
    STALL_SECONDS,
    Target,
    connects,
)

HEAD = b"POST /sparql HTTP/1.1\r\nHost: a\r\n"
QUERY = b"Content-Type: application/sparql-query\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


def length(body: bytes, said: int | None = None) -> bytes:
    return b"Content-Length: %d\r\n\r\n%s" % (len(body) if said is None else said, body)


def get(path: bytes, headers: bytes = b"") -> bytes:
    return b"GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n" % (path, headers)


#: What is sent -> the statuses that are right for it; None: the connection is closed.
BROKEN: dict[str, tuple[bytes, tuple[int | None, ...]]] = {
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", (400,)),
    "another protocol": (b"SSH-2.0-a\r\n\r\n", (400,)),
    "a wrong version": (b"GET / HTTP/9.9\r\nHost: a\r\n\r\n", (200, 400, 505)),
    "no host": (b"GET /health HTTP/1.1\r\n\r\n", (400,)),
    "two hosts": (b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", (400,)),
    "a header without colon": (get(b"/health", b"nonsense\r\n"), (400,)),
    "a header with a blank": (get(b"/health", b"X Y: 1\r\n"), (400,)),
    "a folded header": (get(b"/health", b"X: 1\r\n  2\r\n"), (200, 400)),
    "a null in a header": (get(b"/health", b"X: a\x00b\r\n"), (400,)),
    "two lengths": (HEAD + QUERY + b"Content-Length: 6\r\nContent-Length: 7\r\n\r\nASK {}", (400,)),
    "a negative length": (HEAD + QUERY + length(b"ASK {}", -1), (400,)),
    "a length of letters": (HEAD + QUERY + b"Content-Length: six\r\n\r\nASK {}", (400,)),
    "length and chunks": (
        HEAD + QUERY + b"Transfer-Encoding: chunked\r\n" + length(b"0\r\n\r\n"),
        (200, 400),
    ),
    "an unknown transfer coding": (HEAD + QUERY + b"Transfer-Encoding: odd\r\n\r\n", (400, 501)),
    "a wrong chunk": (HEAD + QUERY + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", (400,)),
    "a huge chunk": (
        HEAD + QUERY + b"Transfer-Encoding: chunked\r\n\r\n" + b"80000\r\n" + b"x" * 0x80000 + b"\r\n1\r\nx",
        (413,),
    ),
    "a huge body": (HEAD + QUERY + length(b"ASK {} #" + b"x" * (1 << 20)), (413,)),
    "a huge form": (HEAD + FORM + length(b"query=ASK+{}&x=" + b"x" * (1 << 20)), (413,)),
    "a huge length": (HEAD + QUERY + length(b"ASK {}", 1 << 62), (408, 413)),
    "a huge address": (get(b"/sparql?query=ASK{}%23" + b"x" * (1 << 21)), (400, 414, 431)),
    "a huge header": (get(b"/health", b"X: " + b"x" * (1 << 21) + b"\r\n"), (400, 431)),
    "many headers": (get(b"/health", b"X: 1\r\n" * 100_000), (200, 400, 431)),
    "many parameters": (HEAD + FORM + length(b"&".join([b"a=1"] * 50_000)), (400,)),
    "many queries": (HEAD + FORM + length(b"&".join([b"query=ASK{}"] * 500)), (400,)),
    "many graphs": (
        HEAD + FORM + length(b"query=ASK{}&" + b"&".join([b"default-graph-uri=a:b"] * 900)),
        (200,),
    ),
    "a graph that is no IRI": (get(b"/sparql?query=ASK{}&default-graph-uri=%20%3C"), (400,)),
    "a body that is not UTF-8": (HEAD + QUERY + length(b"ASK { \xff\xfe }"), (400,)),
    "a form that is not UTF-8": (HEAD + FORM + length(b"query=ASK%FF{}"), (400,)),
    "a form of raw bytes": (HEAD + FORM + length(b"query=\xff"), (400,)),
    "an address that is not UTF-8": (get(b"/sparql?query=ASK%FF{}"), (400,)),
    "an overlong coding": (get(b"/sparql?query=%C0%AF"), (400,)),
    "half a surrogate": (get(b"/sparql?query=%ED%A0%80"), (400,)),
    "a null in the address": (get(b"/questions/a%00b"), (404,)),
    "a path upwards": (get(b"/static/../../../etc/passwd"), (404,)),
    "a coded path upwards": (get(b"/static/..%2f..%2f..%2fetc%2fpasswd"), (404,)),
    "a graph's path upwards": (get(b"/graph/../../etc/passwd"), (400, 404)),
    "an absolute address": (get(b"http://127.0.0.1:1/health"), (200, 400, 404)),
    "a compressed body": (
        HEAD + QUERY + b"Content-Encoding: gzip\r\n" + length(b"\x1f\x8b" + b"\0" * 20),
        (415,),
    ),
    "a charset nobody knows": (
        HEAD + b"Content-Type: application/sparql-query; charset=utf-7\r\n" + length(b"ASK {}"),
        (415,),
    ),
    "an unknown method": (b"BREW /sparql HTTP/1.1\r\nHost: a\r\n\r\n", (400, 405)),
    "no host, and a body": (b"POST /sparql HTTP/1.1\r\n" + length(b"ASK{}"), (400,)),
    "an endless head": (b"GET /health HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 150_000, (400, 431)),
    "CONNECT": (b"CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: a\r\n\r\n", (400, 404, 405)),
    "TRACE": (b"TRACE /sparql HTTP/1.1\r\nHost: a\r\nX: secret\r\n\r\n", (405,)),
    "an upgrade of a query": (
        b"POST /sparql HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\n"
        b"Content-Type: application/sparql-query\r\n" + length(b"ASK{}"),
        (200,),
    ),
    "an upgrade in capitals": (
        b"POST /sparql HTTP/1.1\r\nHOST: a\r\nCONNECTION: UPGRADE\r\nUPGRADE: h2c\r\n"
        b"CONTENT-TYPE: application/sparql-query\r\n" + length(b"ASK{}"),
        (200,),
    ),
    "an upgrade": (
        get(b"/sparql", b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"),
        (200, 400, 426),
    ),
    "a long Accept": (get(b"/sparql?query=ASK{}", b"Accept: " + b"a/b;q=0.1," * 20_000 + b"\r\n"), (406,)),
    "a wrong Accept": (get(b"/sparql?query=ASK{}", b"Accept: ;;q=x/\xff,,/*;q=nan\r\n"), (406, 200)),
    "a long If-None-Match": (
        get(b"/sparql?query=ASK{}", b"If-None-Match: " + b'"a",' * 50_000 + b"\r\n"),
        (200,),
    ),
    "a wrong Accept-Encoding": (
        get(b"/sparql?query=ASK{}", b"Accept-Encoding: gzip;q=nan, zstd;q=-1, *;q=x\r\n"),
        (200,),
    ),
    "a range": (get(b"/sparql?query=ASK{}", b"Range: bytes=0-0,1-1,2-2\r\n"), (200,)),
    "a forged client": (get(b"/sparql?query=ASK{}", b"X-Forwarded-For: 1.2.3.4\r\n"), (200,)),
    "a time of no number": (get(b"/sparql?query=ASK{}&timeout=nan"), (400,)),
    "a time with a line": (get(b"/sparql?query=ASK{}&timeout=1_0"), (400,)),
    "a time in other digits": (get(b"/sparql?query=ASK{}&timeout=%D9%A1"), (400,)),
    "a host that is none": (b'GET /sparql HTTP/1.1\r\nHost: a:9"><script>\r\n\r\n', (400,)),
    "a host of half an address": (b"GET /sparql HTTP/1.1\r\nHost: [::1\r\n\r\n", (400,)),
    "a port that is none": (b"GET /sparql HTTP/1.1\r\nHost: a:99999\r\n\r\n", (200, 400)),
    "an address beyond the parser": (get(b"/sparql?query=ASK{}%23" + b"x" * 70_000), (414,)),
    "an address with letters": (get("/graph/Düsseldorf".encode()), (400,)),
    "a large body that waits for 100": (
        HEAD + QUERY + b"Expect: 100-continue\r\n" + length(b"", 1 << 30), (413,)
    ),
    "a wrong query, unless there is any": (
        get(b"/sparql?query=XX", b"If-None-Match: *\r\n"), (400,)
    ),
    "no graph, unless there is any": (get(b"/graph/none", b"If-None-Match: *\r\n"), (404,)),
    "a query, unless there is any": (
        get(b"/sparql?query=ASK{}", b"If-None-Match: *\r\n"), (304,)
    ),
    "an endless time": (get(b"/sparql?query=ASK{}&timeout=1e400"), (200,)),
}  # fmt: skip


def exchange(target: Target, sent: bytes, seconds: float) -> bytes:
    """Send bytes and give what comes back until the server has answered or closed."""
    with socket.create_connection(target.address, timeout=seconds) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(sent)
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while b"\r\n\r\n" not in received:
                part = connection.recv(1 << 16)
                if not part:
                    break
                received += part
        return received


def read_status(received: bytes) -> int | None:
    return int(received.split(b" ", 2)[1]) if received.startswith(b"HTTP/1.1 ") else None


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_request(target: Target, name: str) -> None:
    sent, statuses = BROKEN[name]
    received = exchange(target, sent, REQUEST_SECONDS + GRACE_SECONDS)
    assert read_status(received) in statuses, received[:300]
    assert b"secret" not in received
    assert connects(target)


#: Its answer is streamed from disk.
LARGE = b"/sparql?query=SELECT+*%7B?s+?p+?o.?a+?b+?c%7DLIMIT+20000"


def read_all(target: Target, sent: bytes) -> bytes:
    """Send bytes and give all that comes until the server closes."""
    received = bytearray()
    with socket.create_connection(target.address, timeout=20) as connection:
        connection.sendall(sent)
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(1 << 16):
                received += part
    return bytes(received)


def test_a_large_answer_for_http_1_0_has_a_length_and_no_chunks(target: Target) -> None:
    asked = b"GET " + LARGE + b" HTTP/1.0\r\nAccept-Encoding: gzip, zstd\r\n\r\n"
    head, _, body = read_all(target, asked).partition(b"\r\n\r\n")
    assert b"chunked" not in head.lower()
    assert f"content-length: {len(body)}".encode() in head.lower()
    assert len(body) > 1 << 20


def test_nothing_is_written_into_an_answer_under_way(target: Target) -> None:
    with socket.create_connection(target.address, timeout=20) as connection:
        connection.sendall(get(LARGE))
        received = bytearray(connection.recv(1 << 10))
        connection.sendall(b"nonsense\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(1 << 16):
                received += part
    head, _, body = received.partition(b"\r\n\r\n")
    assert b" 200 " in head
    assert b"HTTP/1.1" not in body


UPGRADED = b"POST /sparql HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n" + QUERY


@pytest.mark.parametrize("cut", [1, 30, 60, 80, len(UPGRADED) - 1, len(UPGRADED) + 20])
def test_an_upgrade_in_parts_keeps_its_body(target: Target, cut: int) -> None:
    sent = UPGRADED + b"Connection: close\r\n" + length(b"ASK{}")
    with socket.create_connection(target.address, timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(sent[:cut])
        time.sleep(0.1)
        connection.sendall(sent[cut:])
        assert connection.makefile("rb").read().count(b" 200 OK") == 1


def test_upgrades_one_after_the_other_are_all_answered(target: Target) -> None:
    one = UPGRADED + length(b"ASK{}")
    last = HEAD + QUERY + b"Connection: close\r\n" + length(b"ASK{}")
    received = read_all(target, get(b"/health") + one * 20 + last)
    assert received.count(b"HTTP/1.1 200 OK") == 22


def test_an_empty_host_is_no_base(target: Target) -> None:
    sent = b"GET /sparql HTTP/1.1\r\nHost:\r\nAccept: text/turtle\r\nConnection: close\r\n\r\n"
    assert f"<http://{target.address[0]}:{target.address[1]}/sparql>".encode() in read_all(
        target, sent
    )


SLOW = {
    "nothing": b"",
    "half a line": b"GET /hea",
    "half a head": b"GET /health HTTP/1.1\r\nHost: a\r\nX: ",
    "half a body": HEAD + QUERY + length(b"ASK", 6),
    "half a chunk": HEAD + QUERY + b"Transfer-Encoding: chunked\r\n\r\n6\r\nASK",
    "a second half request": get(b"/health") + b"GET /hea",
}


@pytest.mark.parametrize("name", SLOW)
def test_a_client_that_stops_is_told_and_let_go(target: Target, name: str) -> None:
    with socket.create_connection(
        target.address, timeout=REQUEST_SECONDS + GRACE_SECONDS
    ) as connection:
        connection.sendall(SLOW[name])
        received = b""
        while part := connection.recv(1 << 16):
            received += part
    assert received.count(b"HTTP/1.1 408") == 1, received
    assert b"did not arrive" in received


def test_a_client_that_drips_is_let_go(target: Target) -> None:
    """Byte after byte, each in time, but never a whole head."""
    with socket.create_connection(target.address, timeout=0.1) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n")
        for _ in range(100):
            with contextlib.suppress(TimeoutError):
                if connection.recv(1 << 16).startswith(b"HTTP/1.1 408"):
                    return
            connection.sendall(b"X")
    pytest.fail("the server waits for ever")


def test_a_client_that_does_not_read_is_let_go(target: Target) -> None:
    """An answer larger than all buffers: the server gives up and closes with a reset."""
    query = b"SELECT+*+{?s+?p+?o+.+?s+?q+?r}+%23unread"
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(10)
        connection.connect(target.address)
        connection.sendall(get(b"/sparql?format=xml&query=" + query))
        assert wait_for(lambda: holds_connection(target, connection))
        assert wait_for(lambda: not holds_connection(target, connection)), "it waits for ever"


def holds_connection(target: Target, connection: socket.socket) -> bool:
    """Tell whether the server's end of a connection is open, by the system's table."""
    port = connection.getsockname()[1]
    rows = open("/proc/net/tcp").read().splitlines()[1:]  # noqa: SIM115
    ends = [row.split()[1:4] for row in rows]
    ours = f":{target.address[1]:04X}"
    return any(a.endswith(ours) and b.endswith(f":{port:04X}") and s == "01" for a, b, s in ends)


def wait_for(condition: object, seconds: float = STALL_SECONDS + 8) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.05)
    return False


def test_too_many_connections_are_turned_away(target: Target) -> None:
    open_ones = []
    try:
        for _ in range(CONNECTIONS + 20):
            open_ones.append(
                socket.create_connection(target.address, timeout=REQUEST_SECONDS + GRACE_SECONDS)
            )
        refused = open_ones[-1].recv(1 << 16)
        assert b" 503 " in refused
        assert b"Retry-After" in refused
    finally:
        for connection in open_ones:
            connection.close()
    assert wait_for(lambda: connects(target))


def test_a_client_that_leaves_ends_its_query(target: Target) -> None:
    def count_left() -> float:
        with urllib.request.urlopen(f"{target.url}metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        found = [
            line for line in lines if line.startswith('kgraph_kills_total{reason="client left')
        ]
        return float(found[0].split()[-1]) if found else 0.0

    before = count_left()
    query = b"SELECT+(COUNT(*)+AS+?n)+{?a+?b+?c.?d+?e+?f.?g+?h+?i}"
    with socket.create_connection(target.address, timeout=5) as connection:
        connection.sendall(get(b"/sparql?query=" + query))
        time.sleep(0.3)
    assert wait_for(lambda: count_left() == before + 1)


def test_a_full_queue_is_a_503_that_says_when(target: Target) -> None:
    """More heavy queries than may run: each has its answer, and cheap ones pass."""
    connections = []
    for number in range(40):
        query = b"SELECT+(COUNT(*)+AS+?n)+{?a+?b+?c.?d+?e+?f.?g+?h+?i}%%23%d" % number
        connections.append(socket.create_connection(target.address, timeout=20))
        request = get(b"/sparql?query=" + query, b"Connection: close\r\n")
        connections[-1].sendall(request)
    assert connects(target)
    seen = set()
    for connection in connections:
        with connection, connection.makefile("rb") as file:
            received = file.read()
        status = read_status(received)
        seen.add(status)
        if status == 503:
            assert b"retry-after: 5" in received.lower()
            assert json.loads(received.split(b"\r\n\r\n")[1])["retryAfterSeconds"] == 5
    assert seen <= {422, 503}
