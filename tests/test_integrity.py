"""The rules over the whole data set in `queries/integrity/`: each row of an answer is a fault.

A case is `tests/cases/integrity/<CODE>-<id>/clean.trig` (no row) and `faulty.trig`, whose header
lists the rows, one line `#+ expect: <subject> <path> <value>` each in TriG's notation. The named
graphs are put together as a build does, with derived bounds and default graph.
"""

from __future__ import annotations

import functools
import re
from datetime import date
from pathlib import Path

import pytest
from pyoxigraph import Literal, RdfFormat, parse

from kgraph.dataset.assembly import assemble, load_store
from kgraph.engines.embedded import EmbeddedEngine
from kgraph.engines.protocol import Rows
from kgraph.findings import Severity
from kgraph.questions.question import read_header

ROOT = Path(__file__).parent.parent
CASES = ROOT / "tests" / "cases" / "integrity"
QUERIES = sorted((ROOT / "queries" / "integrity").glob("*.rq"))
DAY = date(2026, 1, 1)


def ask(query: Path, case: str) -> Rows:
    quads = parse(path=CASES / query.stem / f"{case}.trig", format=RdfFormat.TRIG)
    store = load_store(assemble(list(quads), DAY))
    return EmbeddedEngine(store).select(query.read_text(encoding="utf-8"))


def expected(query: Path) -> list[tuple[str, ...]]:
    """Give the rows a header lists, as N-Triples terms."""
    text = (CASES / query.stem / "faulty.trig").read_text(encoding="utf-8")
    prefixes = "\n".join(re.findall(r"^@prefix .*$", text, re.MULTILINE))
    lines = re.findall(r"^#\+ expect: (.*)$", text, re.MULTILINE)
    triples = parse(
        "\n".join([prefixes, *(f"{line} ." for line in lines)]), format=RdfFormat.TURTLE
    )
    return sorted((str(t.subject), str(t.predicate), str(t.object)) for t in triples)


@functools.cache
def header(query: Path) -> dict[str, str]:
    return read_header(query.read_text(encoding="utf-8"), query.name)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.stem)
def test_clean_data_give_no_row(query: Path) -> None:
    assert ask(query, "clean").rows == []


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.stem)
def test_faulty_data_give_the_rows_listed(query: Path) -> None:
    answer = ask(query, "faulty")
    assert [*answer.variables[:3]] == ["subject", "path", "value"]
    rows = sorted(tuple(str(cell) for cell in row[:3]) for row in answer.rows)
    assert rows == expected(query)
    assert rows, "a faulty case without a fault"


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.stem)
def test_message_says_what_to_do_in_both_languages(query: Path) -> None:
    answer = ask(query, "faulty")
    columns = answer.variables.index("message"), answer.variables.index("messageDe")
    for row in answer.rows:
        english, german = (row[column] for column in columns)
        assert isinstance(english, Literal)
        assert isinstance(german, Literal)
        assert english != german
        for message in (english.value, german.value):
            assert message.count(": ") == 1, "one sentence: what is wrong, a colon, what to do"
            assert message.endswith(".")


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.stem)
def test_header_is_complete(query: Path) -> None:
    found = header(query)
    assert query.stem == f"{found['code']}-{found['id']}"
    assert Severity(found["severity"])
    assert found["description.de"] != found["description.en"]


def test_every_query_has_its_cases_and_every_case_its_query() -> None:
    assert QUERIES
    assert sorted(folder.name for folder in CASES.iterdir()) == [query.stem for query in QUERIES]


def test_every_query_is_on_the_page_of_rules() -> None:
    page = (ROOT / "docs" / "shapes.md").read_text(encoding="utf-8")
    for query in QUERIES:
        found = header(query)
        row = (found["code"], found["severity"].capitalize(), f"`{query.name}`")
        assert f"| {' | '.join(row)} | {found['description.en']} |" in page
