"""What runs ahead of all others, and how it falls behind: in processes of their own."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kgraph.engines.evaluation import Task
from kgraph.serving.limits import PoolLimits
from kgraph.serving.scheduling import real_time as precedence
from kgraph.serving.scheduling.costs import Kind, hash_shape
from kgraph.serving.scheduling.pool import Pool

PRODUCT = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i"
BEGIN = """
import os, threading
from kgraph.serving.isolation.priorities import fall_behind, go_ahead, take_turns
def show():
    policy = os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK
    print(policy == os.SCHED_RR, os.sched_getparam(0).sched_priority, os.getpriority(0, 0))
"""


def run(script: str, *before: str) -> list[str]:
    """Run a script, by a command `before` it, and give the lines that it writes."""
    done = subprocess.run(
        [*before, sys.executable, "-c", BEGIN + script],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert not done.returncode, done.stderr
    return done.stdout.split("\n")[:-1]


def is_allowed() -> bool:
    return run("print(go_ahead(0, 1))") == ["True"]


needs_real_time = pytest.mark.skipif(
    not is_allowed(), reason="the system does not let us run in real time"
)


@needs_real_time
def test_who_goes_ahead_can_be_told_to_take_turns_again() -> None:
    assert run("go_ahead(0, 1); take_turns(0); show()") == ["False 0 0"]
    assert run("go_ahead(os.getpid(), 1); fall_behind(os.getpid(), 12); show()") == ["False 0 12"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_who_may_not_is_told_so() -> None:
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0)); os.setuid(65534)\n"
        "print(go_ahead(0, 1)); show(); fall_behind(0, 12); show()"
    )
    assert run(script) == ["False", "False 0 0", "False 0 12"]


def read_priority(process: int) -> tuple[bool, int]:
    policy = os.sched_getscheduler(process) & ~os.SCHED_RESET_ON_FORK
    return policy == os.SCHED_RR, os.getpriority(os.PRIO_PROCESS, process)


@needs_real_time
@pytest.mark.parametrize("copied_bytes", [0, 1 << 30])
def test_quick_workers_go_ahead_while_there_are_long_queries(
    tmp_path: Path, copied_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precedence, "_LINGER_SECONDS", 0.1)
    file = tmp_path / "data.nt"
    lines = (f'<http://e/s{n}> <http://e/p> "{n % 100}" .\n' for n in range(20_000))
    file.write_text("".join(lines))
    limits = PoolLimits(workers=2, query_seconds=5, ahead=True, copied_bytes=copied_bytes)

    async def main() -> None:
        pool = Pool([file], limits)
        try:
            await pool.start()
            crew = pool._crew

            async def wait_for(quick: tuple[bool, int]) -> None:
                """Wait until this process and the quick workers, two of them, run like this."""
                while True:
                    workers = [each for each in crew._workers if each.kind is Kind.QUICK]
                    seen = [read_priority(each.process) for each in workers if each.process]
                    if [*seen, read_priority(0)] == [quick] * 3:
                        break
                    await asyncio.sleep(0.01)
                others = [each for each in crew._workers if each.kind is not Kind.QUICK]
                assert not any(read_priority(each.process)[0] for each in others if each.process)

            await wait_for((False, 0))
            # One that is not known to be long, and one that seemed to be quick.
            for times in (0, 6):
                long = f"SELECT (COUNT(*) AS ?n{'n' * times}) {{ {PRODUCT} }}"
                for _ in range(times):
                    pool._expected.note(hash_shape(long), 0.0001)
                asked = pool.begin(Task(long))
                await wait_for((True, 0))
                assert b"true" in (await pool.answer(Task("ASK { ?s ?p ?o }"))).body
                asked.cancel()
                await wait_for((False, 0))
        finally:
            await pool.close()

    asyncio.run(asyncio.wait_for(main(), 60))


@needs_real_time
def test_a_pool_that_closes_gives_up_what_it_took(tmp_path: Path) -> None:
    file = tmp_path / "data.nt"
    file.write_text("<http://e/s> <http://e/p> <http://e/o> .\n")

    async def main() -> None:
        pool = Pool([file], PoolLimits(ahead=True))
        await pool.start()
        pool._desk.precedence.begin()
        assert read_priority(0)[0]
        await pool.close()
        assert not read_priority(0)[0]

    asyncio.run(main())


WITHOUT_RIGHT = "setpriv", "--bounding-set=-sys_nice"
needs_setpriv = pytest.mark.skipif(
    os.getuid() != 0 or shutil.which("setpriv") is None, reason="only root can give up a right"
)


@needs_setpriv
@needs_real_time
def test_to_fall_behind_takes_no_right() -> None:
    script = "print(go_ahead(0, 2)); print(fall_behind(0, 12)); show(); print(go_ahead(0, 2))"
    assert run(script, "chrt", "--rr", "1", *WITHOUT_RIGHT) == [
        "False", "True", "False 0 12", "False",
    ]  # fmt: skip


ANSWER = """
import asyncio, sys
from pathlib import Path
from kgraph.engines.evaluation import Task
from kgraph.serving.limits import PoolLimits
from kgraph.serving.scheduling.pool import Pool
async def main():
    pool = Pool([Path(sys.argv[1])], PoolLimits(query_seconds=5))
    await pool.start()
    long = pool.begin(Task("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"))
    while not pool._slow._grown:
        await asyncio.sleep(0.01)
    print((await pool.answer(Task("ASK { ?s ?p ?o }"))).body.decode())
    long.cancel()
    print(pool.healthy)
    await pool.close()
asyncio.run(main())
"""


@needs_setpriv
def test_a_server_that_was_lowered_itself_answers(tmp_path: Path) -> None:
    """A worker cannot be raised to niceness 0 there, and need not be."""
    file = tmp_path / "data.nt"
    lines = (f'<http://e/s{n}> <http://e/p> "{n % 100}" .\n' for n in range(20_000))
    file.write_text("".join(lines))
    script = ANSWER.replace("sys.argv[1]", repr(str(file)))
    said = run(script, "nice", "-n", "5", *WITHOUT_RIGHT)
    assert [line for line in said if line != "client left"] == [
        '{"head":{},"boolean":true}', "True",
    ]  # fmt: skip


@needs_setpriv
def test_a_server_that_may_not_says_so(tmp_path: Path) -> None:
    file = tmp_path / "data.nt"
    file.write_text("<http://e/s> <http://e/p> <http://e/o> .\n")
    serve = [sys.executable, "-m", "kgraph", "serve", "--data", str(file), "--port", "0"]
    done = subprocess.run(
        [*WITHOUT_RIGHT, *serve],
        env=os.environ | {"KGRAPH_REAL_TIME": "true"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0)),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "real_time is set, and the system does not let" in done.stderr
    assert "LimitRTPRIO=2" in done.stderr
