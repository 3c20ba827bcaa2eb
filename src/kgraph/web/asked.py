"""One query that one client asked: its place in the data served, its cost, its line in the log."""

from __future__ import annotations

import time

from starlette.exceptions import HTTPException

from kgraph.engines.evaluation import Task
from kgraph.serving.cache import Flight, Prepared
from kgraph.web.budget import OverBudget
from kgraph.web.logs import hash_query
from kgraph.web.site import Site

#: Where a request carries what was begun for it before it came to the application.
ASKED = "kgraph.asked"


class Asked:
    """A query from its beginning to `end`, with the answer that was `found` or its `flight`.

    The generation that answers stays open so long; at the end the query is counted, logged, and
    charged to its client.
    Errors: Busy when no data are open; 429 (as HTTP) for a client that has used up its time.
    """

    def __init__(self, site: Site, client: str, task: Task, seconds: float | None) -> None:
        self._site = site
        self._client = client
        self._started = time.monotonic()
        self._use = site.generations.use()
        self._ended = False
        answers = self._use.generation.prepared
        self.found = answers.find(task)
        self.flight: Flight | None = None
        if self.found is None:
            _check_budget(site, client)
            self.flight = answers.begin(task, seconds)
        # Begun last, so that what fails above leaves no use behind; nothing waits in between.
        self._use.begin()
        self.query = name_task(task)

    @property
    def current(self) -> bool:
        """Whether what answers it is what is served now."""
        return self._site.generations.current is self._use.generation

    def end(self, status: int, prepared: Prepared | None = None) -> None:
        """Count, log and charge what came of it, the first time this is called."""
        if self._ended:
            return
        self._ended = True
        if self.flight is not None:
            self.flight.leave()
        self._use.end()
        seconds = time.monotonic() - self._started
        fresh = prepared is None or prepared.evaluated
        size = prepared.answer.size if prepared else 0
        account(self._site, self._client, self.query, status, seconds, size, fresh)


def account(
    site: Site, client: str, query: str, status: int, seconds: float, size: int, fresh: bool
) -> None:
    """Count, log and charge one query; what was prepared costs nothing."""
    if fresh:
        site.budget.spend(client, seconds)
        site.metrics.seconds.observe(seconds)
    site.metrics.count(status, prepared=not fresh)
    site.log.add(query, status, seconds, size, prepared=not fresh)


def name_task(task: Task) -> str:
    """Give the name of a task in the log."""
    return hash_query(task.query or f"graph {task.graph}")


def _check_budget(site: Site, client: str) -> None:
    try:
        site.budget.check(client)
    except OverBudget as error:
        raise HTTPException(
            429,
            f"You have used your {site.settings.budget_seconds:g} query seconds of this minute.",
            {"Retry-After": str(round(error.retry_seconds))},
        ) from error
