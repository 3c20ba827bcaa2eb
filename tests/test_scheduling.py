"""Who runs when, seen from outside: in the system's files on the processes, and in what is done."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kgraph.engines.evaluation import Task
from kgraph.errors import BadConfig, Busy, EngineFailure, TooCostly
from kgraph.serving.charge import CHARGE, Charge
from kgraph.serving.isolation.fork_server_link import ForkServerLink
from kgraph.serving.isolation.priorities import SLICE_NANOSECONDS
from kgraph.serving.limits import PoolLimits
from kgraph.serving.query_classes import HEAVY, LONG, QUICK, UNKNOWN, QueryClass
from kgraph.serving.scheduling.costs import ShapeCosts, hash_shape
from kgraph.serving.scheduling.pool import Pool
from processes import (
    count_stopped,
    find_fork_server,
    find_workers,
    is_waiting,
    read,
    read_field,
    read_slice,
    wait_for,
)

PRODUCT = "SELECT (COUNT(*) AS ?n{}) {{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }}"
QUICK_QUERY = "SELECT ?o { <http://e/s7> ?p ?o }"
LIMITS = PoolLimits(workers=2, processes=12, query_seconds=60, memory_bytes=1 << 30, copied_bytes=0)
Use = Callable[[Pool], Awaitable[None]]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A file with 20,000 triples."""
    file = tmp_path / "data.nt"
    lines = (f'<http://e/s{n}> <http://e/p> "{n % 100}" .\n' for n in range(20_000))
    file.write_text("".join(lines))
    return file


@pytest.fixture
def kills() -> list[str]:
    """Why workers were ended."""
    return []


@pytest.fixture
def costs() -> ShapeCosts:
    """One shape is known to be quick."""
    costs = ShapeCosts()
    for _ in range(6):
        costs.note(hash_shape(QUICK_QUERY), 0.0001)
    return costs


@pytest.fixture
def run(data: Path, kills: list[str], costs: ShapeCosts) -> Callable[..., None]:
    """Run something with a pool, over the data or others."""

    def run_with(use: Use, limits: PoolLimits = LIMITS, paths: tuple[Path, ...] = ()) -> None:
        async def main() -> None:
            pool = Pool(paths or [data], limits, kills.append, costs)
            try:
                await pool.start()
                await use(pool)
            finally:
                await pool.close()

        asyncio.run(main())

    return run_with


@pytest.fixture
def patient(request: pytest.FixtureRequest) -> Iterator[None]:
    """Queries that are unknown or long keep their class however long they take; or others."""
    kept = getattr(request, "param", (UNKNOWN, LONG))
    before = {each: each.limit_seconds for each in kept}
    for each in before:
        object.__setattr__(each, "limit_seconds", 3600.0)
    yield
    for each, seconds in before.items():
        object.__setattr__(each, "limit_seconds", seconds)


async def ask_quick(pool: Pool) -> None:
    answer = await pool.begin(Task(QUICK_QUERY, result_format="csv"))
    assert answer.body == b"o\r\n7\r\n"


async def leave(queries: list[asyncio.Task[object]]) -> None:
    for each in queries:
        each.cancel()
    await asyncio.wait(queries)


def niceness(steps: int) -> int:
    """Give the niceness so many steps above ours, as far as there is one."""
    return min(os.getpriority(os.PRIO_PROCESS, 0) + steps, 19)


def read_niceness() -> list[int]:
    found = []
    for worker in find_workers():
        fields = read(worker, "stat").rpartition(b")")[2].split()
        if fields and fields[0] != b"Z":
            found.append(int(fields[16]))
    return sorted(found)


@pytest.mark.parametrize(
    ("patient", "outgrown"), [((LONG,), LONG), ((), HEAVY)], indirect=["patient"]
)
def test_each_class_has_its_niceness(
    run: Callable[..., None], patient: None, outgrown: QueryClass
) -> None:
    held = (QUICK, UNKNOWN, LONG)
    rest = sorted(niceness(each.niceness) for each in held for _ in range(LIMITS.workers))

    async def use(pool: Pool) -> None:
        await wait_for(lambda: read_niceness() == rest)
        asked = pool.begin(Task(PRODUCT.format("")))
        # It outgrows its class, or two, and another is forked in its place.
        await wait_for(lambda: read_niceness() == sorted([*rest, niceness(outgrown.niceness)]))
        await ask_quick(pool)
        await leave([asked])
        await wait_for(lambda: read_niceness() == rest)

    run(use)


def test_workers_have_short_slices_and_catch_the_alarm(run: Callable[..., None]) -> None:
    async def use(pool: Pool) -> None:
        await ask_quick(pool)
        await wait_for(lambda: len(find_workers()) == 6)
        for worker in find_workers():
            caught = int(read_field(worker, "status", "SigCgt"), 16)
            assert caught >> (signal.SIGALRM - 1) & 1
        slices = {read_slice(worker) for worker in find_workers()}
        release = tuple(int(part) for part in os.uname().release.split(".")[:2])
        if release >= (6, 12):
            assert slices == {SLICE_NANOSECONDS}

    run(use)


