"""The queries that reach outside, sent to a server on which SERVICE is on for other addresses."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hostile_corpus import Hostile, build_corpus
from live_server import LiveServer, start_server

FILE = str(Path(__file__).resolve())
NAMES = [
    name for name in build_corpus(0, FILE)
    if name.startswith(("outside", "update", "text", "harmless", "nesting"))
]  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server that may ask two endpoints, neither of which is the listener's address."""
    data = tmp_path_factory.mktemp("data") / "data.nt"
    data.write_text('<http://e/s> <http://e/p> "1" .\n')
    server = start_server(
        *("--data", str(data)),
        service_endpoints="https://listed.invalid/sparql",
        service_private="http://127.0.0.1:1/sparql",
        query_seconds=1.5,
        memory_mebibytes=256,
        budget_seconds=0,
    )
    yield server
    assert server.stop() == 0
    assert not [line for line in server.lines if '"trace"' in line]


@pytest.mark.parametrize("name", NAMES)
def test_a_list_opens_nothing_else(server: LiveServer, listener: socket.socket, name: str) -> None:
    hostile: Hostile = build_corpus(listener.getsockname()[1], FILE)[name]
    kind = {"Content-Type": "application/sparql-query"}
    content = hostile.query.encode()
    answer = httpx.post(server.sparql, content=content, headers=kind, timeout=20)
    assert answer.status_code in hostile.statuses, answer.text[:500]
    if answer.status_code >= 400:
        assert json.loads(answer.content)["detail"]
