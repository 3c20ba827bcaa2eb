"""What one running site is made of: settings, data, questions, counters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from kgraph.dataset.snapshot import find_snapshot
from kgraph.engines.evaluation import Task
from kgraph.questions.question import Question, read_questions
from kgraph.serving.federation.federated_pool import Federation
from kgraph.serving.generations import SNAPSHOT_FILES, SNAPSHOT_STORE, AnswerPool, Generations
from kgraph.serving.relay import Relay
from kgraph.serving.scheduling.costs import ShapeCosts
from kgraph.serving.scheduling.pool import Pool
from kgraph.web.budget import Budget
from kgraph.web.logs import QueryLog
from kgraph.web.metrics import Metrics
from kgraph.web.settings import ServeSettings
from kgraph.web.tables import Table, read_table, shorten


@dataclass(frozen=True)
class Site:
    """The parts the routes need; `views` maps a name to a query of the program's own."""

    settings: ServeSettings
    generations: Generations
    questions: dict[str, Question]
    views: dict[str, str]
    metrics: Metrics
    budget: Budget
    log: QueryLog = field(default_factory=QueryLog)
    title: str = "Municipal international relations"
    templates: Environment = field(
        default_factory=lambda: Environment(
            loader=PackageLoader("kgraph.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
    )

    def base(self, request: Request) -> str:
        """Give the address of the site as clients see it, without a slash at its end."""
        host = request.headers.get("host")
        if host is None and not self.settings.public_base:
            return str(request.base_url).rstrip("/")
        # What base_url gives, without parsing an address each time.
        return self.address(request.scope["scheme"], host or "", request.scope.get("root_path", ""))

    def address(self, scheme: str, host: str, root: str) -> str:
        """Give the address of the site for a client that asked it by this one."""
        base = self.settings.public_base or f"{scheme}://{host}{root}"
        return base.rstrip("/")

    async def table(self, view: str) -> Table:
        """Give the rows of one of the program's own queries."""
        with self.generations.use() as generation:
            return read_table((await generation.prepared.prepare(Task(self.views[view]))).answer)

    def page(self, template: str, status: int = 200, **values: object) -> HTMLResponse:
        """Give a page in HTML."""
        html = self.templates.get_template(template).render(
            site=self.title, shorten=shorten, **values
        )
        return HTMLResponse(html, status, {"Vary": "Accept"})


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


def read_views() -> dict[str, str]:
    """Read the program's own queries: file stem -> text.

    An installed package carries them; a checkout has them in `queries/views/`.
    """
    packaged = Path(str(files("kgraph"))) / "views"
    folder = packaged if packaged.is_dir() else Path(__file__).parents[3] / "queries" / "views"
    return {file.stem: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.rq"))}


def style() -> bytes:
    """Give the one style sheet."""
    return files("kgraph.web").joinpath("static/style.css").read_bytes()
