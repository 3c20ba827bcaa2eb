"""Running a server: settings, signals, new snapshots, killed processes."""

from __future__ import annotations

import http.client
import importlib.abc
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from kgraph.cli.serve import serve as serve_command
from kgraph.errors import BadConfig
from live_server import LiveServer, until

Serve = Callable[..., Any]


_VALUES = (f"VALUES ?v{n} {{ {' '.join(map(str, range(40)))} }}" for n in range(9))
ENDLESS = f"SELECT (COUNT(*) AS ?n) {{ {' '.join(_VALUES)} }}"


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def ask(server: LiveServer, query: str, **more: str) -> tuple[int, str]:
    parameters = urllib.parse.urlencode({"query": query, "format": "csv", **more})
    return get(f"{server.sparql}?{parameters}")


def count_triples(server: LiveServer) -> str:
    return ask(server, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")[1].split()[-1]


def find_data_process(server: LiveServer) -> int:
    assert until(lambda: get(f"{server.url}ready")[0] == 200)
    pid = server.process.pid
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A small repository with one data file."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "curated.ttl").write_text("<http://e/a> <http://e/b> <http://e/c> .\n")
    return tmp_path


def build(repository: Path) -> None:
    command = [sys.executable, "-m", "kgraph", "build"]
    subprocess.run(command, cwd=repository, check=True, capture_output=True, timeout=60)


def test_health_readiness_and_metrics(live: LiveServer) -> None:
    assert get(f"{live.url}health") == (200, "alive\n")
    assert get(f"{live.url}ready") == (200, "ready\n")
    ask(live, "ASK {}")
    assert "kgraph_query_seconds_count" in get(f"{live.url}metrics")[1]


def test_a_client_may_lower_its_time_but_not_raise_it(live: LiveServer) -> None:
    status, body = ask(live, ENDLESS, timeout="0.5")
    assert (status, "0.5 seconds" in body) == (422, True)
    status, body = ask(live, ENDLESS + " ", timeout="1000")
    assert (status, "2 seconds" in body) == (422, True)
    assert ask(live, "ASK {}", timeout="soon")[0] == 400


def test_a_client_over_its_budget_is_told_when_to_come_back(serve: Serve, small_file: Path) -> None:
    server = serve("--data", str(small_file), query_seconds=1, budget_seconds=2)
    statuses = [ask(server, f"{ENDLESS} # {number}")[0] for number in range(5)]
    assert statuses[0] == 422
    assert statuses[-1] == 429
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{server.sparql}?query=ASK+{{}}", timeout=20)
    assert int(caught.value.headers["Retry-After"]) > 0


def test_too_large_a_request_is_413(live: LiveServer) -> None:
    body = b"ASK {} #" + b"x" * (1 << 20)
    headers = {"Content-Type": "application/sparql-query"}
    request = urllib.request.Request(live.sparql, body, headers)
    for _ in range(20):
        with pytest.raises(urllib.error.HTTPError, match="413"):
            urllib.request.urlopen(request, timeout=20)


def test_a_new_snapshot_is_switched_to_without_dropping_a_request(
    serve: Serve, repository: Path
) -> None:
    build(repository)
    server = serve("--snapshot", str(repository / "build"), switch_seconds=0.2, budget_seconds=0)
    before = int(count_triples(server))
    file = repository / "data" / "curated.ttl"
    file.write_text(file.read_text() + "<http://e/d> <http://e/b> <http://e/c> .\n")
    build(repository)
    seen = []

    def switched() -> bool:
        seen.append(ask(server, f"SELECT (COUNT(*) AS ?n) {{ ?s ?p ?o }} # {len(seen)}"))
        return seen[-1][1].split()[-1] == str(before + 1)

    assert until(switched)
    assert {status for status, _ in seen} == {200}
    assert server.stop() == 0


def test_a_killed_data_process_is_replaced(serve: Serve, small_file: Path) -> None:
    server = serve("--data", str(small_file), switch_seconds=0.2, budget_seconds=0)
    zygote = find_data_process(server)
    os.kill(zygote, signal.SIGKILL)
    assert until(lambda: ask(server, "ASK {}")[0] == 200)
    assert server.stop() == 0


def test_nothing_is_left_behind_by_a_killed_server(serve: Serve, small_file: Path) -> None:
    server = serve("--data", str(small_file))
    zygote = find_data_process(server)
    server.stop(signal.SIGKILL)
    assert until(lambda: not Path(f"/proc/{zygote}").exists())


def test_a_half_built_snapshot_is_never_served(repository: Path) -> None:
    build(repository)
    good = (repository / "build" / "current").resolve()
    half = repository / "build" / ".building-x"
    shutil.copytree(good, half)
    (half / "manifest.json").unlink()
    (repository / "data" / "curated.ttl").write_text("<http://e/a> <http://e/b> .\n")
    command = [sys.executable, "-m", "kgraph", "build"]
    broken = subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=60)
    assert broken.returncode == 1
    assert "curated.ttl:1" in broken.stderr + broken.stdout
    assert (repository / "build" / "current").resolve() == good