def make_store(data: Path) -> Path:
    """Give a folder with a store on disk."""
    folder = data.with_name("store")
    script = (
        "import sys; from pyoxigraph import Store; store = Store(sys.argv[2])\n"
        "store.bulk_load(path=sys.argv[1]); store.optimize()"
    )
    subprocess.run([sys.executable, "-c", script, data, folder], check=True, timeout=60)
    return folder


@pytest.mark.parametrize("on_disk", [False, True])
def test_what_forks_has_one_thread_and_large_pages(
    run: Callable[..., None], data: Path, on_disk: bool
) -> None:
    async def use(pool: Pool) -> None:
        await ask_quick(pool)
        assert pool.quads == 20_000
        fork_server = find_fork_server()
        assert len(os.listdir(f"/proc/{fork_server}/task")) == 1
        assert b"GLIBC_TUNABLES=glibc.malloc.hugetlb=1" in read(fork_server, "environ").split(b"\0")

    run(use, LIMITS, (make_store(data),) if on_disk else ())


def test_what_forks_looks_through_its_objects_no_more(data: Path) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "kgraph.serving.isolation.fork_server", str(theirs.fileno())]
    with subprocess.Popen(command, pass_fds=[theirs.fileno()]) as process, ours:
        theirs.close()
        ours.sendall(f'{{"do": "open", "paths": ["{data}"]}}'.encode())
        said = ours.recv(1 << 16)
        ours.close()
        assert process.wait(60) == 0
    assert b'"quads": 20000' in said
    assert int(said.split(b'"frozen": ')[1].rstrip(b"}")) > 10_000


def test_a_known_quick_query_waits_for_none_that_is_unknown(
    run: Callable[..., None], patient: None
) -> None:
    async def use(pool: Pool) -> None:
        unknown = [pool.begin(Task(PRODUCT.format("x" * n))) for n in range(5)]
        await wait_for(lambda: pool.waiting == 3)
        await ask_quick(pool)
        assert not any(each.done() for each in unknown)
        await leave(unknown)

    run(use)


def test_heavy_queries_beyond_the_slots_are_stopped_until_it_is_their_turn(
    run: Callable[..., None],
) -> None:
    async def use(pool: Pool) -> None:
        one, other, last = (Task(PRODUCT.format("x" * n)) for n in range(3))
        asked = [pool.begin(one), pool.begin(other)]
        await wait_for(lambda: count_stopped(find_workers()) == 1)
        await ask_quick(pool)
        # Whichever of them it was, the other one runs now.
        await leave(asked[:1])
        await wait_for(lambda: count_stopped(find_workers()) == 0)
        asked.append(pool.begin(last))
        await wait_for(lambda: count_stopped(find_workers()) == 1)
        await leave(asked[1:2])
        await wait_for(lambda: count_stopped(find_workers()) == 0)
        assert not asked[2].done()
        await leave(asked[2:])

    run(use, replace(LIMITS, workers=1, processes=6, query_seconds=600))


def test_no_more_processes_than_the_limit(run: Callable[..., None], kills: list[str]) -> None:
    limits = replace(LIMITS, processes=8, queue=64)

    async def use(pool: Pool) -> None:
        asked = [pool.begin(Task(PRODUCT.format("x" * n)), 2) for n in range(10)]
        most = 0
        while not all(each.done() for each in asked):
            most = max(most, len(find_workers()))
            await ask_quick(pool)
        assert 6 <= most <= 8
        ended = await asyncio.gather(*asked, return_exceptions=True)
        assert {type(each) for each in ended} <= {TooCostly, Busy}
        await wait_for(lambda: len(find_workers()) == 6)
        assert set(kills) <= {"seconds", "queue"}

    run(use, limits)


def test_a_query_has_the_time_of_a_quick_one_at_least(run: Callable[..., None]) -> None:
    """Else it would cost a worker, and whoever asked more than that time."""

    async def use(pool: Pool) -> None:
        with pytest.raises(TooCostly, match=r"longer than 0\.02 seconds"):
            await pool.begin(Task(PRODUCT.format("")), 0.001)

    run(use)


def test_a_killed_worker_has_its_price(run: Callable[..., None]) -> None:
    async def use(pool: Pool) -> None:
        charge = Charge()
        CHARGE.set(charge)
        with pytest.raises(TooCostly):
            await pool.begin(Task(PRODUCT.format("")), 0.1)
        assert charge.kill_seconds > 0
        # One that answers is kept.
        await ask_quick(pool)
        assert charge.kill_seconds == 0

    run(use)


