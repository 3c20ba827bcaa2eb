"""Servers for the tests over HTTP: real processes on a free port of loopback, ended by the test."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from live_server import LiveServer, start_server

DATA = """
@prefix e: <http://e/> .
e:a e:name "Köln"@de ; e:knows e:b .
e:graph { e:b e:name "Bonn" . }
"""

# Under nohup a signal that a test sends would be ignored by the server that it starts.
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture
def serve() -> Iterator[Callable[..., LiveServer]]:
    """Start servers with arguments and settings of the test's own; all are ended after it."""
    started: list[LiveServer] = []

    def start(*arguments: str, **settings: object) -> LiveServer:
        started.append(start_server(*arguments, **settings))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture(scope="session")
def small_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four triples, one of them in a named graph."""
    file = tmp_path_factory.mktemp("data") / "small.trig"
    file.write_text(DATA, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def live(small_file: Path) -> Iterator[LiveServer]:
    """A server over four triples."""
    server = start_server("--data", str(small_file), query_seconds=2, budget_seconds=0)
    yield server
    assert server.stop() == 0
