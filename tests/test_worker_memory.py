"""What a worker copies in advance it need not copy later, and what may be copied has a bound."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Callable
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
from kgraph.serving.scheduling.costs import Kind
from kgraph.serving.scheduling.pool import Pool
from kgraph.serving.scheduling.workers import LONG

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


@pytest.mark.parametrize("large", [False, True])
def test_copied_pages_are_not_copied_again(large: bool) -> None:
    memory = bytearray(_BYTES)

    def copy() -> None:
        shared = SharedPages(large)
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


@pytest.mark.parametrize(("copied_bytes", "copies"), [(0, 0), (1 << 40, 6)])
def test_as_many_workers_copy_as_there_is_room_for(
    tmp_path: Path, copied_bytes: int, copies: int
) -> None:
    file = tmp_path / "one.nt"
    file.write_text("<http://e/s> <http://e/p> <http://e/o> .\n")

    async def main() -> None:
        pool = Pool([file], PoolLimits(workers=2, copied_bytes=copied_bytes))
        try:
            await pool.start()
            # Two for quick queries, two for those not known, and two for long ones.
            assert [worker.copies for worker in pool._crew._workers].count(True) == copies
            answer = await pool.answer(Task("ASK { ?s ?p ?o }"))
            assert b"true" in answer.body
        finally:
            await pool.close()

    asyncio.run(main())


def test_a_quick_worker_without_a_copy_is_exchanged_when_there_is_room(tmp_path: Path) -> None:
    file = tmp_path / "one.nt"
    file.write_text("<http://e/s> <http://e/p> <http://e/o> .\n")

    async def main() -> None:
        pool = Pool([file], PoolLimits(workers=2, copied_bytes=1 << 40))
        try:
            await pool.start()
            crew = pool._crew
            lowered = crew.take(Kind.QUICK)
            # It counts as long as it lives, so that the one in its place finds no room.
            crew.lower(lowered, LONG)
            assert [each.copies for each in crew._idle[Kind.QUICK]] == [True, False]
            crew.end(lowered)
            assert [each.copies for each in crew._idle[Kind.QUICK]] == [True, True]
            assert b"true" in (await pool.answer(Task("ASK { ?s ?p ?o }"))).body
        finally:
            await pool.close()

    asyncio.run(main())
