"""From the command to the first answer: the store on disk first, the memory then."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kgraph.web.server import _listen
from live_server import until

Serve = Callable[..., Any]
COUNT = "sparql?query=SELECT(COUNT(*)AS%3Fn)%7B%3Fs%3Fp%3Fo%7D&format=csv"


@pytest.fixture
def snapshots(tmp_path: Path) -> Path:
    """The folder of snapshots of a small repository."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "curated.ttl").write_text("<http://e/a> <http://e/b> <http://e/c> .\n")
    command = [sys.executable, "-m", "kgraph", "build"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    return tmp_path / "build"


def get(server: Any, path: str) -> tuple[str, str]:
    with urllib.request.urlopen(server.url + path, timeout=20) as answer:
        return answer.read().decode(), answer.headers.get("ETag", "")


def count_opened(server: Any) -> int:
    found = re.search(r"kgraph_snapshots_opened (\d+)", get(server, "metrics")[0])
    return int(found[1]) if found else 0


def test_both_give_the_same_under_validators_of_their_own(serve: Serve, snapshots: Path) -> None:
    on_disk = serve("--snapshot", str(snapshots), in_memory="false", switch_seconds=0.1)
    in_memory = serve("--snapshot", str(snapshots), switch_seconds=60)
    assert until(lambda: count_opened(in_memory) == 2, seconds=30)
    (disk_rows, disk_tag), (rows, tag) = get(on_disk, COUNT), get(in_memory, COUNT)
    assert disk_rows == rows
    assert disk_tag != tag
    assert count_opened(on_disk) == 1
    quads = [
        re.search(r"kgraph_quads (\S+)", get(each, "metrics")[0]) for each in (on_disk, in_memory)
    ]
    assert quads[0]
    assert quads[1]
    assert quads[0][1] == quads[1][1]
    assert on_disk.stop() == in_memory.stop() == 0


@pytest.mark.parametrize("fault", ["gone", "cut"])
def test_without_the_store_the_files_are_enough(serve: Serve, snapshots: Path, fault: str) -> None:
    store = snapshots / "current" / "store"
    if fault == "gone":
        shutil.rmtree(store)
    else:
        for file in store.glob("MANIFEST-*"):
            file.write_bytes(file.read_bytes()[:10])
    server = serve("--snapshot", str(snapshots), switch_seconds=60)
    assert int(get(server, COUNT)[0].split()[1]) > 0
    assert server.stop() == 0


def test_an_end_while_the_memory_is_filled_is_an_end(serve: Serve, snapshots: Path) -> None:
    server = serve("--snapshot", str(snapshots))
    assert server.stop() == 0


def test_answers_are_sent_without_waiting_for_more() -> None:
    with _listen("127.0.0.1", 0) as listening:
        assert listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
