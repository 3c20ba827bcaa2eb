"""The questions, asked of the data: each gives as many rows as its header expects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kgraph.engines.protocol import Engine
from kgraph.errors import BadQuery
from kgraph.findings import Finding, Position
from kgraph.questions.question import Question, read_questions
from kgraph.validation.codes import make_finding

QUESTIONS_FOLDER = Path("queries/questions")


def check_answers(root: Path, engine: Engine) -> Iterator[Finding]:
    """Yield a finding for each question that is no query or has too few or too many rows.

    Errors: BadConfig for a header that cannot be read.
    """
    for question in read_questions(root / QUESTIONS_FOLDER):
        name = (QUESTIONS_FOLDER / f"{question.id}.rq").as_posix()
        try:
            count = len(engine.select(question.text).rows)
        except BadQuery as error:
            place = Position(name, error.line or 1, error.column or 0)
            yield _finding("Q01", question, str(error), place)
            continue
        bounds = question.expectation
        if bounds is None:
            continue
        if count < bounds.least or (bounds.most is not None and count > bounds.most):
            line = next(
                number
                for number, text in enumerate(question.text.splitlines(), start=1)
                if text.startswith("#+ expect:")
            )
            message = f"The question gives {count} rows; expected: {question.expect}"
            yield _finding("Q02", question, message, Position(name, line, 1))


def _finding(code: str, question: Question, message: str, place: Position) -> Finding:
    remedy = f"run kgraph query {question.id}, then correct the data, the query or `expect`"
    return make_finding(code, message, place, focus=question.id, help=remedy)
