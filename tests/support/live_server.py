"""A server in a process of its own on a free port of loopback."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


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


def until(condition: Callable[[], object], seconds: float = 20) -> bool:
    """Wait for something that happens soon; tell whether it did."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def start_server(*arguments: str, before: Sequence[str] = (), **settings: object) -> LiveServer:
    """Start `kgraph serve` on a free port, by a command `before` it where one is given; settings
    become KGRAPH_… variables."""
    environment = os.environ | {f"KGRAPH_{key.upper()}": str(v) for key, v in settings.items()}
    process = subprocess.Popen(
        [*before, sys.executable, "-m", "kgraph", "serve", "--port", "0", *arguments],
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
