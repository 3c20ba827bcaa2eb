"""One request for one answer: begun and ended once, and paid for by those it was for."""

from __future__ import annotations

import asyncio
import gc
import os
import tempfile
import weakref
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kgraph.engines.answer import Answer
from kgraph.engines.evaluation import Task
from kgraph.errors import BadQuery, Busy, TooCostly
from kgraph.serving import cache
from kgraph.serving.generations import Generations
from kgraph.serving.in_flight import InFlight
from pools import KILL_SECONDS, ByHand

TASK = Task("ASK {}")


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(cache, "time", clock)
    return clock


def run(use: Callable[[Generations, ByHand], Awaitable[None]]) -> ByHand:
    pool = ByHand()

    async def main() -> None:
        with tempfile.NamedTemporaryFile() as file:
            generations = Generations(lambda: [Path(file.name)], lambda _: pool, 1 << 20)
            await generations.start(3600)
            try:
                await use(generations, pool)
            finally:
                await generations.close()

    asyncio.run(main())
    return pool


def small() -> Answer:
    return Answer("boolean", "json", b"{}", 2)


def large() -> Answer:
    file = tempfile.TemporaryFile()  # noqa: SIM115
    file.write(b"x" * 100)
    file.flush()
    return Answer("boolean", "json", b"", 100, 0.0, file)


def test_who_begins_pays_and_who_finds_does_not(clock: Clock) -> None:
    async def use(generations: Generations, pool: ByHand) -> None:
        with InFlight(generations, TASK) as request:
            clock.now += 3
            pool.asked[0].set_result(small())
            prepared = await request.answer()
            assert (prepared.evaluated, prepared.answer.body) == (True, b"{}")
            # To send it is not its evaluation.
            clock.now += 50
        assert request.cost_seconds == 3
        await asyncio.sleep(0)
        with InFlight(generations, TASK, admit=lambda: pytest.fail("it costs nothing")) as again:
            assert (again.found, again.evaluating) == (again.take(), None)
        assert again.cost_seconds == 0

    run(use)


def test_of_several_for_one_answer_the_first_pays(clock: Clock) -> None:
    async def use(generations: Generations, pool: ByHand) -> None:
        first, second = InFlight(generations, TASK), InFlight(generations, TASK)
        assert len(pool.asked) == 1
        clock.now += 3
        pool.asked[0].set_result(small())
        await second.answer()
        second.end()
        first.end()
        assert (first.cost_seconds, second.cost_seconds) == (3, 0)

    run(use)


def test_who_still_waits_pays_what_is_left(clock: Clock) -> None:
    async def use(generations: Generations, pool: ByHand) -> None:
        requests = [InFlight(generations, TASK) for _ in range(3)]
        clock.now += 2
        requests[0].end()
        assert not pool.asked[0].done()
        clock.now += 5
        pool.asked[0].set_exception(TooCostly("late", "seconds"))
        for request in requests[1:]:
            with pytest.raises(TooCostly):
                await request.answer()
        requests[2].end()
        requests[1].end()
        # The one that has waited longest, for the killed worker too.
        assert [each.cost_seconds for each in requests] == [2, 5 + KILL_SECONDS, 0]

    run(use)


def test_the_last_who_leaves_ends_the_evaluation_and_pays_its_worker(clock: Clock) -> None:
    async def use(generations: Generations, pool: ByHand) -> None:
        first, second = InFlight(generations, TASK), InFlight(generations, TASK)
        clock.now += 1
        first.end()
        assert not pool.asked[0].cancelled()
        clock.now += 1
        second.end()
        second.end()
        assert pool.asked[0].cancelled()
        assert (first.cost_seconds, second.cost_seconds) == (1, 1 + KILL_SECONDS)
        # And the next one begins anew.
        InFlight(generations, TASK).end()
        assert len(pool.asked) == 2

    run(use)


def test_who_is_not_admitted_begins_nothing() -> None:
    async def use(generations: Generations, pool: ByHand) -> None:
        def refuse() -> None:
            raise Busy("you have asked enough")

        with pytest.raises(Busy, match="enough"):
            InFlight(generations, TASK, admit=refuse)
        assert (pool.asked, generations.current.users) == ([], 0)

    run(use)


def test_a_generation_stays_open_for_its_requests() -> None:
    async def use(generations: Generations, pool: ByHand) -> None:
        request = InFlight(generations, TASK)
        assert generations.current.users == 1
        pool.asked[0].set_exception(BadQuery("no query"))
        with pytest.raises(BadQuery), request:
            await request.answer()
        assert generations.current.users == 0

    run(use)


def test_each_who_gets_a_large_answer_has_a_file_of_its_own() -> None:
    async def use(generations: Generations, pool: ByHand) -> None:
        requests = [InFlight(generations, TASK) for _ in range(2)]
        answer = large()
        pool.asked[0].set_result(answer)
        first, second = [(await each.answer()).answer for each in requests]
        requests[0].end()
        first.close()
        first.close()
        assert answer.file is not None
        assert not answer.file.closed
        requests[1].end()
        assert answer.file.closed
        assert second.file is not None
        assert os.pread(second.file.fileno(), 200, 0) == b"x" * 100
        second.close()

    run(use)


def test_a_large_answer_that_nobody_takes_is_off_the_disk_at_once() -> None:
    async def use(generations: Generations, pool: ByHand) -> None:
        answer = large()
        with InFlight(generations, TASK):
            pool.asked[0].set_result(answer)
        assert answer.file is not None
        assert answer.file.closed

    run(use)


def test_what_was_kept_is_freed_with_its_generation(tmp_path: object) -> None:
    """Not when Python next looks through all objects."""
    freed: list[object] = []

    async def use(generations: Generations, pool: ByHand) -> None:
        with InFlight(generations, TASK) as request:
            pool.asked[0].set_result(small())
            await request.answer()
        await asyncio.sleep(0)
        old = generations.current
        assert old.answers.bytes_held
        for each in (old, old.answers):
            freed.append(weakref.ref(each))
        del old, request

    gc.collect()
    gc.disable()
    try:
        run(use)
        assert [each() for each in freed] == [None, None]  # type: ignore[operator]
    finally:
        gc.enable()
