"""Places: taken in the order of asking, given back by who leaves."""

from __future__ import annotations

import asyncio

import pytest

from kgraph.serving.scheduling.slots import Places


def test_who_waits_longest_is_next() -> None:
    places, begun = Places(1), list[int]()
    assert places.take_now()
    assert not places.take_now()
    for number in range(3):
        places.queue(lambda number=number: begun.append(number))  # type: ignore[misc]
    for _ in range(2):
        places.give()
    assert begun == [0, 1]
    assert not places.take_now()
    places.give()
    places.give()
    assert begun == [0, 1, 2]
    assert places.take_now()


def test_who_has_left_is_passed_over() -> None:
    places, begun = Places(1), list[str]()
    assert places.take_now()
    leaving = places.queue(lambda: begun.append("gone"))
    places.queue(lambda: begun.append("here"))
    assert leaving.leave()
    assert not leaving.leave()
    places.give()
    assert begun == ["here"]


def test_to_wait_has_an_end_and_costs_no_place() -> None:
    async def main() -> None:
        places = Places(1)
        await places.take(1)
        with pytest.raises(TimeoutError):
            await places.take(0.01)
        waiting = asyncio.create_task(places.take(10))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        places.give()
        assert places.free == 1

    asyncio.run(main())


def test_a_place_that_comes_as_its_taker_leaves_is_given_back() -> None:
    async def main() -> None:
        places = Places(1)
        await places.take(1)
        waiting = asyncio.create_task(places.take(10))
        await asyncio.sleep(0)
        places.give()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert places.free == 1

    asyncio.run(main())
