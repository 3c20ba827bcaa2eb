"""Two replicas behind Debian's nginx, with the configuration of deploy/: one may be killed."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import pytest

from live_server import LiveServer, until
from stores import find_port

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
DEPLOY = Path(__file__).parents[2] / "deploy"
QUERY = "SELECT * { ?s <http://e/p> ?o } LIMIT 10 #"
BASE = "http://data.example"
SWITCH_SECONDS = 3
COUNT = f"/sparql?{urlencode({'query': 'SELECT (COUNT(*) AS ?n) { ?s ?p ?o }', 'format': 'csv'})}"
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
        write_snapshot(folder, 1_000)
        settings = {"budget_seconds": 0, "public_base": BASE, "switch_seconds": SWITCH_SECONDS}
        started.append(serve("--snapshot", str(folder), **settings))
    return started


def write_snapshot(folder: Path, triples: int) -> None:
    rows = (f'<http://e/s{n}> <http://e/p> "{n}" .\n' for n in range(triples))
    (folder / "default.nt").write_text("".join(rows))
    (folder / "dataset.nq").write_text("")
    (folder / "manifest.json").write_text(f'{{"digest": "{triples}"}}')


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
    # Started by root, its workers would be nobody, who may not write into a folder of the tests.
    rights = "user root; " if os.geteuid() == 0 else ""
    process = subprocess.Popen([*command, "-g", f"{rights}daemon off;"])
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


class Got(NamedTuple):
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def cache(self) -> str:
        return self.headers.get("X-Cache-Status", "")


def get(port: int, path: str, method: str = "GET", body: str = "", **headers: str) -> Got:
    """Ask on a connection of its own; names of headers with `_` for `-`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body or None, named)
    answer = connection.getresponse()
    got = Got(answer.status, answer.headers, answer.read())
    connection.close()
    return got


def address(query: str, **more: str) -> str:
    return f"/sparql?{urlencode({'query': query, **more})}"


def count_answers(replicas: list[LiveServer]) -> float:
    """How many requests for queries have come as far as the replicas."""
    pages = (get(urlsplit(each.url).port or 0, "/metrics").body.decode() for each in replicas)
    found = re.findall(r"^kgraph_answers_total\{[^}]*\} (\S+)", "".join(pages), re.MULTILINE)
    return sum(map(float, found))


def hit(port: int, path: str, method: str = "GET", **headers: str) -> Got:
    """Ask until the answer comes from the cache: it is good for a time, which a busy machine may
    take for a single request."""
    for _ in range(50):
        got = get(port, path, method, **headers)
        if got.cache == "HIT":
            return got
    raise AssertionError(f"never from the cache, but {got.status} {got.cache}")


