"""kill -9 under load: of the server, of a worker, of the process that holds the data."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from live_server import LiveServer, until
from repositories import HEAD, write, write_repository

Serve = Callable[..., Any]
CLIENTS = 6
#: Heavy enough to be under way when a process is killed.
SLOW = "SELECT (COUNT(*) AS ?n) {{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?c != {}) }}"
CHEAP = "SELECT * {{ ?s ?p ?o }} LIMIT 5 # {}"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A small repository with a snapshot."""
    root = write_repository(tmp_path / "repository")
    build(root)
    return root


def build(repository: Path) -> None:
    command = [sys.executable, "-m", "kgraph", "build"]
    subprocess.run(command, cwd=repository, check=True, capture_output=True, timeout=60)


def ask(server: LiveServer, query: str) -> tuple[int, bytes]:
    """Ask once; status 0 where no whole answer comes."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    headers = {"Content-Type": "application/sparql-query", "Accept": "text/csv, */*;q=0.1"}
    try:
        connection.request("POST", "/sparql", query, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def find_children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def find_data_process(server: LiveServer) -> int:
    """Give the process that holds the data, once it is the only one for a while."""
    same, child = 0, 0
    end = time.monotonic() + 30
    while same < 10:
        assert time.monotonic() < end, "there is never one process alone"
        time.sleep(0.1)
        children = find_children(server.process.pid)
        same = same + 1 if children == [child] else 0
        child = children[0] if len(children) == 1 else 0
    return child


@contextmanager
def load(server: LiveServer) -> Iterator[Counter[int]]:
    """Ask without end, cheap and slow, never the same twice; count the statuses."""
    seen: Counter[int] = Counter()
    ending = threading.Event()

    def client(number: int) -> None:
        text = SLOW if number % 2 else CHEAP
        while not ending.is_set():
            seen[ask(server, text.format(f"{number}{seen.total()}{time.monotonic_ns()}"))[0]] += 1

    clients = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for each in clients:
        each.start()
    try:
        assert until(lambda: seen[200] > 20)
        yield seen
    finally:
        ending.set()
        for each in clients:
            each.join()


def test_the_server_starts_again_with_the_last_good_snapshot(
    serve: Serve, repository: Path
) -> None:
    settings: dict[str, Any] = {"budget_seconds": 0, "query_seconds": 3}
    server = serve("--snapshot", str(repository / "build"), **settings)
    before = ask(server, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    with load(server):
        children = find_children(server.process.pid)
        children += [each for child in children for each in find_children(child)]
        server.stop(signal.SIGKILL)
        gone = until(lambda: not [pid for pid in children if Path(f"/proc/{pid}").exists()])
        assert gone, "something outlived the server"
    half = repository / "build" / ".building-killed"
    half.mkdir()
    (half / "dataset.nq").write_text("<http://e/half")
    again = serve("--snapshot", str(repository / "build"), **settings)
    assert ask(again, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }") == before
    assert again.stop() == 0


def test_a_killed_worker_costs_at_most_the_query_it_had(serve: Serve, repository: Path) -> None:
    settings: dict[str, Any] = {"budget_seconds": 0, "query_seconds": 3}
    server = serve("--snapshot", str(repository / "build"), **settings)
    data_process = find_data_process(server)
    with load(server) as seen:
        for _ in range(10):
            for pid in find_children(data_process):
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.1)
        killed = seen.total()
        assert until(lambda: seen.total() > killed + 20)
    assert set(seen) <= {200, 422}, seen
    assert find_data_process(server) == data_process
    assert server.stop() == 0


def test_a_worker_killed_while_idle_costs_no_query(serve: Serve, repository: Path) -> None:
    server = serve("--snapshot", str(repository / "build"), budget_seconds=0)
    data_process = find_data_process(server)
    for number in range(5):
        assert ask(server, CHEAP.format(number))[0] == 200
        workers = find_children(data_process)
        assert workers
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        assert until(lambda old=workers: not set(old) & set(find_children(data_process)))
    assert ask(server, CHEAP.format("last"))[0] == 200
    assert server.stop() == 0


def test_the_data_process_is_replaced_under_load(serve: Serve, repository: Path) -> None:
    settings: dict[str, Any] = {"budget_seconds": 0, "query_seconds": 3, "switch_seconds": 0.2}
    server = serve("--snapshot", str(repository / "build"), **settings)
    with load(server) as seen:
        for _ in range(3):
            os.kill(find_data_process(server), signal.SIGKILL)
            answered = seen[200]
            assert until(lambda least=answered: seen[200] > least + 20)
    assert set(seen) <= {200, 422, 503}, seen
    faults = [line for line in server.lines if '"trace"' in line]
    assert not faults, faults[0]
    assert server.stop() == 0


def test_the_snapshot_served_is_never_removed(serve: Serve, repository: Path) -> None:
    first = (repository / "build" / "current").resolve()
    server = serve("--snapshot", str(first), budget_seconds=0, switch_seconds=0.2)
    command = [sys.executable, "-m", "kgraph", "build", "--keep", "0"]
    for number in range(2):
        write(repository, "data/lists/more.ttl", f"{HEAD}event:e{number} a mr:Event .")
        subprocess.run(command, cwd=repository, check=True, capture_output=True, timeout=60)
    assert first.exists()
    os.kill(find_data_process(server), signal.SIGKILL)
    assert until(lambda: ask(server, CHEAP.format("again"))[0] == 200)
    assert server.stop() == 0
    write(repository, "data/lists/more.ttl", f"{HEAD}event:last a mr:Event .")
    subprocess.run(command, cwd=repository, check=True, capture_output=True, timeout=60)
    assert not first.exists()
