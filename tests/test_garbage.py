"""Garbage is collected between answers, and all of it sooner or later."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import collections, gc, weakref
from kgraph.serving.isolation.garbage import collector
class Knot:
    def __init__(self):
        self.self = self
there = [[n] for n in range(100_000)]
collector.begin()
assert gc.get_count()[0] < 100
# Kept until they are old, so that only a look through all of them finds them.
kept, alive, most = collections.deque(maxlen=20_000), weakref.WeakSet(), 0
for n in range(200_000):
    kept.append(Knot())
    alive.add(kept[-1])
    if collector.is_due():
        collector.collect()
    most = max(most, gc.get_count()[0])
print(most < 2_000, len(alive) < 150_000, gc.get_stats()[2]["collections"] > 1)
"""


def test_knots_are_found_sooner_or_later() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120, check=False
    )
    assert not done.returncode, done.stderr
    if done.stdout != "True True True\n":
        pytest.fail(done.stdout + done.stderr)
