"""Long queries that offer the processor, so that what only just woke up need not wait for it.

Linux gives each task its part of the time, and looks at who should run when a task wakes up or at
a tick, every few milliseconds. A task that ran a moment ago and is woken again is often told to
wait for that tick, although the one that runs has a far lower priority: of the short queries one in
fifty waited four milliseconds. Here the running one asks by itself, each half millisecond.
"""

from __future__ import annotations

import ctypes
import signal

from kgraph.serving.isolation.priorities import shorten_slices

#: A query is left alone for the first seconds, then yields whenever the second have passed.
_SECONDS = 0.001, 0.0005


def yield_on_alarm() -> None:
    """Let the alarm of this process, and of those it forks, yield the processor.

    The handler is the system's own call: one of Python's would not run before the engine is done.
    """
    system = ctypes.CDLL(None)
    system.signal.argtypes = (ctypes.c_int, ctypes.c_void_p)
    system.signal(signal.SIGALRM, ctypes.cast(system.sched_yield, ctypes.c_void_p))
    shorten_slices()


def begin_yielding() -> None:
    """Yield again and again from now on. It costs a microsecond."""
    signal.setitimer(signal.ITIMER_REAL, *_SECONDS)


def end_yielding() -> None:
    """Yield no more: what waits for a job should not be woken."""
    signal.setitimer(signal.ITIMER_REAL, 0)