def test_workers_that_end_before_they_start_end_the_start(
    run: Callable[..., None], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where there is no memory for them: a store on disk that is gone when they open it."""
    store = make_store(data)

    async def nothing(_: Pool) -> None:
        pytest.fail("the pool started")

    link = ForkServerLink.open

    async def open_and_lose(*arguments: Any) -> int:
        quads = await link(*arguments)
        shutil.rmtree(store)
        return quads

    monkeypatch.setattr(ForkServerLink, "open", open_and_lose)
    with pytest.raises(EngineFailure, match="memory"):
        run(nothing, LIMITS, (store,))


def test_processes_must_be_enough_for_the_workers() -> None:
    with pytest.raises(BadConfig, match="set 7 or more"):
        PoolLimits(workers=2, processes=6)


def test_a_kill_is_counted_when_the_process_is_gone_and_none_is_forgotten(
    run: Callable[..., None], kills: list[str], patient: None
) -> None:
    """While what forks is stopped, workers are asked for that are not there yet."""
    limits = replace(LIMITS, workers=1, processes=4)

    async def use(pool: Pool) -> None:
        await wait_for(lambda: len(find_workers()) == 3)
        fork_server = find_fork_server()
        # It has told of all of them once it waits again.
        await wait_for(lambda: is_waiting(fork_server))
        os.kill(fork_server, signal.SIGSTOP)
        try:
            await wait_for(lambda: count_stopped([fork_server]) == 1)
            first = pool.begin(Task(PRODUCT.format("")))
            await leave([first])
            # It is gone, though its parent did not look yet.
            await wait_for(lambda: kills == ["client left"])
            # This one gets a worker that is not there yet, and leaves.
            await leave([pool.begin(Task(PRODUCT.format("x")))])
            assert kills == ["client left"]
            assert len([each for each in find_workers() if read(each, "cmdline")]) == 2
        finally:
            os.kill(fork_server, signal.SIGCONT)
        await wait_for(lambda: kills == ["client left"] * 2)
        await ask_quick(pool)
        await wait_for(lambda: len(find_workers()) == 3)

    run(use, limits)


def test_more_workers_start_than_the_socket_holds_messages(
    run: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them are asked for at once; here the socket holds a few messages alone."""
    make_pair = socket.socketpair

    def make_small_pair(*arguments: Any) -> tuple[socket.socket, socket.socket]:
        pair = make_pair(*arguments)
        if arguments[1:] == (socket.SOCK_SEQPACKET,):
            pair[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        return pair

    monkeypatch.setattr(socket, "socketpair", make_small_pair)

    async def use(pool: Pool) -> None:
        await ask_quick(pool)
        await wait_for(lambda: len(find_workers()) == 30)

    run(use, replace(LIMITS, workers=10, processes=31))


def test_what_outgrows_its_class_leaves_room_for_others(run: Callable[..., None]) -> None:
    async def use(pool: Pool) -> None:
        heavy = [pool.begin(Task(PRODUCT.format("x" * n))) for n in range(10)]
        # Two go on; of the others, one after the other is given up when it would, too.
        await wait_for(lambda: sum(each.done() for each in heavy) == 8)
        assert b"true" in (await pool.begin(Task("ASK { ?not ?seen ?before }"))).body
        for each in heavy:
            if each.done():
                with pytest.raises(Busy, match="too many heavy"):
                    each.result()
        await leave([each for each in heavy if not each.done()])

    run(use, replace(LIMITS, processes=8, query_seconds=600))


def test_the_class_of_a_query_is_looked_at_again_when_it_is_its_turn(
    run: Callable[..., None], costs: ShapeCosts, patient: None
) -> None:
    """Of many of one shape, those that waited need not be tried once others proved long."""

    async def use(pool: Pool) -> None:
        asked = [pool.begin(Task(PRODUCT.format(""))) for _ in range(8)]
        await wait_for(lambda: pool.waiting == 6)
        for _ in range(6):
            costs.note(hash_shape(PRODUCT.format("")), 1.0)
        await leave(asked[:2])
        # Two are long now and four wait for that, so there is room for what is unknown.
        await wait_for(lambda: pool.waiting == 4)
        assert b"true" in (await pool.begin(Task("ASK { ?not ?seen ?before }"))).body
        assert pool.waiting == 4
        await leave(asked[2:])

    run(use)


ANSWER = """
import asyncio, sys
from pathlib import Path
from typing import Any
from kgraph.engines.evaluation import Task
from kgraph.serving.limits import PoolLimits
from kgraph.serving.scheduling.pool import Pool
async def main():
    pool = Pool([Path(sys.argv[1])], PoolLimits(query_seconds=60, copied_bytes=0))
    await pool.start()
    long = pool.begin(Task("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"))
    print((await pool.begin(Task("ASK { ?s ?p ?o }"))).body.decode())
    long.cancel()
    print(pool.healthy)
    await pool.close()
asyncio.run(main())
"""


def test_a_server_that_was_lowered_itself_answers(data: Path) -> None:
    command = ["nice", "-n", "15", sys.executable, "-c", ANSWER, str(data)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.stderr, done.stdout) == ("", '{"head":{},"boolean":true}\nTrue\n')
