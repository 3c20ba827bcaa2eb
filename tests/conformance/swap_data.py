"""Put a file in the place of the one a server reads, and wait until the server serves it.

Usage: python swap_data.py NEW SERVED http://host:port/metrics
"""

from __future__ import annotations

import re
import shutil
import sys
import time
import urllib.request
from pathlib import Path

_MOST_SECONDS = 30


def count_snapshots(metrics: str) -> float:
    """Give how many snapshots the server has opened since its start."""
    with urllib.request.urlopen(metrics, timeout=10) as answer:
        found = re.search(r"^kgraph_snapshots_opened (\S+)", answer.read().decode(), re.MULTILINE)
    assert found, "the server does not count its snapshots"
    return float(found[1])


def main(new: Path, served: Path, metrics: str) -> int:
    """Swap the file; give 1 when the server did not follow in time."""
    before = count_snapshots(metrics)
    beside = served.with_suffix(".new")
    shutil.copyfile(new, beside)
    beside.replace(served)
    end = time.monotonic() + _MOST_SECONDS
    while time.monotonic() < end:
        if count_snapshots(metrics) > before:
            return 0
        time.sleep(0.01)
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
