"""What runs ahead of all others, and how it falls behind: in processes of their own."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kgraph.engines.evaluation import Task
from kgraph.engines.workers.expectations import Kind, hash_shape
from kgraph.engines.workers.limits import PoolLimits
from kgraph.engines.workers.pool import Pool

BEGIN = """
import os, threading
from kgraph.engines.workers.scheduling import fall_behind, go_ahead, keep_ahead
def show():
    policy = os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK
    print(policy == os.SCHED_RR, os.sched_getparam(0).sched_priority, os.getpriority(0, 0))
"""


def run(script: str, **options: object) -> list[str]:
    """Run a script, and give the lines that it writes."""
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + script],
        capture_output=True, text=True, timeout=60, check=False, **options,
    )  # type: ignore[call-overload] # fmt: skip
    assert not done.returncode, done.stderr
    return done.stdout.split("\n")[:-1]


def is_allowed() -> bool:
    return run("print(go_ahead(1))") == ["True"]


needs_real_time = pytest.mark.skipif(
    not is_allowed(), reason="the system does not let us run in real time"
)


@needs_real_time
def test_who_goes_ahead_does_so_alone() -> None:
    script = (
        "go_ahead(2); show()\n"
        "each = threading.Thread(target=show); each.start(); each.join()\n"
        "pid = os.fork()\n"
        "if not pid: show()\n"
        "else: os.wait()"
    )
    assert run(script, env=os.environ | {"PYTHONUNBUFFERED": "1"}) == [
        "True 2 0", "False 0 0", "False 0 0",
    ]  # fmt: skip


@needs_real_time
def test_who_fell_behind_does_not_go_ahead_again() -> None:
    assert run("print(keep_ahead(1)); show(); fall_behind(os.getpid(), 12); show()") == [
        "True", "True 1 0", "False 0 12",
    ]  # fmt: skip
    assert run("fall_behind(0, 19); print(keep_ahead(1)); show()") == ["False", "False 0 19"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_who_may_not_is_told_so() -> None:
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0)); os.setuid(65534)\n"
        "print(go_ahead(1)); show(); fall_behind(0, 12); show()"
    )
    assert run(script) == ["False", "False 0 0", "False 0 12"]


def read_priority(process: int) -> tuple[bool, int]:
    policy = os.sched_getscheduler(process) & ~os.SCHED_RESET_ON_FORK
    return policy == os.SCHED_RR, os.getpriority(os.PRIO_PROCESS, process)


@needs_real_time
@pytest.mark.parametrize("copied_bytes", [0, 1 << 30])
def test_quick_workers_go_ahead_until_a_query_proves_to_be_long(
    tmp_path: Path, copied_bytes: int
) -> None:
    file = tmp_path / "data.nt"
    lines = (f'<http://e/s{n}> <http://e/p> "{n % 100}" .\n' for n in range(20_000))
    file.write_text("".join(lines))
    limits = PoolLimits(workers=2, query_seconds=2, ahead=True, copied_bytes=copied_bytes)
    long = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"

    async def main() -> None:
        pool = Pool([file], limits)
        try:
            await pool.start()
            crew = pool._crew
            for worker in crew._idle[Kind.QUICK]:
                while not worker.process or not read_priority(worker.process)[0]:
                    await asyncio.sleep(0.01)
            for kind in (Kind.TRIAL, Kind.LONG):
                assert not any(read_priority(each.process)[0] for each in crew._idle[kind])
            # As if it had been quick before.
            for _ in range(6):
                pool._expected.note(hash_shape(long), 0.0001)
            worker = max(crew._idle[Kind.QUICK], key=lambda each: -each.number)
            asked = pool.begin(Task(long))
            while worker.kind is Kind.QUICK or read_priority(worker.process) != (False, 12):
                await asyncio.sleep(0.01)
            asked.cancel()
            assert b"true" in (await pool.answer(Task("ASK { ?s ?p ?o }"))).body
            assert len([each for each in crew._workers if each.kind is Kind.QUICK]) == 2
        finally:
            await pool.close()

    asyncio.run(asyncio.wait_for(main(), 60))
