"""The competency questions: exact rows on small fixtures, bounds on the real data, one layout.

`cases/questions/<id>/` holds `data.ttl` or `data.trig` and `expected.csv`, the answer with nothing
bound on 1 January 2026; `<case>.params.json` and `<case>.csv` are an answer with parameters. Both
engines must give the same rows in the same order. A data.ttl is one source graph.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, parse, serialize

from kgraph.dataset.assembly import assemble, load_store, read_graphs
from kgraph.dataset.layout import list_graph_files
from kgraph.engines.embedded import EmbeddedEngine
from kgraph.engines.protocol import Engine, Rows
from kgraph.namespaces import GRAPH, PREFIXES, XSD
from kgraph.questions.question import read_bindings, read_questions
from kgraph.rdf.terms import Term
from reference_engine import ReferenceEngine

ROOT = Path(__file__).parent.parent
CASES = Path(__file__).parent / "cases" / "questions"
QUESTIONS = {question.id: question for question in read_questions(ROOT / "queries" / "questions")}
SNAPSHOT_DAY = date(2026, 1, 1)
SOURCE_GRAPH = NamedNode(f"{GRAPH}lists/fixture")
#: GROUP_CONCAT joins in no order that SPARQL defines, so these cells are compared as sets.
SETS = {"sources", "derivedFrom", "evidenceA", "evidenceB"}
NUMBERS = {f"{XSD}{name}" for name in ("decimal", "double", "integer")}
KEYWORDS = re.compile(
    r"\b(select|distinct|where|optional|filter|not exists|exists|bind|union|group by|order by|"
    r"having|values|graph|prefix|as|desc)\b(?!:)",
    re.IGNORECASE,
)


def list_cases() -> list[tuple[str, str]]:
    """Give the id and the case of every expected answer."""
    return [
        (folder.name, file.stem)
        for folder in sorted(CASES.iterdir())
        for file in sorted(folder.glob("*.csv"))
    ]


def list_narrowing_parameters() -> list[tuple[str, str]]:
    """Give the id and the name of each parameter that is a column, or `only…` and a column."""
    return [
        (question.id, parameter.name)
        for question in QUESTIONS.values()
        for parameter in question.parameters
        if parameter.type == "iri" and "default" not in parameter.note
    ]


@cache
def read_fixture(name: str) -> tuple[EmbeddedEngine, ReferenceEngine]:
    """Give a fixture in both engines, built as `kgraph build` builds the data."""
    (file,) = (CASES / name).glob("data.*")
    syntax = RdfFormat.TRIG if file.suffix == ".trig" else RdfFormat.TURTLE
    quads = parse(path=str(file), format=syntax)
    assembled = assemble([place_quad(quad) for quad in quads], SNAPSHOT_DAY)
    dataset = rdflib.Dataset()
    dataset.parse(data=serialize(assembled, format=RdfFormat.N_QUADS), format="nquads")
    return EmbeddedEngine(load_store(assembled)), ReferenceEngine(dataset)


def place_quad(quad: Quad) -> Quad:
    """Give a quad of the default graph its place in a source graph, as a file of data/ has."""
    graph = SOURCE_GRAPH if isinstance(quad.graph_name, DefaultGraph) else quad.graph_name
    return Quad(quad.subject, quad.predicate, quad.object, graph)


@cache
def open_real_data() -> EmbeddedEngine:
    """Give the data set of the repository in memory."""
    return EmbeddedEngine(load_store(assemble(read_graphs(list_graph_files(ROOT)), SNAPSHOT_DAY)))


def write_cell(column: str, term: Term | None) -> str:
    """Give a term as SPARQL's CSV does, sets sorted and numbers in their shortest form."""
    if term is None:
        return ""
    value = term.value if isinstance(term, (Literal, NamedNode)) else str(term)
    if column in SETS:
        return " ".join(sorted(value.split()))
    if isinstance(term, Literal) and term.datatype.value in NUMBERS:
        return f"{Decimal(value).normalize():f}"
    return value


