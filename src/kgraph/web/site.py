"""What one running site serves: its queries, its questions, the pool that answers them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from kgraph.engines.evaluation import Task
from kgraph.engines.pool import Pool
from kgraph.engines.prepared import PreparedAnswers
from kgraph.questions import Question
from kgraph.web.tables import Table, read_table, shorten


@dataclass(frozen=True)
class Site:
    """The parts the routes need; `views` maps a name to a query of the program's own."""

    pool: Pool
    prepared: PreparedAnswers
    questions: dict[str, Question]
    views: dict[str, str]
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

    async def table(self, view: str) -> Table:
        """Give the rows of one of the program's own queries."""
        return read_table((await self.prepared.prepare(Task(self.views[view]))).answer)

    def page(self, template: str, status: int = 200, **values: object) -> HTMLResponse:
        """Give a page in HTML."""
        html = self.templates.get_template(template).render(
            site=self.title, shorten=shorten, **values
        )
        return HTMLResponse(html, status, {"Vary": "Accept"})


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


def list_questions(questions: Sequence[Question]) -> dict[str, Question]:
    """Index questions by id, in the order of their ids."""
    return {question.id: question for question in sorted(questions, key=lambda each: each.id)}
