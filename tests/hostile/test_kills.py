"""Queries that are given up again and again: their workers are ended, and are not too many."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from live_server import LiveServer, start_server, until
from processes import find_fork_server, find_workers, read_bytes_of

HEAVY = "SELECT (COUNT(*) AS ?n{}) {{ ?a{} ?b ?c . ?d ?e ?f . ?g ?h ?i }}"
CHEAP = "SELECT ?o {{ <http://e/s{}> ?p ?o }}"
CLIENTS, REQUESTS = 4, 40
WORKERS, PROCESSES = 2, 12
REST = 3 * WORKERS
SPARE_BYTES = 300 << 20
RIGHTLESS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
RIGHTS = {"as it is": (), "without rights": RIGHTLESS}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with 20,000 triples."""
    file = tmp_path / "data.nt"
    lines = (f'<http://e/s{n}> <http://e/p> "{n % 100}" .\n' for n in range(20_000))
    file.write_text("".join(lines))
    return file


@pytest.fixture(params=RIGHTS)
def server(file: Path, request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    """A server that admits everybody."""
    before = RIGHTS[request.param]
    if before and (os.getuid() != 0 or shutil.which(before[0]) is None):
        pytest.skip("only root can give up rights, which others have not got")
    server = start_server(
        "--data", str(file), before=before, workers=WORKERS, processes=PROCESSES,
        query_seconds=5, budget_seconds=0, memory_mebibytes=512,
    )  # fmt: skip
    assert until(lambda: len(find_workers(server.process.pid)) == REST)
    yield server
    assert server.stop() == 0


def ask(server: LiveServer, query: str, timeout: str = "") -> int:
    """Ask once; give the status."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
    try:
        connection.request("GET", f"/sparql?query={quote(query)}{timeout}")
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def ask_briefly(server: LiveServer, query: str) -> int:
    """Ask for an answer within a millisecond."""
    return ask(server, query, "&timeout=0.001")


def leave_soon(server: LiveServer, query: str) -> int:
    """Ask, and leave after 20 ms."""
    host = urlsplit(server.url)
    with socket.create_connection((host.hostname, host.port or 80), timeout=60) as connection:
        head = f"GET /sparql?query={quote(query)} HTTP/1.1\r\nHost: {host.netloc}\r\n\r\n"
        connection.sendall(head.encode())
        connection.settimeout(0.02)
        try:
            return int(connection.recv(20).split()[1])
        except TimeoutError:
            return 0


ATTACKS = {"tiny timeouts": ask_briefly, "clients that leave": leave_soon}


def write_heavy(client: int, number: int) -> str:
    """Give a heavy query whose shape was never seen."""
    name = chr(97 + client) + "".join(chr(97 + int(digit)) for digit in str(number))
    return HEAVY.format(name, name)


def measure(server: LiveServer) -> int:
    """Give the bytes of memory that the server, what forks, and the workers hold, none twice."""
    pid = server.process.pid
    tree = [pid, find_fork_server(pid), *find_workers(pid)]
    return sum(read_bytes_of(each, "Pss") for each in tree)


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_worker_outlives_its_query_and_others_are_answered(
    server: LiveServer, attack: str
) -> None:
    give_up: Callable[[LiveServer, str], int] = ATTACKS[attack]
    statuses: Counter[int] = Counter()

    def client(number: int) -> None:
        for each in range(REQUESTS):
            statuses[give_up(server, write_heavy(number, each))] += 1

    assert ask(server, CHEAP.format("first")) == 200
    before = measure(server)
    clients = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for each in clients:
        each.start()
    most = asked = 0
    while any(each.is_alive() for each in clients):
        most = max(most, len(find_workers(server.process.pid)))
        asked += 1
        assert ask(server, CHEAP.format(asked)) == 200
    for each in clients:
        each.join()
    assert 0 < most <= PROCESSES
    assert statuses.total() == CLIENTS * REQUESTS
    assert set(statuses) <= {0, 408, 422, 503}
    assert until(lambda: len(find_workers(server.process.pid)) == REST, 60)
    assert until(lambda: measure(server) < before + SPARE_BYTES, 60)
    assert ask(server, CHEAP.format("last")) == 200


def test_who_has_queries_given_up_is_refused_in_the_end(file: Path) -> None:
    server = start_server("--data", str(file), workers=2, query_seconds=5, budget_seconds=1)
    statuses: Counter[int] = Counter()

    def client(number: int) -> None:
        for each in range(2000):
            statuses[ask_briefly(server, write_heavy(number, each))] += 1
            if statuses[429]:
                return

    clients = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    assert statuses[429]
    assert server.stop() == 0
