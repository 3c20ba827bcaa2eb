"""The W3C's protocol and service description tests, and 25 more, through the endpoint."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from live_server import start_server

RUNNER = Path(__file__).parents[3] / "shared" / "suites" / "run_protocol.py"
SCORES = ("query: 20/20", "sd: 3/3", "extra: 25/25")


def run_suite(*options: str) -> str:
    command = [sys.executable, str(RUNNER), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=300).stdout


@pytest.mark.skipif(not RUNNER.exists(), reason="the suites are not beside this folder")
def test_the_protocol_is_spoken_in_full(tmp_path: Path) -> None:
    data = tmp_path / "setup.nq"
    data.write_text(run_suite("--query", "http://127.0.0.1/", "--print-setup"))
    server = start_server("--data", str(data), budget_seconds=0)
    try:
        report = run_suite(
            *("--query", server.sparql, "--suites", "query,sd,extra"),
            *("--setup", "none", "--crash-test"),
        )
    finally:
        code = server.stop()
    assert all(score in report for score in SCORES), report[-3000:]
    assert code == 0
