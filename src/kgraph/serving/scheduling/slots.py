"""Slots of which one is had at a time by each who runs: at once where one is free, else in turn."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class Slots(Generic[T]):
    """Slots, each of them a thing that is needed to run. Who has one gives it back."""

    def __init__(self, things: Iterable[T] = ()) -> None:
        #: Those that nobody has; while there are any, nobody waits.
        self.free: list[T] = list(things)
        self._turns: deque[asyncio.Future[T]] = deque()

    async def take(self, seconds: float) -> T:
        """Give a slot, in the order of asking. Errors: TimeoutError after so many seconds."""
        if self.free:
            return self.free.pop()
        turn: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._turns.append(turn)
        try:
            await asyncio.wait((turn,), timeout=seconds)
        except asyncio.CancelledError:
            if turn.done():
                self.give(turn.result())
            raise
        finally:
            # Whoever waits no more is passed over.
            turn.cancel()
        if turn.cancelled():
            raise TimeoutError
        return turn.result()

    def give(self, thing: T) -> None:
        """Give a slot back, to whoever waits longest."""
        while self._turns:
            turn = self._turns.popleft()
            if not turn.done():
                turn.set_result(thing)
                return
        self.free.append(thing)
