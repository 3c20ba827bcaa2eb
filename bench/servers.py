"""The servers that the benchmark compares: each started on a free port of loopback, and stopped.

Versions are pinned by constraints.txt (Oxigraph), RDFLIB_ENDPOINT and FUSEKI below. A server that
is not installed is left out, with the reason.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from holdings import Holdings

ROOT = Path(__file__).parents[1]
RDFLIB_ENDPOINT = ("rdflib-endpoint==0.6.3", "oxrdflib==0.5.0", "pyoxigraph==0.5.13", "uvicorn")
FUSEKI = "5.2.0"
FUSEKI_HEAP = "4g"
_MAVEN = Path.home() / ".m2/repository/org/apache/jena/jena-fuseki-server"
_START_SECONDS = 180
_POLL_SECONDS = 0.02
_PROBE = "ASK {}"


class NotInstalled(Exception):
    """A peer is not there; the message says how to get it."""


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    name: str
    url: str
    process: subprocess.Popen[bytes]
    start_seconds: float


@dataclass(frozen=True)
class Plan:
    """How to start a server: command for a port, path of its endpoint, environment, and what to
    do before the first query."""

    command: Callable[[int], list[str]]
    path: str
    environment: dict[str, str]
    load: Path | None = None


def find_oxigraph() -> str:
    """Give Oxigraph's program. Errors: NotInstalled."""
    beside = Path(sys.executable).parent / "oxigraph"
    program = str(beside) if beside.exists() else shutil.which("oxigraph")
    if program is None:
        raise NotInstalled("oxigraph: pip install -e '.[dev]'")
    return program


def plan_kgraph(holdings: Holdings, graphs: str, **settings: object) -> Plan:
    """This project's server over a snapshot, with default settings but for the budget."""
    environment = {"KGRAPH_BUDGET_SECONDS": "0", "KGRAPH_ROOT": str(ROOT)}
    environment |= {f"KGRAPH_{name.upper()}": str(value) for name, value in settings.items()}
    program = str(Path(sys.executable).parent / "kgraph")
    snapshot = str(holdings.snapshot(graphs))
    return Plan(
        lambda port: [program, "serve", "--snapshot", snapshot, "--port", str(port)],
        "/sparql",
        environment,
    )


def plan_oxigraph_disk(holdings: Holdings) -> Plan:
    """`oxigraph serve-read-only` over a loaded and optimised folder."""
    program, store = find_oxigraph(), str(holdings.store)
    return Plan(
        lambda port: [program, "serve-read-only", "-l", store, "-b", f"127.0.0.1:{port}"],
        "/query",
        {},
    )


def plan_oxigraph_memory(holdings: Holdings) -> Plan:
    """`oxigraph serve` in memory, loaded over HTTP."""
    program = find_oxigraph()
    return Plan(
        lambda port: [program, "serve", "-b", f"127.0.0.1:{port}"],
        "/query",
        {},
        load=holdings.graph,
    )


def plan_fuseki(holdings: Holdings) -> Plan:
    """Fuseki with its data set in memory, read from the file at its start."""
    jar = os.environ.get("FUSEKI_JAR") or _MAVEN / FUSEKI / f"jena-fuseki-server-{FUSEKI}.jar"
    if not Path(jar).exists() or shutil.which("java") is None:
        raise NotInstalled(
            f"Fuseki: mvn dependency:get -Dartifact=org.apache.jena:jena-fuseki-server:{FUSEKI} "
            "-Dtransitive=false, and a Java"
        )
    command = ["java", f"-Xmx{FUSEKI_HEAP}", "-jar", str(jar), "--localhost"]
    data = f"--file={holdings.graph}"
    return Plan(lambda port: [*command, f"--port={port}", data, "/ds"], "/ds/sparql", {})


def plan_rdflib_endpoint(holdings: Holdings) -> Plan:
    """rdflib-endpoint over an Oxigraph store in memory, in an environment of its own."""
    home = ROOT / "build" / "peers" / "rdflib-endpoint"
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
        install = [str(python), "-m", "pip", "install", "-q", *RDFLIB_ENDPOINT]
        done = subprocess.run(install, capture_output=True, text=True, timeout=600, check=False)
        if done.returncode:
            shutil.rmtree(home)
            raise NotInstalled(f"rdflib-endpoint: {done.stderr.strip().splitlines()[-1]}")
    script = str(ROOT / "bench" / "rdflib_server.py")
    return Plan(lambda port: [str(python), script, str(holdings.graph), str(port)], "/", {})


PEERS: dict[str, Callable[[Holdings], Plan]] = {
    "oxigraph-memory": plan_oxigraph_memory,
    "oxigraph-disk": plan_oxigraph_disk,
    "fuseki": plan_fuseki,
    "rdflib-endpoint": plan_rdflib_endpoint,
}


def find_port() -> int:
    """Give a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@contextmanager
def run_server(
    name: str, plan: Plan, memory_bytes: int = 0, probe: str = _PROBE
) -> Iterator[Running]:
    """Start a server, ask `probe` until it is answered, and stop the server at the end.

    `memory_bytes` bounds the address space of each of its processes.

    Errors: RuntimeError with the end of its log when it does not start.
    """
    port = find_port()

    def bound() -> None:
        if memory_bytes:
            resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))

    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        start = time.perf_counter()
        with log.open("wb") as output:
            process = subprocess.Popen(
                plan.command(port),
                cwd=ROOT if name.startswith("kgraph") else folder,
                env=os.environ | {"FUSEKI_BASE": folder} | plan.environment,
                stdout=output,
                stderr=output,
                preexec_fn=bound,
            )
        try:
            base = f"http://127.0.0.1:{port}"
            while not answers(f"{base}{plan.path}?query={quote(probe)}"):
                if process.poll() is not None or time.perf_counter() - start > _START_SECONDS:
                    raise RuntimeError(f"{name} did not start:\n{log.read_text()[-1500:]}")
                time.sleep(_POLL_SECONDS)
            seconds = time.perf_counter() - start
            if plan.load:
                _load(f"{base}/store?default", plan.load)
            yield Running(name, base + plan.path, process, seconds)
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
            process.kill()
            process.wait()


def answers(url: str) -> bool:
    """Tell whether a query is answered with 200."""
    request = urllib.request.Request(url, headers={"Accept": "application/sparql-results+json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return bool(response.read()) and response.status == 200
    except (OSError, urllib.error.URLError):
        return False


def _load(url: str, file: Path) -> None:
    headers = {"Content-Type": "application/n-triples", "Content-Length": str(file.stat().st_size)}
    with file.open("rb") as body:
        request = urllib.request.Request(url, body, headers, method="PUT")
        with urllib.request.urlopen(request, timeout=600):
            pass
