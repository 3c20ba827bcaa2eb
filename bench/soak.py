"""A server under a long mixture of honest and hostile requests: does it leave anything behind?

    python bench/soak.py [--requests 60000] [--connections 16] [--triples 20000]

It starts a server of its own on a free port of loopback, sends the requests, and prints processes,
open files, bytes in files that have no name, and memory, before and two seconds after. Exit code 1
when there are more processes than the settings allow, files left over, or 300 MB more of memory.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from process_memory import find_tree

WORKERS, PROCESSES = 2, 16
_SETTINGS = {"WORKERS": WORKERS, "PROCESSES": PROCESSES, "QUERY_SECONDS": 3}
_REST_SECONDS = 2.0
_SPARE_BYTES = 300 << 20
_FILES_SPARE = 20
_PART = 1 << 16
HEAVY = "SELECT (COUNT(*) AS ?n) {{ ?{0} ?b ?c . ?d ?e ?f . ?g ?h ?i }}"


@dataclass(frozen=True)
class Kind:
    """One kind of request: its part of all, the query, what is added to the address, and how the
    client behaves: seconds after which it leaves, bytes after which it does."""

    share: int
    query: str
    more: str = ""
    leave_seconds: float = 60.0
    leave_bytes: int = 1 << 40


#: `{0}` is a word that never came before, `{1}` one of a few numbers, `{2}` a new number.
KINDS = {
    "cheap": Kind(40, "SELECT ?o {{ <http://e/s{2}> ?p ?o }}"),
    "kept": Kind(25, "SELECT ?o {{ <http://e/s{1}> ?p ?o }}"),
    "rows": Kind(5, "SELECT * {{ ?s ?p ?o }} LIMIT 1{1}"),
    "wrong": Kind(5, "SELECT {{ ?{0}"),
    "tiny timeout": Kind(12, HEAVY, "&timeout=0.001"),
    "leaves soon": Kind(6, HEAVY, leave_seconds=0.02),
    "leaves while it reads": Kind(3, "SELECT * {{ ?s ?p ?o }} ORDER BY ?{0}", leave_bytes=1 << 10),
    "nested": Kind(2, "SELECT * " + "{{" * 20_000 + "}}" * 20_000 + " # {0}"),
    "service": Kind(1, "SELECT * {{ SERVICE <http://127.0.0.1:9/{0}> {{ ?s ?p ?o }} }}"),
    "heavy": Kind(1, HEAVY, "&timeout=1"),
}


@dataclass(frozen=True)
class State:
    """What a server holds: processes, descriptors, bytes in files without a name, bytes of memory
    that count once."""

    processes: int
    files: int
    unnamed_bytes: int
    memory_bytes: int

    @classmethod
    def read(cls, server: int) -> State:
        """Look at the server and all its descendants."""
        tree = list(find_tree(server))
        unnamed = set[tuple[int, int, int]]()
        files = memory = 0
        for process in tree:
            with suppress(OSError):
                rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
                memory += int(rollup.split("\nPss:")[1].split()[0]) << 10
            with suppress(OSError):
                for each in Path(f"/proc/{process}/fd").iterdir():
                    files += 1
                    found = each.stat()
                    if not found.st_nlink and found.st_size:
                        unnamed.add((found.st_dev, found.st_ino, found.st_blocks * 512))
        return cls(len(tree), files, sum(size for _, _, size in unnamed), memory)

    def __str__(self) -> str:
        return (
            f"{self.processes} processes, {self.files} open files, "
            f"{self.unnamed_bytes >> 20} MiB in files without a name, "
            f"{self.memory_bytes >> 20} MiB of memory"
        )


class Soak:
    """Clients that take one request after the other from a common heap."""

    def __init__(self, url: str, requests: int, triples: int) -> None:
        address = urlsplit(url)
        self._host, self._port = address.hostname or "", address.port or 80
        self._left = requests
        self._triples = triples
        self._random = random.Random(1)
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.limits: Counter[str] = Counter()
        self.cheap_seconds: list[float] = []

    async def walk(self) -> None:
        """Send requests until none is left."""
        names, shares = list(KINDS), [kind.share for kind in KINDS.values()]
        while self._left > 0:
            self._left -= 1
            name = self._random.choices(names, shares)[0]
            begun = time.perf_counter()
            status = await self._send(KINDS[name], self._left)
            self.statuses[name, status] += 1
            if name == "cheap" and status == 200:
                self.cheap_seconds.append(time.perf_counter() - begun)

    async def _send(self, kind: Kind, number: int) -> int:
        word = "x" + "".join(chr(97 + int(digit)) for digit in str(number))
        query = kind.query.format(word, self._random.randrange(100), number % self._triples)
        form = f"query={quote(query)}{kind.more}"
        head = (
            f"POST /sparql HTTP/1.1\r\nHost: {self._host}\r\nConnection: close\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(form)}\r\n\r\n{form}"
        )
        got = bytearray()
        writer = None
        try:
            async with asyncio.timeout(kind.leave_seconds):
                reader, writer = await asyncio.open_connection(self._host, self._port)
                writer.write(head.encode())
                while len(got) < kind.leave_bytes and (part := await reader.read(_PART)):
                    got += part if len(got) < _PART else b""
        except (TimeoutError, OSError):
            pass
        finally:
            if writer is not None:
                writer.transport.abort()
        status = int(got[9:12]) if len(got) > 12 else 0
        if limit := re.search(rb'"limit":\s*"([a-z ]+)"', got):
            self.limits[limit[1].decode()] += 1
        return status


@contextmanager
def run_server(triples: int) -> Iterator[tuple[int, str]]:
    """Run a server over so many triples; give its process and address."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "data.nt"
        lines = (f'<http://e/s{n}> <http://e/p> "{n}" .\n' for n in range(triples))
        file.write_text("".join(lines))
        log = Path(folder) / "log"
        settings = {f"KGRAPH_{name}": str(value) for name, value in _SETTINGS.items()}
        command = [sys.executable, "-m", "kgraph", "serve", "--port", "0", "--data", str(file)]
        with log.open("w") as writing:
            process = subprocess.Popen(command, stderr=writing, env=os.environ | settings)
        try:
            while not (found := re.search(r"serving on (http://\S+)", log.read_text())):
                if process.poll() is not None:
                    sys.exit(log.read_text())
                time.sleep(0.1)
            yield process.pid, found[1]
        finally:
            process.terminate()
            process.wait(30)


