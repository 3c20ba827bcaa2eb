"""Slots: taken in the order of asking, given back by who leaves."""

from __future__ import annotations

import asyncio

import pytest

from kgraph.serving.scheduling.slots import Slots


def test_who_waits_longest_is_next() -> None:
    async def main() -> None:
        slots, begun = Slots([7]), list[int]()

        async def run(number: int) -> None:
            assert await slots.take(60) == 7
            begun.append(number)

        assert await slots.take(60) == 7
        waiting = [asyncio.create_task(run(number)) for number in range(3)]
        for count in (1, 2, 3):
            await asyncio.sleep(0)
            slots.give(7)
            await waiting[count - 1]
            assert begun == list(range(count))
        assert slots.free == []

    asyncio.run(main())


def test_who_has_left_is_passed_over() -> None:
    async def main() -> None:
        slots = Slots["str"]()
        leaving, staying = (asyncio.create_task(slots.take(60)) for _ in range(2))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.wait((leaving,))
        slots.give("slot")
        assert await staying == "slot"

    asyncio.run(main())


def test_to_wait_has_an_end_and_costs_no_slot() -> None:
    async def main() -> None:
        slots = Slots["str"]()
        with pytest.raises(TimeoutError):
            await slots.take(0.01)
        slots.give("slot")
        assert slots.free == ["slot"]

    asyncio.run(main())


def test_a_slot_that_comes_as_its_taker_leaves_is_given_back() -> None:
    async def main() -> None:
        slots = Slots["str"]()
        waiting = asyncio.create_task(slots.take(60))
        await asyncio.sleep(0)
        slots.give("slot")
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert slots.free == ["slot"]

    asyncio.run(main())
