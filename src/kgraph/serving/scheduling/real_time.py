"""Quick queries ahead of all else, while there are long ones."""

from __future__ import annotations

import asyncio
import contextlib
import os

from kgraph.serving.isolation.priorities import SERVER, go_ahead, take_turns
from kgraph.serving.scheduling.workers import Crew

#: What comes within this after the last long one finds things as they were.
_LINGER_SECONDS = 2.0


class Precedence:
    """Lets this process and the workers for quick queries run in real time, where that is `allowed`
    and long queries are under way. Without those it would only cost: whoever is woken would
    interrupt whoever woke him, and nobody would do two things at once.
    """

    def __init__(self, crew: Crew, allowed: bool) -> None:
        self._crew = crew
        self._allowed = allowed
        self._long = 0
        self._ending: asyncio.TimerHandle | None = None
        self.taken = False

    def begin(self) -> None:
        """Begin a long query."""
        self._long += 1
        if not self._allowed:
            return
        self._stay()
        # Another pool may have given up what is this process's, so it is looked at each time.
        if os.sched_getscheduler(0) == os.SCHED_RR and self.taken:
            return
        if _go_ahead() and not self.taken:
            self.taken = True
            self._crew.go_ahead(True)

    def end(self) -> None:
        """End a long query."""
        self._long -= 1
        if self.taken and not self._long:
            self._ending = asyncio.get_running_loop().call_later(_LINGER_SECONDS, self.give_up)

    def give_up(self) -> None:
        """Run as others do."""
        self._stay()
        if self.taken:
            self.taken = False
            self._crew.go_ahead(False)
            for thread in _list_threads():
                with contextlib.suppress(ProcessLookupError):
                    take_turns(thread)

    def _stay(self) -> None:
        """Wait no more for the time to give up."""
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None


def _go_ahead() -> bool:
    """Let all threads of this process run in real time: one that holds Python's lock and does not
    run would hold up the others."""
    if not go_ahead(0, SERVER):
        return False
    for thread in _list_threads():
        with contextlib.suppress(ProcessLookupError):
            go_ahead(thread, SERVER)
    return True


def _list_threads() -> list[int]:
    return [int(name) for name in os.listdir("/proc/self/task")]
