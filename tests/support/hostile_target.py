"""The server that hostile requests are sent to, and what is known of it."""

from __future__ import annotations

import os
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

QUERY_SECONDS = 1.5
REQUEST_SECONDS = 1.5
STALL_SECONDS = 2
CONNECTIONS = 300
#: How much later than its limit an answer may come. Measured with 1 on a quiet machine; a busy one
#: makes everybody late, and a query that is never ended fails with any figure.
GRACE_SECONDS = float(os.environ.get("HOSTILE_GRACE_SECONDS", "8"))
#: Requests of each fuzzer; 10000 before a release.
FUZZED = int(os.environ.get("FUZZ_REQUESTS", "300"))


@dataclass
class Target:
    """The server under attack."""

    process: subprocess.Popen[str]
    url: str
    data_process: int
    lines: list[str] = field(default_factory=list)

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        assert parts.hostname
        assert parts.port
        return parts.hostname, parts.port


def connects(target: Target) -> bool:
    """Tell whether the server is there and its data are open."""
    with socket.create_connection(target.address, timeout=30) as connection:
        connection.sendall(b"GET /ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return b" 200 " in connection.recv(100)


def find_child(pid: int) -> int:
    """Give the process that holds the data."""
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)
