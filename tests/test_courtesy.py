"""A long query offers the processor, and what waits for a job is left alone."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import signal, socket, threading, time
from kgraph.serving.isolation.yielding import begin_offering, end_offering, offer_on_alarm
offer_on_alarm()
begin_offering()
end = time.perf_counter() + 0.1
while time.perf_counter() < end:
    pass
first, interval = signal.getitimer(signal.ITIMER_REAL)
assert 0 < interval <= 0.01, interval
here, there = socket.socketpair()
threading.Timer(0.1, there.send, [b"job"]).start()
assert here.recv(10) == b"job"
end_offering()
assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
print("alive")
"""


def test_alarms_end_nothing_and_interrupt_no_call() -> None:
    """Without its handler, the first alarm would end the process."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == ("alive\n", "", 0)
