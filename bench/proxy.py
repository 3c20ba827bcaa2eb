"""The nginx of `deploy/`, with its configuration as shipped, before one server of this project."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from servers import ROOT, NotInstalled, Running, answers, find_port

_REPLICA = re.compile(r"replica-\d+:8000")
_LISTEN = "listen 8080"


def write_configuration(replica: str, port: int) -> str:
    """Give the shipped configuration for one replica (host and port) and a port of loopback."""
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    lines: list[str] = []
    for line in text.splitlines():
        # Twice the same server in an upstream would only be asked twice when it fails.
        if not (_REPLICA.search(line) and any(replica in each for each in lines)):
            lines.append(_REPLICA.sub(replica, line))
    return "\n".join(lines).replace(_LISTEN, f"listen 127.0.0.1:{port}")


@contextmanager
def run_proxy(replica: Running) -> Iterator[Running]:
    """Give nginx as a server, once it answers.

    Errors: NotInstalled, also where it does not start.
    """
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        raise NotInstalled("nginx: apt-get install nginx-light")
    parts, port = urlsplit(replica.url), find_port()
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder) / "nginx.conf"
        configuration.write_text(write_configuration(parts.netloc, port), encoding="utf-8")
        command = [program, "-p", folder, "-c", str(configuration), "-e", "stderr"]
        process = subprocess.Popen([*command, "-g", "daemon off;"])
        url = f"http://127.0.0.1:{port}{parts.path}"
        try:
            while not answers(f"{url}?query=ASK%7B%7D"):
                if process.poll() is not None:
                    raise NotInstalled("nginx: it does not start with the configuration of deploy/")
                time.sleep(0.05)
            yield Running(f"{replica.name} by the proxy", url, process, replica.start_seconds)
        finally:
            process.terminate()
            process.wait()
