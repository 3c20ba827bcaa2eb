"""Two replicas behind Debian's nginx, with the configuration of deploy/: one may be killed."""

from __future__ import annotations

import http.client
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from live_server import LiveServer
from stores import find_port

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
DEPLOY = Path(__file__).parents[2] / "deploy"
QUERY = "SELECT * { ?s <http://e/p> ?o } LIMIT 10 #"
BASE = "http://data.example"
LOAD_SECONDS = 4
CLIENTS = 6
Serve = Callable[..., Any]


@pytest.fixture
def replicas(serve: Serve, tmp_path: Path) -> list[LiveServer]:
    """Two servers of one snapshot, each with a copy of its own."""
    started = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        rows = (f'<http://e/s{n}> <http://e/p> "{n}" .\n' for n in range(1_000))
        (folder / "default.nt").write_text("".join(rows))
        (folder / "dataset.nq").write_text("")
        (folder / "manifest.json").write_text('{"digest": "1"}')
        started.append(serve("--snapshot", str(folder), budget_seconds=0, public_base=BASE))
    return started


@pytest.fixture
def proxy(replicas: list[LiveServer], tmp_path: Path) -> Iterator[int]:
    """The port of nginx before both."""
    if NGINX is None:
        pytest.skip("nginx is not installed")
    port = find_port()
    text = (DEPLOY / "nginx.conf").read_text()
    for number, replica in enumerate(replicas, 1):
        assert f"replica-{number}:8000" in text
        text = text.replace(f"replica-{number}:8000", urlsplit(replica.url).netloc)
    text = text.replace("listen 8080", f"listen 127.0.0.1:{port}")
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(text)
    command = [NGINX, "-p", str(tmp_path), "-c", str(configuration), "-e", "stderr"]
    process = subprocess.Popen([*command, "-g", "daemon off;"])
    end = time.monotonic() + 20
    while ask(port, "GET", "ready")[0] != 200 and time.monotonic() < end:
        time.sleep(0.1)
    yield port
    process.terminate()
    process.wait(10)


def ask(port: int, method: str, query: str) -> tuple[int, str]:
    """Ask once, on a connection of its own; status 0 where there is no whole answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    path, body, headers = "/sparql", query, {"Content-Type": "application/sparql-query"}
    if method == "GET":
        path, body, headers = f"/{query}", "", {}
    try:
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        content = answer.read()
        assert content or method == "HEAD"
        return answer.status, answer.getheader("ETag") or ""
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


def test_replicas_of_one_snapshot_give_the_same_validators(replicas: list[LiveServer]) -> None:
    tags = {ask(urlsplit(each.url).port or 0, "POST", QUERY) for each in replicas}
    assert len(tags) == 1
    assert tags.pop()[1]


def test_a_replica_is_killed_under_load_and_no_request_fails(
    replicas: list[LiveServer], proxy: int
) -> None:
    seen: Counter[int] = Counter()
    ending = threading.Event()

    def load(client: int) -> None:
        number = 0
        while not ending.is_set():
            number += 1
            text = f"{QUERY}{client}-{number % 50}"
            method = ("POST", "QUERY", "GET")[number % 3]
            address = f"sparql?query=ASK%7B%7D%23{client}-{number % 50}"
            seen[ask(proxy, method, address if method == "GET" else text)[0]] += 1

    clients = [threading.Thread(target=load, args=(n,)) for n in range(CLIENTS)]
    for client in clients:
        client.start()
    time.sleep(LOAD_SECONDS / 2)
    before = sum(seen.values())
    replicas[0].stop(signal.SIGKILL)
    time.sleep(LOAD_SECONDS / 2)
    ending.set()
    for client in clients:
        client.join()
    assert before > 20
    assert sum(seen.values()) > before + 20
    assert set(seen) == {200}, seen


def test_the_proxy_hides_the_metrics(proxy: int) -> None:
    assert ask(proxy, "GET", "metrics")[0] == 404
