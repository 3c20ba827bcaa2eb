"""A question file: `#+` header, query text, parameters, expectation.

The header is a run of `#+ key: value` lines at the start; a line `#+   more` that begins with two
or more blanks goes on with the value above it. The text runs as it stands, with nothing bound.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from kgraph.errors import BadConfig, BadQuery, UnknownResource
from kgraph.questions.parameters import Parameter, read_parameters, read_term

_LINE = re.compile(r"#\+(?:(?P<more>\s{2,}\S.*)|\s?(?P<key>[a-z][a-z.-]*):\s*(?P<value>.*))")
_EXPECT = re.compile(
    r"(?P<bound>at least|at most|exactly)\s+(?P<count>[\d,]+)"
    r"(?:\s+and\s+at most\s+(?P<most>[\d,]+))?\s+rows?\b"
)


@dataclass(frozen=True)
class Expectation:
    """How many rows the real data must give: from `least`, up to `most` unless that is None."""

    least: int
    most: int | None


@dataclass(frozen=True)
class Question:
    """One question, with its query; `question` and so on by language, `header` everything else."""

    id: str
    file: str
    text: str
    header: Mapping[str, str]
    parameters: tuple[Parameter, ...]
    expectation: Expectation | None

    @cached_property
    def question(self) -> dict[str, str]:
        """The question in each language it is asked in."""
        return {tag: self.header[f"question.{tag}"] for tag in ("en", "de")}

    @property
    def row(self) -> str:
        """What one row is."""
        return self.header.get("row", "")

    @property
    def expect(self) -> str:
        """The header's own words on how many rows there are, and why."""
        return self.header.get("expect", "")


def read_header(text: str, name: str) -> dict[str, str]:
    """Give the `#+` header of a query text. Errors: BadConfig for a line that is no `key: value`.

    >>> read_header("#+ id: a\\n#+ row: one\\n#+   thing\\nASK {}", "a.rq")
    {'id': 'a', 'row': 'one thing'}
    """
    header: dict[str, str] = {}
    key = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("#+"):
            break
        match = _LINE.fullmatch(line.rstrip())
        if match is None or (match["more"] and not key):
            raise BadConfig(f"{name}:{number}: a header line is written `#+ key: value`.")
        if match["more"]:
            header[key] = f"{header[key]} {match['more'].strip()}".strip()
            continue
        key = match["key"]
        if key in header:
            raise BadConfig(f"{name}:{number}: the header has `{key}` twice.")
        header[key] = match["value"].strip()
    return header


def read_question(file: Path, name: str | None = None) -> Question:
    """Give the question in a file.

    Errors: BadConfig when the header lacks id or the question in English and German, when the id is
    not the file's stem, or a parameter or an expectation cannot be read.
    """
    name = name or str(file)
    text = file.read_text(encoding="utf-8")
    header = read_header(text, name)
    for key in ("id", "question.en", "question.de"):
        if not header.get(key):
            raise BadConfig(f"{name}: the header has no `{key}`; add a line `#+ {key}: …`.")
    if header["id"] != file.stem:
        raise BadConfig(f"{name}: the id `{header['id']}` is not the file's name; rename one.")
    return Question(
        id=header["id"],
        file=name,
        text=text,
        header=header,
        parameters=read_parameters(header.get("parameters", ""), name),
        expectation=read_expectation(header.get("expect", ""), name),
    )


def read_questions(folder: Path) -> list[Question]:
    """Give the questions of a folder, sorted by id; none where there is no such folder."""
    return [read_question(file) for file in sorted(folder.glob("*.rq"))]


def read_expectation(text: str, name: str) -> Expectation | None:
    """Give the bounds of a header line such as `at least 20 rows` or `exactly 0 rows because …`.

    >>> read_expectation("at least 2 and at most 1,000 rows", "a.rq")
    Expectation(least=2, most=1000)
    """
    if not text:
        return None
    match = _EXPECT.match(text)
    if match is None:
        raise BadConfig(
            f"{name}: `expect: {text}` cannot be read; write `at least N rows`, `at most N rows`, "
            "`at least N and at most M rows` or `exactly N rows`."
        )
    count = _count(match["count"])
    if match["bound"] == "at least":
        return Expectation(count, _count(match["most"]) if match["most"] else None)
    return Expectation(count if match["bound"] == "exactly" else 0, count)


def _count(text: str) -> int:
    return int(text.replace(",", ""))


def read_bindings(question: Question, values: Mapping[str, str]) -> dict[str, NamedNode | Literal]:
    """Give the terms for the values of a question's parameters, as typed in its header.

    Errors: BadQuery for a name the question has no parameter for, or a value not of its type.
    """
    types = {parameter.name: parameter.type for parameter in question.parameters}
    bindings: dict[str, NamedNode | Literal] = {}
    for key, value in values.items():
        if key not in types:
            known = ", ".join(types) or "none"
            raise BadQuery(f"the question {question.id} has no parameter “{key}”; it has {known}.")
        bindings[key] = read_term(key, types[key], value)
    return bindings


def find_question(questions: list[Question], name: str) -> Question:
    """Give the question with this id. Errors: UnknownResource."""
    for question in questions:
        if question.id == name:
            return question
    raise UnknownResource(f"there is no question “{name}”; `kgraph query --list` names them all.")