@pytest.mark.parametrize(
    ("arguments", "settings", "word"),
    [
        (["--data", "/nowhere.ttl"], {}, "nowhere.ttl"),
        (["--snapshot", "/nowhere"], {}, "kgraph build"),
        (["--data", "BROKEN"], {}, "broken.nt"),
        (["--endpoint", "http://127.0.0.1:1/sparql"], {}, "check the address"),
        (["--data", "DATA"], {"query_seconds": "long"}, "KGRAPH_QUERY_SECONDS"),
        (["--data", "DATA"], {"host": ""}, "KGRAPH_HOST"),
        (["--data", "DATA"], {"public_base": "garbage"}, "write an address such as"),
        (["--data", "DATA"], {"public_base": "http://a.example/?b"}, "KGRAPH_PUBLIC_BASE"),
        (["--data", "DATA"], {"trusted_proxies": "10.0.0.1, garbage"}, "KGRAPH_TRUSTED_PROXIES"),
        (["--data", "DATA", "--port", "PORT"], {}, "choose another port"),
    ],
)
def test_a_wrong_start_is_explained(
    live: LiveServer,
    small_file: Path,
    arguments: list[str],
    settings: dict[str, str],
    word: str,
) -> None:
    taken = live.url.rsplit(":", 1)[1].strip("/")
    broken = small_file.with_name("broken.nt")
    broken.write_text("<http://e/s> <http://e/p> .\n")
    known = {"DATA": str(small_file), "PORT": taken, "BROKEN": str(broken)}
    command = [sys.executable, "-m", "kgraph", "serve"]
    command += [known.get(each, each) for each in arguments]
    environment = os.environ | {f"KGRAPH_{key.upper()}": value for key, value in settings.items()}
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=30)
    assert ended.returncode == 2
    assert word in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_a_request_under_way_is_finished_first(
    serve: Serve, small_file: Path, number: signal.Signals
) -> None:
    server = serve("--data", str(small_file), query_seconds=2)
    with socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0)) as connection:
        address = f"/sparql?{urllib.parse.urlencode({'query': ENDLESS})}"
        connection.sendall(f"GET {address} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        # What comes after it on another connection is answered, so it is under way.
        assert ask(server, "ASK {}")[0] == 200
        assert server.stop(number) == 0
        assert b" 422 " in connection.recv(1 << 16)


def test_a_server_on_ipv6(serve: Serve, small_file: Path) -> None:
    server = serve("--data", str(small_file), "--host", "::1")
    assert server.url.startswith("http://[::1]:")
    assert get(f"{server.url}ready") == (200, "ready\n")


def test_a_variable_that_is_no_setting_is_told(serve: Serve, small_file: Path) -> None:
    server = serve("--data", str(small_file), worker=1, push_user="me")
    said = [json.loads(line)["event"] for line in server.lines if "KGRAPH_" in line]
    assert said == ["KGRAPH_WORKER is no setting of the server; did you mean KGRAPH_WORKERS?"]


@pytest.mark.parametrize("path", ["", "sparql?query=ASK%7B%7D", "sparql?query=X", "nowhere", "docs",
                                  "static/style.css"])  # fmt: skip
def test_what_each_answer_says_to_browsers(live: LiveServer, path: str) -> None:
    try:
        answer = urllib.request.urlopen(live.url + path, timeout=20)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        assert answer.headers.get_all("Access-Control-Allow-Origin") == ["*"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        # None of this depends on who asks, so caches need not tell them apart.
        assert "origin" not in (answer.headers["Vary"] or "").lower()
        text = answer.read().decode()
        assert "<script" not in text
        assert not re.search(r'(src|href)="(https?:)?//', text), "it loads from elsewhere"


@pytest.mark.parametrize("path", ["sparql/", "docs/", "questions/x/", "data/?graph=http://e/g"])
def test_no_redirect_leads_where_the_client_says(serve: Serve, small_file: Path, path: str) -> None:
    server = serve("--data", str(small_file), public_base="https://data.example")
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(server.url).port or 0)
    connection.request("GET", f"/{path}", headers={"Host": "evil.example"})
    answer = connection.getresponse()
    assert answer.status == 404
    assert "evil" not in str(answer.headers)
    connection.close()


@pytest.mark.parametrize(
    ("missing", "is_told"), [("uvicorn", True), ("_ssl", False), ("kgraph.web.app", False)]
)
def test_only_what_is_not_installed_is_called_so(
    monkeypatch: pytest.MonkeyPatch, small_file: Path, missing: str, is_told: bool
) -> None:
    class Refuse(importlib.abc.MetaPathFinder):
        def find_spec(self, name: str, *_: object) -> None:
            if name == "kgraph.web.server":
                raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)

    monkeypatch.delitem(sys.modules, "kgraph.web.server", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Refuse(), *sys.meta_path])
    error = CliRunner().invoke(serve_command, ["--data", str(small_file)]).exception
    assert isinstance(error, BadConfig if is_told else ModuleNotFoundError)