def write_rows(rows: Rows) -> str:
    """Give an answer as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows.variables)
    for row in rows.rows:
        writer.writerow(map(write_cell, rows.variables, row))
    return text.getvalue()


def answer_case(engine: Engine, name: str, case: str) -> str:
    """Give the answer of one case, its parameters bound."""
    question = QUESTIONS[name]
    file = CASES / name / f"{case}.params.json"
    values = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return write_rows(engine.select(question.text, read_bindings(question, values)))


@pytest.mark.parametrize("place", [0, 1], ids=["pyoxigraph", "rdflib"])
@pytest.mark.parametrize(("name", "case"), list_cases())
def test_fixture_gives_exactly_these_rows(name: str, case: str, place: int) -> None:
    expected = (CASES / name / f"{case}.csv").read_text(encoding="utf-8")
    assert answer_case(read_fixture(name)[place], name, case) == expected


@pytest.mark.parametrize("name", QUESTIONS)
def test_question_has_a_fixture_with_rows(name: str) -> None:
    expected = CASES / name / "expected.csv"
    assert expected.exists(), f"add {expected.relative_to(ROOT)} and data.ttl beside it"
    assert len(expected.read_text(encoding="utf-8").splitlines()) > 1, (
        "an empty answer shows nothing"
    )


def test_no_fixture_is_left_over() -> None:
    assert {name for name, _ in list_cases()} == set(QUESTIONS)
    for file in CASES.glob("*/*.params.json"):
        answer = file.with_name(file.name.replace(".params.json", ".csv"))
        assert answer.exists(), f"{answer.relative_to(ROOT)} is missing"


@pytest.mark.parametrize("name", QUESTIONS)
def test_real_data_gives_as_many_rows_as_expected(name: str) -> None:
    question = QUESTIONS[name]
    assert question.expectation is not None, f"{question.file} has no `#+ expect:`"
    rows = answer_real_data(name).rows
    assert question.expectation.least <= len(rows)
    assert question.expectation.most is None or len(rows) <= question.expectation.most
    assert len(rows) == len(set(rows)), "a row occurs twice"


@cache
def answer_real_data(name: str) -> Rows:
    """Give the answer of one question on the real data, nothing bound."""
    return open_real_data().select(QUESTIONS[name].text)


@pytest.mark.parametrize(("name", "parameter"), list_narrowing_parameters())
def test_parameter_narrows_the_answer_to_its_column(name: str, parameter: str) -> None:
    answer = answer_real_data(name)
    column = parameter.removeprefix("only")
    place = answer.variables.index(column[0].lower() + column[1:])
    values = [row[place] for row in answer.rows if isinstance(row[place], NamedNode)]
    if not values:
        pytest.skip(f"no row of {name} has a value of {column} to ask for")
    value = values[len(values) // 2]
    narrowed = open_real_data().select(QUESTIONS[name].text, {parameter: value})
    rows = [row for row in answer.rows if row[place] == value]
    expected = Rows(answer.variables, rows)
    assert sorted(write_rows(narrowed).splitlines()) == sorted(write_rows(expected).splitlines())


def test_shared_funding_names_bmz_and_twenty_others() -> None:
    """110 relationships that one ministry supports are 5,995 pairs; no pair stands twice."""
    answer = answer_real_data("shared-funding")
    pairs: dict[str, list[tuple[str, str]]] = {}
    for row in answer.rows:
        cells = dict(zip(answer.variables, map(write_cell, answer.variables, row), strict=True))
        pair = (cells["relationshipA"], cells["relationshipB"])
        pairs.setdefault(cells["funderShort"] or cells["funder"], []).append(pair)
    assert all(len(found) == len(set(found)) for found in pairs.values())
    assert len(pairs["BMZ"]) >= 5995
    assert len({relationship for pair in pairs["BMZ"] for relationship in pair}) >= 110
    assert len(pairs) > 20


@pytest.mark.parametrize("name", QUESTIONS)
def test_question_is_on_its_docs_page(name: str) -> None:
    page = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
    question = QUESTIONS[name].question
    assert f"`{name}`" in page
    assert question["en"] in page
    assert question["de"] in page


@pytest.mark.parametrize("name", QUESTIONS)
def test_header_is_complete(name: str) -> None:
    question = QUESTIONS[name]
    assert question.row
    assert question.question["en"].endswith("?")
    assert question.question["de"].endswith("?")
    if question.expectation and question.expectation.most == 0:
        assert "because" in question.expect, "a question that is empty says why"
    for parameter in question.parameters:
        assert parameter.note, f"say what {parameter.name} is when it is not bound"


@pytest.mark.parametrize("name", QUESTIONS)
def test_layout_is_the_same_everywhere(name: str) -> None:
    lines = QUESTIONS[name].text.splitlines()
    assert all(len(line) <= 100 for line in lines), "no line is longer than 100 characters"
    assert not [line for line in lines if (len(line) - len(line.lstrip(" "))) % 2]
    query = [line for line in lines if not line.startswith("#")]
    prefixes = [line.split() for line in query if line.startswith("PREFIX")]
    names = [words[1].removesuffix(":") for words in prefixes]
    assert names == sorted(names)
    assert {name: f"<{PREFIXES[name]}>" for name in names} == {w[1][:-1]: w[2] for w in prefixes}
    body = "\n".join(line for line in query if not line.startswith("PREFIX"))
    assert set(list_prefixes(body)) == set(names), "the prefixes named are those used"
    bare = re.sub(r'"[^"\n]*"|[\w-]*[:?$][\w:-]*', "", body)
    assert not [word for word in KEYWORDS.findall(bare) if word != word.upper()]
    assert "NOW()" not in body, "what depends on the day takes asOf"


def list_prefixes(body: str) -> Iterator[str]:
    """Give the prefixes used in a query."""
    bare = re.sub(r'"[^"\n]*"|<\S*>', "", body)
    return (match[1] for match in re.finditer(r"(?<![\w?])([a-z]+):(?=[\w)])", bare))
