"""Triple stores of other makers for tests: started on a free loopback port, stopped by themselves.

Each is in memory and starts empty. Where one is absent, its `find_…` says why as text.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 60
FUSEKI = "org.apache.jena:jena-fuseki-server"
#: The last line that runs on Java 17 and was tried.
FUSEKI_VERSION = "5.2.0"
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class TripleStore:
    """A running store: addresses of the query protocol, updates and the graph store protocol."""

    name: str
    query: str
    update: str
    data: str

    def replace_default_graph(self, content: bytes, media_type: str = "text/turtle") -> None:
        """Put triples in the place of all there are in the default graph."""
        request = urllib.request.Request(
            f"{self.data}?default",
            data=content,
            method="PUT",
            headers={"Content-Type": media_type},
        )
        with _OPENER.open(request, timeout=START_SECONDS):
            pass


def find_oxigraph() -> Path | None:
    """Give the program `oxigraph` of this environment."""
    found = shutil.which("oxigraph", path=str(Path(sys.executable).parent))
    return Path(found) if found else None


def find_fuseki() -> Path | None:
    """Give Fuseki's jar: the one KGRAPH_FUSEKI_JAR names, or Maven's local copy."""
    named = os.environ.get("KGRAPH_FUSEKI_JAR")
    if named:
        return Path(named)
    home = Path.home() / ".m2/repository/org/apache/jena/jena-fuseki-server"
    return next(iter(sorted(home.glob("5.*/jena-fuseki-server-5.*.jar"), reverse=True)), None)


def explain_absence(name: str) -> str | None:
    """Say why a store cannot be started here; None when it can."""
    if name == "oxigraph":
        return None if find_oxigraph() else "no program oxigraph: pip install oxigraph"
    if shutil.which("java") is None:
        return "no java on this machine; Fuseki 5 wants Java 17"
    if find_fuseki() is None:
        return (
            f"no jar of Fuseki: mvn dependency:get -Dartifact={FUSEKI}:{FUSEKI_VERSION} "
            "-Dtransitive=false"
        )
    return None


@contextlib.contextmanager
def run_store(name: str, folder: Path) -> Iterator[TripleStore]:
    """Run `oxigraph` or `fuseki` with `folder` as its working folder, where its log goes."""
    port = _find_port()
    at = f"http://127.0.0.1:{port}"
    if name == "oxigraph":
        command = [str(find_oxigraph()), "serve", "--bind", f"127.0.0.1:{port}"]
        store = TripleStore(name, f"{at}/query", f"{at}/update", f"{at}/store")
    else:
        # One service without a web interface; --localhost binds loopback alone.
        command = ["java", "-Xmx768m", "-jar", str(find_fuseki()), "--mem", "--update"]
        command += ["--localhost", "--port", str(port), "/ds"]
        store = TripleStore(name, f"{at}/ds/query", f"{at}/ds/update", f"{at}/ds/data")
    log = folder / f"{name}.log"
    with (
        log.open("wb") as out,
        subprocess.Popen(command, cwd=folder, stdout=out, stderr=out) as process,
    ):
        try:
            _await_answer(store, process, log)
            yield store
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()


def _find_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_answer(store: TripleStore, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            with _OPENER.open(f"{store.query}?query=ASK%7B%7D", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"{store.name} did not start: {log.read_text(errors='replace')[-2000:]}")
