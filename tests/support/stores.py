"""Triple stores of others, started for a test on loopback; skipped where they are not installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_START_SECONDS = 60
_MAVEN = Path.home() / ".m2" / "repository" / "org" / "apache" / "jena" / "jena-fuseki-server"
#: Virtuoso has no default graph of its own: the data set's goes into this one.
VIRTUOSO_DEFAULT = "http://e/default"


@dataclass(frozen=True)
class TripleStore:
    """A running store: where it is asked, and the options with which data are pushed into it."""

    name: str
    query: str
    push: tuple[str, ...]
    default_graph: str = ""


def find_port() -> int:
    """Give a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@contextmanager
def _running(
    command: list[str], address: str, folder: Path, environment: dict[str, str] | None = None
) -> Iterator[None]:
    log = folder / "log.txt"
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=output,
            stderr=output,
            env=os.environ | (environment or {}),
        )
    try:
        end = time.monotonic() + _START_SECONDS
        while not _answers(address):
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"{command[0]} did not start: {log.read_text()[-1500:]}")
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


@contextmanager
def run_oxigraph(folder: Path) -> Iterator[TripleStore]:
    """Oxigraph's own server, from the package `oxigraph`."""
    program = shutil.which("oxigraph", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("the package oxigraph is not installed")
    url = f"http://127.0.0.1:{find_port()}"
    command = [program, "serve", "--location", str(folder / "store")]
    command += ["--bind", url.removeprefix("http://")]
    with _running(command, url, folder):
        yield TripleStore("oxigraph", f"{url}/query", ("--endpoint", f"{url}/store"))


@contextmanager
def run_oxigraph_by_update(folder: Path) -> Iterator[TripleStore]:
    """The same, data going in by SPARQL update."""
    with run_oxigraph(folder) as store:
        update = store.query.replace("/query", "/update")
        yield TripleStore(store.name, store.query, ("--endpoint", update, "--by", "update"))


@contextmanager
def run_fuseki(folder: Path) -> Iterator[TripleStore]:
    """Apache Jena Fuseki, from the jar that FUSEKI_JAR names or Maven keeps."""
    jars = [Path(os.environ["FUSEKI_JAR"])] if "FUSEKI_JAR" in os.environ else []
    jars += sorted(_MAVEN.glob("*/jena-fuseki-server-*.jar"))
    if not jars or shutil.which("java") is None:
        pytest.skip("Fuseki or Java is not installed")
    port = find_port()
    command = ["java", "-Xmx1g", "-jar", str(jars[-1]), "--mem", "--localhost", f"--port={port}"]
    url = f"http://127.0.0.1:{port}"
    base = {"FUSEKI_BASE": str(folder)}
    with _running([*command, "--update", "/ds"], f"{url}/$/ping", folder, base):
        yield TripleStore("fuseki", f"{url}/ds/sparql", ("--endpoint", f"{url}/ds/data"))


@contextmanager
def run_virtuoso(folder: Path) -> Iterator[TripleStore]:
    """Virtuoso, from Debian's package; whoever asks may write."""
    program, isql = shutil.which("virtuoso-t"), shutil.which("isql-vt")
    if program is None or isql is None:
        pytest.skip("Virtuoso is not installed")
    sql, web = find_port(), find_port()
    (folder / "virtuoso.ini").write_text(
        "[Database]\nDatabaseFile=v.db\nErrorLogFile=v.log\nLockFile=v.lck\nTransactionFile=v.trx\n"
        "xa_persistent_file=v.pxa\nTempStorage=TempDatabase\n"
        "[TempDatabase]\nDatabaseFile=t.db\nTransactionFile=t.trx\n"
        f"[Parameters]\nServerPort=127.0.0.1:{sql}\nServerThreads=10\nNumberOfBuffers=4000\n"
        f"DirsAllowed=.\n[HTTPServer]\nServerPort=127.0.0.1:{web}\nServerThreads=8\nServerRoot=.\n"
    )
    url = f"http://127.0.0.1:{web}"
    with _running([program, "-f", "-c", "virtuoso.ini"], f"{url}/sparql", folder):
        command = [isql, f"127.0.0.1:{sql}", "dba", "dba"]
        grant = 'exec=GRANT SPARQL_UPDATE TO "SPARQL";'
        subprocess.run([*command, grant], check=True, capture_output=True, timeout=30)
        push = ("--endpoint", f"{url}/sparql", "--by", "update", "--default-graph")
        yield TripleStore("virtuoso", f"{url}/sparql", (*push, VIRTUOSO_DEFAULT), VIRTUOSO_DEFAULT)


STORES = {
    "oxigraph": run_oxigraph,
    "oxigraph by update": run_oxigraph_by_update,
    "fuseki": run_fuseki,
    "virtuoso": run_virtuoso,
}
