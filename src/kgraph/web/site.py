"""What one running site is made of: settings, data, questions, counters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from kgraph.dataset.snapshot import find_snapshot
from kgraph.pages.rendering import Pages
from kgraph.questions.question import Question, read_questions
from kgraph.questions.views import read_views
from kgraph.serving.federation.federated_pool import Federation
from kgraph.serving.generations import SNAPSHOT_FILES, SNAPSHOT_STORE, AnswerPool, Generations
from kgraph.serving.relay import Relay
from kgraph.serving.scheduling.costs import ShapeCosts
from kgraph.serving.scheduling.pool import Pool
from kgraph.web.budget import Budget
from kgraph.web.metrics import Metrics
from kgraph.web.settings import ServeSettings


@dataclass(frozen=True)
class Site:
    """The parts the routes need; `views` maps a name to a query of the program's own."""

    settings: ServeSettings
    generations: Generations
    questions: dict[str, Question]
    views: dict[str, str]
    metrics: Metrics
    budget: Budget
    title: str = "Municipal international relations"

    @cached_property
    def pages(self) -> Pages:
        """What writes the pages of this site."""
        return Pages(self.title, urlsplit(self.settings.public_base).path.rstrip("/"))

    @cached_property
    def shared_seconds(self) -> int:
        """How many seconds a proxy may give an answer to others: as many as this server itself may
        answer from a snapshot after there is a newer one."""
        return int(self.settings.switch_seconds)

    @cached_property
    def fixed(self) -> dict[str, bytes]:
        """The documents that are always the same, by their name, once they were written."""
        return {}


def make_site(settings: ServeSettings, data: Sequence[Path] = ()) -> Site:
    """Give the site over an endpoint where one is set, or else over the files named, or else over
    the newest snapshot.

    Errors: BadConfig when there is no snapshot, or a question cannot be read.
    """

    def locate() -> Sequence[Path]:
        if settings.endpoint:
            return ()
        if data:
            return data
        folder = find_snapshot(settings.snapshot)
        names = SNAPSHOT_FILES if settings.in_memory else (SNAPSHOT_STORE,)
        return [folder / name for name in names]

    def make_pool(files: Sequence[Path]) -> AnswerPool:
        if settings.endpoint:
            return Relay(settings.endpoint, limits, settings.endpoint_default_graph)
        pool = Pool(files, limits, metrics.count_kill, costs)
        return Federation(pool, outside, limits.query_seconds) if outside else pool

    limits = settings.pool_limits()
    metrics = Metrics()
    costs = ShapeCosts()
    outside = settings.outside_endpoints(lambda result: metrics.outside.labels(result).inc())
    locate()
    generations = Generations(locate, make_pool, settings.prepared_mebibytes << 20)
    folder = settings.root / "queries" / "questions"
    questions = {} if data else {question.id: question for question in read_questions(folder)}
    budget = Budget(settings.budget_seconds)
    return Site(settings, generations, questions, read_views(), metrics, budget)
