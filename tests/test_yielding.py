"""A long query yields the processor, and what waits for a job is left alone."""

from __future__ import annotations

import subprocess
import sys

FUNCTIONS = """
import signal, socket, threading, time
from pathlib import Path
from kgraph.serving.isolation.yielding import begin_yielding, end_yielding, yield_on_alarm
yield_on_alarm()
# The handler is not Python's, which would not run before the engine is done.
assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
caught = int(Path("/proc/self/status").read_text().split("SigCgt:")[1].split()[0], 16)
assert caught >> (signal.SIGALRM - 1) & 1
begin_yielding()
end = time.perf_counter() + 0.1
while time.perf_counter() < end:
    pass
first, interval = signal.getitimer(signal.ITIMER_REAL)
assert 0 < interval <= 0.01, interval
here, there = socket.socketpair()
threading.Timer(0.1, there.send, [b"job"]).start()
assert here.recv(10) == b"job"
end_yielding()
assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
print("alive")
"""

#: A worker whose evaluation tells how often it was called, and whether the alarm is set and was set
#: while it waited for a job.
WORKER = """
import os, signal, socket
from pyoxigraph import Store
from kgraph.engines.evaluation import Task
from kgraph.engines.writing import Written
from kgraph.serving.isolation import worker, worker_link
from kgraph.serving.isolation.worker_messages import JOB, REPLY, Said
from kgraph.serving.isolation.worker_limits import Limits
from kgraph.serving.isolation.yielding import yield_on_alarm
calls, resting = [], []
receive = worker._receive
def rest(jobs):
    resting.append(signal.getitimer(signal.ITIMER_REAL)[1])
    return receive(jobs)
worker._receive = rest
def evaluate(store, task, out, begin_rows):
    calls.append(task)
    interval = signal.getitimer(signal.ITIMER_REAL)[1]
    out.write(f"{len(calls)} {interval > 0} {any(resting)}".encode())
    return Written("boolean", "json")
worker.evaluate = evaluate
yield_on_alarm()
here, there = socket.socketpair()
if not os.fork():
    here.close()
    spool = os.open("/tmp", os.O_TMPFILE | os.O_RDWR)
    worker.work(Store(), there, spool, Limits(1 << 30, 1 << 20, 9))
    os._exit(0)
there.close()
def hear():
    what, text, body, _, _ = REPLY.unpack(here.recv(REPLY.size, socket.MSG_WAITALL))
    said = here.recv(text + body, socket.MSG_WAITALL) if text + body else b""
    return Said(what).name, said[text:].decode()
print(hear())
for _ in range(2):
    job = worker_link._pack_task(Task("ASK {}"))
    here.sendall(JOB.pack(len(job)) + job)
    print(hear())
"""


def run(script: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout.splitlines()


def test_alarms_end_nothing_and_interrupt_no_call() -> None:
    """Without its handler, the first alarm would end the process."""
    assert run(FUNCTIONS) == ["alive"]


def test_a_worker_yields_with_each_job_and_is_warm_before_the_first() -> None:
    assert run(WORKER) == [
        "('STARTED', '')",
        "('ANSWER', '2 True False')",
        "('ANSWER', '3 True False')",
    ]
