"""Slots for those who run at once: taken without waiting where one is free, else in turn."""

from __future__ import annotations

import asyncio
from collections import deque


class Slots:
    """So many slots. Whoever has one gives it back."""

    def __init__(self, count: int) -> None:
        self.free = count
        self._turns: deque[asyncio.Future[None]] = deque()

    def take_now(self) -> bool:
        """Take a slot if one is free; tell whether so."""
        if not self.free:
            return False
        self.free -= 1
        return True

    async def take(self, seconds: float) -> None:
        """Wait for a slot, in the order of asking. Errors: TimeoutError after so many seconds."""
        if self.take_now():
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._turns.append(turn)
        try:
            await asyncio.wait((turn,), timeout=seconds)
        except asyncio.CancelledError:
            if not turn.cancel():
                # It came in the same moment.
                self.give()
            raise
        if turn.cancel():
            raise TimeoutError

    def give(self) -> None:
        """Give a slot back, to who waits longest."""
        while self._turns:
            turn = self._turns.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.free += 1
