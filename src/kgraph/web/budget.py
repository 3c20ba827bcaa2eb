"""Fair use: how many query seconds a client has left in the current minute."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from kgraph.errors import OverBudget

_WINDOW_SECONDS = 60.0
_CLIENTS_KEPT = 10_000


@dataclass
class _Account:
    """A bucket that fills with time: seconds left, and when that was so."""

    left: float
    at: float


class Budget:
    """Seconds of evaluation per client and minute, as a bucket that refills steadily.

    Prepared answers cost nothing. A client's debt is remembered, so a query that ran longer than
    was left is paid for by waiting. Only the most recent clients are remembered, in memory alone.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._accounts: OrderedDict[str, _Account] = OrderedDict()

    def check(self, client: str) -> None:
        """Let a client pass that has something left. Errors: OverBudget."""
        if not self._seconds:
            return
        account = self._account(client)
        if account.left <= 0:
            rate = self._seconds / _WINDOW_SECONDS
            raise OverBudget(
                f"You have used your {self._seconds:g} query seconds of this minute.",
                max(1.0, -account.left / rate),
            )

    def spend(self, client: str, seconds: float) -> None:
        """Take the time a query took from its client's account."""
        if self._seconds:
            self._account(client).left -= seconds

    def _account(self, client: str) -> _Account:
        now = self._clock()
        account = self._accounts.setdefault(client, _Account(self._seconds, now))
        gained = (now - account.at) * self._seconds / _WINDOW_SECONDS
        account.left, account.at = min(self._seconds, account.left + gained), now
        self._accounts.move_to_end(client)
        while len(self._accounts) > _CLIENTS_KEPT:
            self._accounts.popitem(last=False)
        return account
