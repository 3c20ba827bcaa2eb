"""No room for answers: a sentence for the client, and the server goes on."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from live_server import LiveServer, until
from small_disks import enlarge, fill, small_disk
from stores import find_port

Serve = Callable[..., Any]
ROWS = 20_000
LARGE = "SELECT * { ?s ?p ?o } #"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    file = tmp_path / "data.nt"
    file.write_text("".join(f'<http://e/s{n}> <http://e/p> "{n}" .\n' for n in range(ROWS)))
    return file


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "spool", 8_000) as folder:
        yield folder


def ask(server: LiveServer, query: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    connection.request("POST", "/sparql", query, {"Content-Type": "application/sparql-query"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers, body


def used(disk: Path) -> int:
    command = ["df", "--output=used", str(disk)]
    return int(subprocess.run(command, capture_output=True, check=True).stdout.split()[-1])


def start(serve: Serve, data: Path, disk: Path, monkeypatch: pytest.MonkeyPatch) -> LiveServer:
    monkeypatch.setenv("TMPDIR", str(disk))
    server: LiveServer = serve("--data", str(data), budget_seconds=0, prepared_mebibytes=0)
    return server


def test_a_large_answer_without_room_is_a_problem_that_passes(
    serve: Serve, data: Path, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start(serve, data, disk, monkeypatch)
    status, _, whole = ask(server, LARGE)
    assert status == 200
    assert len(whole) > 1 << 20
    refused = 0
    for number in range(60):
        # Again, for the answer before may have been given up only now, or not even yet.
        filling = fill(disk)
        status, headers, body = ask(server, f"{LARGE}{number}")
        if status == 200:
            assert len(body) == len(whole)
            continue
        refused += 1
        if refused > 6:
            break
        problem = json.loads(body)
        assert (status, problem["status"]) == (503, 503)
        assert headers["Content-Type"] == "application/problem+json"
        assert int(headers["Retry-After"]) > 0
        assert "no room" in problem["detail"]
        assert ask(server, f"SELECT * {{ ?s ?p ?o }} LIMIT 3 #{number}")[0] == 200
    assert refused > 6
    filling.unlink()
    assert ask(server, LARGE + "again")[2] == whole
    assert server.stop() == 0


def test_no_room_is_kept_by_what_failed(
    serve: Serve, data: Path, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enlarge(disk, 1_200)
    server = start(serve, data, disk, monkeypatch)
    for number in range(4):
        assert ask(server, f"{LARGE}{number}")[0] == 503
    assert used(disk) < 100
    assert server.stop() == 0


def count_spooled(server: LiveServer) -> int:
    """How many large answers the server holds on the disk."""
    found = 0
    for link in Path(f"/proc/{server.process.pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            found += "(deleted)" in str(link.readlink()) and link.stat().st_size > 1 << 20
    return found


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_an_answer_whose_reader_left_is_off_the_disk(serve: Serve, data: Path, coding: str) -> None:
    server = serve("--data", str(data), budget_seconds=0)
    address = urlsplit(server.url)
    query = "SELECT * { ?s ?p ?o . VALUES ?x { 1 2 3 4 5 6 7 8 9 } } #"
    readers = []
    for number in range(5):
        reader = socket.create_connection((address.hostname or "", address.port or 0), timeout=30)
        path = f"/sparql?{urlencode({'query': f'{query}{number}'})}"
        head = f"GET {path} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: {coding}\r\n\r\n"
        reader.sendall(head.encode())
        assert b" 200 " in reader.recv(100)
        readers.append(reader)
    if coding == "identity":
        # It is more than all buffers take, so the server waits for its readers.
        assert count_spooled(server) >= len(readers)
    for reader in readers:
        reader.close()
    assert until(lambda: count_spooled(server) == 0)
    assert server.stop() == 0


def test_a_folder_for_answers_that_is_not_there_ends_the_start(data: Path) -> None:
    command = [sys.executable, "-m", "kgraph", "serve", "--port", "0", "--data", str(data)]
    nowhere = str(data.parent / "nowhere")
    environment = os.environ | {"TMPDIR": nowhere}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert f"no file for an answer can be made in {nowhere}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_log_on_a_full_disk_stops_nothing(data: Path) -> None:
    port = str(find_port())
    command = [sys.executable, "-m", "kgraph", "serve", "--port", port, "--data", str(data)]
    with Path("/dev/full").open("w") as full:
        process = subprocess.Popen(command, stderr=full)
    server = LiveServer(process, f"http://127.0.0.1:{port}/")
    try:
        statuses = []
        end = time.monotonic() + 30
        while statuses[-3:] != [200, 200, 200] and time.monotonic() < end:
            time.sleep(0.1)
            with contextlib.suppress(ConnectionRefusedError):
                statuses.append(ask(server, "ASK {}")[0])
        assert statuses[-3:] == [200, 200, 200]
    finally:
        assert server.stop() == 0
