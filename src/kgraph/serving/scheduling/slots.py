"""Places for those who run at once: taken without waiting where one is free, else in turn."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable


class Turn:
    """A place in the queue; `begin` is called when it has become one among those who run."""

    def __init__(self, begin: Callable[[], None]) -> None:
        self.begin = begin
        self.waiting = True

    def leave(self) -> bool:
        """Wait no more; tell whether one still waited."""
        waited, self.waiting = self.waiting, False
        return waited


class Places:
    """So many places. Whoever has one gives it back."""

    def __init__(self, count: int) -> None:
        self.free = count
        self._turns: deque[Turn] = deque()

    def take_now(self) -> bool:
        """Take a place if one is free; tell whether so."""
        if not self.free:
            return False
        self.free -= 1
        return True

    def queue(self, begin: Callable[[], None]) -> Turn:
        """Wait for a place, in the order of asking; it is taken when `begin` is called."""
        turn = Turn(begin)
        self._turns.append(turn)
        return turn

    async def take(self, seconds: float) -> None:
        """Wait for a place. Errors: TimeoutError after so many seconds."""
        if self.take_now():
            return
        begun = asyncio.get_running_loop().create_future()
        turn = self.queue(lambda: begun.set_result(None))
        try:
            done, _ = await asyncio.wait((begun,), timeout=seconds)
        except asyncio.CancelledError:
            if not turn.leave():
                self.give()
            raise
        if not done and turn.leave():
            raise TimeoutError

    def give(self) -> None:
        """Give a place back, to who waits longest."""
        while self._turns:
            turn = self._turns.popleft()
            if turn.leave():
                turn.begin()
                return
        self.free += 1
