"""What a query costs the server besides its time, for whoever pays for it."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Charge:
    """The cost of one evaluation besides its time.

    `kill_seconds` is the processor's time that is lost with its worker: what to fork and to prepare
    that took. It stands while a worker has the query, and stays when the worker is ended for it;
    it is 0 where no worker has it, or none was lost.
    """

    kill_seconds: float = 0.0


#: Set by who begins an evaluation, read by who gives it a worker. It goes with the context, since
#: SERVICE lies between the two and may ask for several evaluations.
CHARGE: ContextVar[Charge | None] = ContextVar("charge", default=None)
