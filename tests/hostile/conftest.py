"""One server for the whole corpus, and a listener that nobody may ever reach."""

from __future__ import annotations

import os
import re
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hostile_target import (
    CONNECTIONS,
    QUERY_SECONDS,
    REQUEST_SECONDS,
    STALL_SECONDS,
    Target,
    connects,
    find_child,
)

ROOT = Path(__file__).parents[2]
TRIPLES = 20_000


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A server over 20,000 triples, with the repository's questions and low limits.

    At the end it must still be the same one.
    """
    snapshot = tmp_path_factory.mktemp("snapshot")
    rows = (f'<http://e/s{n}> <http://e/p> "{n % 100}" .\n' for n in range(TRIPLES))
    (snapshot / "default.nt").write_text("".join(rows))
    (snapshot / "dataset.nq").write_text('<http://e/s> <http://e/p> "1" <http://e/g> .\n')
    (snapshot / "manifest.json").write_text("{}")
    settings: dict[str, object] = {
        "QUERY_SECONDS": QUERY_SECONDS,
        "REQUEST_SECONDS": REQUEST_SECONDS,
        "STALL_SECONDS": STALL_SECONDS,
        "WORKERS": 2, "MEMORY_MEBIBYTES": 256, "ANSWER_MEBIBYTES": 8, "ANSWER_ROWS": 50_000,
        "ROOT": ROOT,
        "BUDGET_SECONDS": 0, "CONNECTIONS": CONNECTIONS,
    }  # fmt: skip
    environment = os.environ | {f"KGRAPH_{name}": str(value) for name, value in settings.items()}
    command = [sys.executable, "-m", "kgraph", "serve", "--port", "0", "--snapshot", str(snapshot)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    line = process.stderr.readline()
    found = re.search(r"serving on (http://\S+)", line)
    assert found, line + process.stderr.read()
    target = Target(process, found[1], 0)
    threading.Thread(target=target.lines.extend, args=(process.stderr,), daemon=True).start()
    while not connects(target):
        continue
    target.data_process = find_child(process.pid)
    yield target
    still = process.poll() is None
    same = still and find_child(process.pid) == target.data_process
    process.terminate()
    assert (still, same, process.wait(20)) == (True, True, 0)
    faults = [line for line in target.lines if '"trace"' in line]
    assert not faults, faults[0]


@pytest.fixture(scope="session")
def listener() -> Iterator[socket.socket]:
    """A listener on loopback that nobody may connect to; the system keeps who does in its queue."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        yield listening
        with pytest.raises(TimeoutError):
            listening.accept()


@pytest.fixture(scope="session", autouse=True)
def _many_open_files() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, most), most))
