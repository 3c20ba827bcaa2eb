"""What a worker copies in advance it need not copy later, and what may be copied has a bound."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kgraph.engines.evaluation import Task
from kgraph.serving.isolation.memory_copies import (
    SharedPages,
    count_own_bytes,
    find_free_bytes,
    read_number,
)
from kgraph.serving.limits import PoolLimits
from kgraph.serving.scheduling.costs import ShapeCosts, hash_shape
from kgraph.serving.scheduling.pool import Pool
from processes import (
    find_fork_server,
    find_workers,
    is_waiting,
    read_bytes_of,
    read_computed,
    wait_for,
)

_BYTES = 64 << 20
_PAGE = os.sysconf("SC_PAGESIZE")


def count_faults(prepare: Callable[[], None], memory: bytearray) -> int:
    """Fork; give how often the child had to wait for a page as it wrote to all of them."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        prepare()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for place in range(0, len(memory), _PAGE):
            memory[place] = 1
        after = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        os.write(writing, str(after - before).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading, "rb") as found:
        return int(found.read())


def test_copied_pages_are_not_copied_again() -> None:
    memory = bytearray(_BYTES)

    def copy() -> None:
        shared = SharedPages()
        while shared.left:
            shared.copy_some()

    alone, prepared = count_faults(lambda: None, memory), count_faults(copy, memory)
    if not alone:
        pytest.skip("the system copies all at once")
    assert prepared < alone / 20


def test_what_a_process_holds_is_counted() -> None:
    before = count_own_bytes()
    memory = bytearray(b"x") * _BYTES
    assert _BYTES * 0.9 < count_own_bytes() - before < _BYTES * 1.5
    assert len(memory) == _BYTES


def test_free_memory_is_found(tmp_path: Path) -> None:
    assert 0 < find_free_bytes() < 1 << 50
    file = tmp_path / "memory.max"
    assert read_number(file) == 0
    for text, number in (("max\n", 0), ("4096\n", 4096), ("MemFree: 3 kB\nMemAvailable: 7 kB", 7)):
        file.write_text(text)
        assert read_number(file, "MemAvailable:" if "Mem" in text else "") == number


QUERY = "SELECT ?o { <http://e/s7> ?p ?o }"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A file with 60,000 triples, some 40 MB in memory."""
    file = tmp_path / "data.nt"
    file.write_text("".join(f'<http://e/s{n}> <http://e/p> "{n}" .\n' for n in range(60_000)))
    return file


def run(data: Path, copied_bytes: int, use: Callable[[Pool], Awaitable[None]]) -> None:
    async def main() -> None:
        costs = ShapeCosts()
        for _ in range(6):
            costs.note(hash_shape(QUERY), 0.0001)
        limits = PoolLimits(workers=2, copied_bytes=copied_bytes)
        pool = Pool([data], limits, costs=costs)
        try:
            await pool.start()
            await use(pool)
        finally:
            await pool.close()

    asyncio.run(main())


def count_copies() -> int:
    """Give how many workers have a copy of most of the data."""
    held = read_bytes_of(find_fork_server(), "Anonymous")
    return sum(read_bytes_of(worker, "Private_Dirty") > held * 0.7 for worker in find_workers())


def test_workers_copy_the_data_before_the_first_query(data: Path) -> None:
    """Two for quick queries, two for those that are not known, and two for long ones."""

    async def use(_: Pool) -> None:
        await wait_for(lambda: count_copies() == 6)

    run(data, 1 << 40, use)


def test_without_room_no_worker_copies(data: Path) -> None:
    async def use(pool: Pool) -> None:
        for number in range(20):
            query = f"SELECT ?o {{ <http://e/s{number}> ?p ?o }}"
            assert b"value" in (await pool.begin(Task(query))).body
        await wait_for(lambda: len(find_workers()) == 6)
        # Once they wait for a job, they have done whatever they do before.
        await wait_for(lambda: all(is_waiting(each) for each in find_workers()))
        assert count_copies() == 0

    run(data, 0, use)


def test_a_quick_query_gets_the_worker_that_has_a_copy(data: Path) -> None:
    """There is room for one copy, and the first of the two has it."""

    async def use(pool: Pool) -> None:
        await wait_for(lambda: count_copies() == 1)
        await wait_for(lambda: all(is_waiting(each) for each in find_workers()))
        (copied,) = [
            each
            for each in find_workers()
            if read_bytes_of(each, "Private_Dirty")
            > read_bytes_of(find_fork_server(), "Anonymous") * 0.7
        ]
        before = {each: read_computed(each) for each in find_workers()}
        for number in range(50):
            await pool.begin(Task(QUERY.replace("s7", f"s{number}")))
        # The other one may end what it began before; the queries are the larger part.
        worked = {each: read_computed(each) - computed for each, computed in before.items()}
        assert max(worked, key=worked.__getitem__) == copied

    held = find_held(data)
    run(data, held + held // 2, use)


def find_held(data: Path) -> int:
    """Give the bytes that a worker would copy of the data, nearly."""
    found = list[int]()

    async def use(_: Pool) -> None:
        found.append(read_bytes_of(find_fork_server(), "Anonymous"))

    run(data, 0, use)
    return found[0]
