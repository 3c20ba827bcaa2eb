"""The process of one worker, as the server steers it: lowered, stopped, killed; and its end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable

from kgraph.serving.isolation.priorities import lower_priority


class WorkerProcess:
    """One process, held by a descriptor (pidfd), so that no other is ever meant by its number.

    It may be steered before it was announced; that is made up for then. `on_gone` is called once,
    when the process has ended or is known never to have begun. Its `number` is 0 until it is known.
    """

    def __init__(self, on_gone: Callable[[], None]) -> None:
        self._on_gone: Callable[[], None] | None = on_gone
        self._descriptor = -1
        self._niceness = 0
        self._stopped = self._killed = False
        self.number = 0

    def announce(self, number: int, descriptor: int) -> None:
        """Take the process's number and descriptor, as its parent told them."""
        if self._on_gone is None:
            os.close(descriptor)
            return
        self.number, self._descriptor = number, descriptor
        asyncio.get_running_loop().add_reader(descriptor, self._end)
        self.lower(self._niceness)
        if self._stopped:
            self._signal(signal.SIGSTOP)
        if self._killed:
            self._signal(signal.SIGKILL)

    def fail(self) -> None:
        """Take it that there is no such process, and will be none."""
        if self._descriptor == -1:
            self._end()

    def lower(self, steps: int) -> None:
        """Let the process have a niceness so many steps above the server's."""
        self._niceness = steps
        if steps and self.number:
            lower_priority(self.number, steps)

    def stop(self) -> None:
        """Let the process not run at all until it is told to go on."""
        self._stopped = True
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let a stopped process run again."""
        self._stopped = False
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End the process, whatever it does."""
        self._killed = True
        self._signal(signal.SIGKILL)

    def forget(self) -> None:
        """Steer it no more, and hear of it no more."""
        self._on_gone = None
        self._close()

    def _signal(self, number: signal.Signals) -> None:
        if self._descriptor != -1:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, number)

    def _end(self) -> None:
        self._close()
        on_gone, self._on_gone = self._on_gone, None
        if on_gone is not None:
            on_gone()

    def _close(self) -> None:
        if self._descriptor != -1:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1
        self.number = 0
