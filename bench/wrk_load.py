"""The load of one cheap query, by `wrk` where it is installed: Python cannot ask fast enough.

The same scripts ask all servers. Without `wrk` the generator of load.py is used, which says so.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from load import Address
from process_memory import watch_memory

# A comment with thread and number makes each text a new one that costs the same.
SCRIPT = """
local threads = 0
function setup(thread) threads = threads + 1; thread:set("id", threads) end
local number = 0
local head, tail = "GET %(path)s?query=%(query)s", " HTTP/1.1\\r\\nHost: %(host)s\\r\\n" ..
  "Accept: application/sparql-results+json\\r\\nUser-Agent: bench\\r\\n\\r\\n"
function request()
  number = number + 1
  return head .. %(comment)s .. tail
end
function done(summary, latency)
  io.write(string.format('\\n{"requests": %%d, "microseconds": %%d, "bytes": %%d, ' ..
    '"refused": %%d, "broken": %%d, "p50": %%f, "p99": %%f}\\n',
    summary.requests, summary.duration, summary.bytes,
    summary.errors.status, summary.errors.connect + summary.errors.read + summary.errors.write +
    summary.errors.timeout, latency:percentile(50), latency:percentile(99)))
end
"""
DISTINCT = '"%20%23" .. id .. "-" .. number'
SAME = '""'


def write_script(url: str, query: str, distinct: bool) -> str:
    """Give the script for one query, each time with another comment or always the same."""
    address = Address.read(url)
    return SCRIPT % {
        "path": address.path,
        "host": address.host,
        "query": quote(query.rstrip(), safe=""),
        "comment": DISTINCT if distinct else SAME,
    }


def is_installed() -> bool:
    """Tell whether `wrk` is there."""
    return shutil.which("wrk") is not None


def run_wrk(
    url: str, query: str, distinct: bool, clients: int, seconds: float, root: int
) -> dict[str, float]:
    """Give answers per second, refusals, p50 and p99 in milliseconds, and peak memory in bytes of
    the process tree below `root`."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.lua"
        script.write_text(write_script(url, query, distinct))
        command = ["wrk", "-t2", f"-c{clients}", f"-d{max(1, round(seconds))}s", "--timeout", "30s"]
        begin = time.perf_counter()
        process = subprocess.Popen(
            [*command, "-s", str(script), url], stdout=subprocess.PIPE, text=True
        )
        peak = watch_memory(root, lambda: process.poll() is not None)
        output, _ = process.communicate(timeout=seconds + 60)
    found = json.loads(output.strip().splitlines()[-1])
    answered = found["requests"] - found["refused"]
    taken = found["microseconds"] / 1e6
    return {
        "answers_per_second": answered / taken,
        "answered": answered,
        "refused": found["refused"],
        "broken": found["broken"],
        "p50": found["p50"] / 1000,
        "p99": found["p99"] / 1000,
        "bytes_per_answer": found["bytes"] / max(1, found["requests"]),
        "peak_bytes": peak,
        "seconds": taken,
        "whole_seconds": time.perf_counter() - begin,
    }
