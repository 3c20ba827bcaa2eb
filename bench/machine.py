"""Whether the machine is free to be measured on."""

from __future__ import annotations

import time
from pathlib import Path


def read_busy_share(seconds: float = 0.5) -> float:
    """Give the share of all processors' time that was not idle in the next seconds."""
    first = _read_times()
    time.sleep(seconds)
    spent = [after - before for before, after in zip(first, _read_times(), strict=True)]
    idle = spent[3] + spent[4]
    return 1 - idle / max(1, sum(spent))


def _read_times() -> list[int]:
    """Give the counters of /proc/stat up to stolen time; guests are counted in user time."""
    line = Path("/proc/stat").read_text().splitlines()[0]
    return [int(word) for word in line.split()[1:9]]