async def soak(url: str, arguments: argparse.Namespace) -> Soak:
    """Send all requests."""
    found = Soak(url, arguments.requests, arguments.triples)
    await asyncio.gather(*(found.walk() for _ in range(arguments.connections)))
    return found


def main() -> None:
    """Run the soak, and say what is left of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=60_000)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--triples", type=int, default=20_000)
    parser.add_argument("--budget-seconds", type=float, default=0)
    arguments = parser.parse_args()
    _SETTINGS["BUDGET_SECONDS"] = arguments.budget_seconds
    with run_server(arguments.triples) as (server, url):
        asyncio.run(soak(url, argparse.Namespace(**vars(arguments) | {"requests": 500})))
        time.sleep(_REST_SECONDS)
        before = State.read(server)
        begun = time.perf_counter()
        found = asyncio.run(soak(url, arguments))
        taken = time.perf_counter() - begun
        time.sleep(_REST_SECONDS)
        after = State.read(server)
    for name in KINDS:
        of_kind = {
            status: n for (each, status), n in sorted(found.statuses.items()) if each == name
        }
        print(f"{name:24}{of_kind}")
    print(f"422 for: {dict(found.limits)}")
    cheap = sorted(found.cheap_seconds)
    if cheap:
        middle, high = cheap[len(cheap) // 2] * 1e3, cheap[int(len(cheap) * 0.99)] * 1e3
        print(f"cheap: median {middle:.1f} ms, 99th percentile {high:.1f} ms; {taken:.0f} s in all")
    print(f"before: {before}\nafter:  {after}")
    # The server and the process that forks are there beside the workers.
    good = (
        after.processes <= PROCESSES + 2
        and after.files <= before.files + _FILES_SPARE
        # A small answer stays in its worker's file until the next one.
        and after.unnamed_bytes <= before.unnamed_bytes + 3 * WORKERS * (1 << 20)
        and after.memory_bytes <= before.memory_bytes + _SPARE_BYTES
    )
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