def test_a_prepared_answer_comes_from_the_proxy(replicas: list[LiveServer], proxy: int) -> None:
    path = address(QUERY)
    first = get(proxy, path)
    assert (first.status, first.cache) == (200, "MISS")
    assert f"s-maxage={SWITCH_SECONDS}" in first.headers["Cache-Control"]
    before = count_answers(replicas)
    again = hit(proxy, path)
    assert again.body == first.body
    for name in ("ETag", "Vary", "Content-Type", "Access-Control-Allow-Origin"):
        assert again.headers[name] == first.headers[name]
    # At most those that were asked because the time was over.
    head = hit(proxy, path, "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(first.body))
    held = hit(proxy, path, If_None_Match=first.headers["ETag"])
    assert (held.status, held.body) == (304, b"")
    assert held.headers["ETag"] == first.headers["ETag"]
    asked = count_answers(replicas) - before
    for _ in range(20):
        hit(proxy, path)
    assert count_answers(replicas) - before - asked < 20


def test_each_accept_and_coding_has_an_answer_of_its_own(proxy: int) -> None:
    path = address("SELECT * { ?s <http://e/p> ?o } LIMIT 100")
    accepts = ("application/sparql-results+json", "text/csv", "text/html", "application/json", "")
    for _ in range(2):
        kinds = [get(proxy, path, Accept=each).headers["Content-Type"] for each in accepts]
        assert [kind.split(";")[0] for kind in kinds] == [
            "application/sparql-results+json", "text/csv", "text/html",
            "application/sparql-results+json", "application/sparql-results+json",
        ]  # fmt: skip
        codings = ("gzip, deflate", "deflate, gzip, br, zstd", "br", "gzip;q=0", "x-gzip, gzip;q=1")
        sent = [get(proxy, path, Accept_Encoding=each).headers["Content-Encoding"]
                for each in codings]  # fmt: skip
        assert sent == ["gzip", "zstd", None, None, "gzip"]
    # Spelled otherwise, but the same answer.
    hit(proxy, path, Accept_Encoding="gzip, br")
    assert get(proxy, path, Accept_Encoding="br,gzip").cache == "HIT"


def test_errors_and_what_may_differ_are_not_kept(proxy: int) -> None:
    for path, headers, status in [
        (address("SELECT"), {}, 400),
        (address(QUERY), {"Accept": "image/png"}, 406),
        ("/questions/none", {}, 404),
        ("/nowhere", {}, 404),
        (address("SELECT (RAND() AS ?x) {}"), {}, 200),
        ("/ready", {}, 200),
    ]:
        for _ in range(2):
            got = get(proxy, path, **headers)
            assert (got.status, got.cache) == (status, "MISS"), path
    first, second = (get(proxy, address("SELECT (UUID() AS ?x) {}")).body for _ in range(2))
    assert first != second


def test_a_query_that_is_posted_is_not_kept(proxy: int) -> None:
    for method in ("POST", "QUERY"):
        for _ in range(2):
            headers = {"Content_Type": "application/sparql-query"}
            got = get(proxy, "/sparql", method, QUERY, **headers)
            assert (got.status, got.cache) == (200, "")


def test_what_the_client_holds_is_told_to_the_replica(proxy: int) -> None:
    """Where the proxy has nothing, and without keeping the 304 for those who hold nothing."""
    path = address(QUERY)
    tag = get(proxy, path).headers["ETag"]
    # The same answer under another key.
    other = address(QUERY, nothing="1")
    held = get(proxy, other, If_None_Match=tag)
    assert (held.status, held.cache) == (304, "MISS")
    whole = get(proxy, other)
    assert (whole.status, whole.cache) == (200, "MISS")
    assert whole.body


def test_after_its_time_an_answer_is_asked_for_again(
    replicas: list[LiveServer], proxy: int
) -> None:
    path = address(QUERY)
    first = get(proxy, path)
    seen = []

    def revalidated() -> bool:
        seen.append(get(proxy, path))
        return seen[-1].cache == "REVALIDATED"

    assert until(revalidated)
    assert {each.cache for each in seen} <= {"HIT", "REVALIDATED"}
    assert all(each.body == first.body for each in seen)


def test_with_a_new_snapshot_the_old_answer_is_gone(
    replicas: list[LiveServer], proxy: int, tmp_path: Path
) -> None:
    assert get(proxy, COUNT).body.split() == [b"n", b"1000"]
    for name in ("one", "two"):
        write_snapshot(tmp_path / name, 2_000)
    ports = [urlsplit(each.url).port or 0 for each in replicas]
    assert until(lambda: all(get(p, COUNT).body.split()[-1] == b"2000" for p in ports))
    assert until(lambda: get(proxy, COUNT).body.split()[-1] == b"2000")
    # From now on there is none of the old ones.
    assert {get(proxy, COUNT).body.split()[-1] for _ in range(20)} == {b"2000"}


def test_what_is_streamed_is_not_kept(proxy: int) -> None:
    path = address("SELECT * { ?s ?p ?o . ?a ?b ?c } LIMIT 20000")
    for _ in range(2):
        got = get(proxy, path, Accept_Encoding="gzip")
        assert (got.status, got.cache, got.headers["Content-Encoding"]) == (200, "MISS", "gzip")
