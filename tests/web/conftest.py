"""Servers for the tests over HTTP: real processes on a free port of loopback, ended by the test."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

DATA = """
@prefix e: <http://e/> .
e:a e:name "Köln"@de ; e:knows e:b .
e:graph { e:b e:name "Bonn" . }
"""


@dataclass
class LiveServer:
    """A server in a process of its own, and what it wrote."""

    process: subprocess.Popen[str]
    url: str
    lines: list[str] = field(default_factory=list)

    @property
    def sparql(self) -> str:
        return f"{self.url}sparql"

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(15)


def start_server(*arguments: str, **settings: object) -> LiveServer:
    """Start `kgraph serve` on a free port; settings become KGRAPH_… variables."""
    environment = os.environ | {f"KGRAPH_{key.upper()}": str(v) for key, v in settings.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "kgraph", "serve", "--port", "0", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    lines: list[str] = []
    assert process.stderr is not None
    for line in process.stderr:
        lines.append(line)
        found = re.search(r"serving on (http://\S+)", line)
        if found:
            # Somebody must read on, or a full pipe would stop the server.
            threading.Thread(target=lines.extend, args=(process.stderr,), daemon=True).start()
            return LiveServer(process, found[1], lines)
    raise AssertionError(f"the server ended with code {process.wait()}: {''.join(lines)}")


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
