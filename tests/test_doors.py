"""One query has one answer, at whatever door it is asked, and the same bytes in the same format."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient
from pyoxigraph import Literal, NamedNode, QuerySolutions, Triple, parse, parse_query_results

import kgraph.cli.query
from awkward_queries import GRAPHS, REFUSED, ROWS, UNWRITABLE
from kgraph.cli import group
from kgraph.dataset.snapshot import build_snapshot
from kgraph.engines.embedded import EmbeddedEngine
from kgraph.engines.loading import open_store
from kgraph.engines.protocol import Rows
from kgraph.engines.writing import GRAPH_FORMATS, RESULT_FORMATS
from kgraph.errors import KgraphError, find_kind
from kgraph.formats import GRAPH_TYPES, RESULT_TYPES
from kgraph.questions.question import read_bindings, read_questions
from kgraph.rdf.terms import Term
from kgraph.sparql.binding import bind_parameters
from kgraph.sparql.volatility import is_volatile
from kgraph.web.app import create_app
from kgraph.web.settings import read_settings
from kgraph.web.site import make_site

ROOT = Path(__file__).parents[1]
SAVED = [question.id for question in read_questions(ROOT / "queries" / "questions")]
#: Over ten thousand rows each, which take minutes at all doors and from the disk: asked at two.
LARGE = {"shared-funding", "shared-funding-lenient", "shared-funding-same-programme"}
_WRITTEN = {name: query for name, (_, _, query) in UNWRITABLE.items()}
_WRONG = {name: query for name, (_, query) in REFUSED.items()}
AWKWARD = ROWS | GRAPHS | _WRITTEN | _WRONG

#: The bytes of an answer, or the sentence of a fault.
Outcome = bytes | str


class Doors:
    """The doors of one data set; each gives what it answers to a question, by id and format."""

    def __init__(self, root: Path, snapshot: Path, client: TestClient) -> None:
        self.questions = {q.id: q for q in read_questions(root / "queries" / "questions")}
        self.files = [snapshot / "dataset.nq", snapshot / "default.nt"]
        #: What `kgraph validate` evaluates with.
        self.engine = EmbeddedEngine(kgraph.cli.query.open_store(self.files))
        self._root, self._snapshot, self._client = root, snapshot, client

    def text(self, name: str) -> str:
        question = self.questions[name]
        return bind_parameters(question.text, read_bindings(question, {}))

    def ask_files(self, name: str, suffix: str) -> Outcome:
        options = [word for file in self.files for word in ("--data", str(file))]
        return self._run(name, suffix, *options)

    def ask_snapshot(self, name: str, suffix: str) -> Outcome:
        return self._run(name, suffix, "--snapshot", str(self._snapshot))

    def ask_endpoint(self, name: str, suffix: str) -> Outcome:
        return self._get("/sparql", {"query": self.text(name), "format": suffix})

    def ask_address(self, name: str, suffix: str) -> Outcome:
        return self._get(f"/questions/{name}", {"format": suffix})

    @property
    def all(self) -> tuple[Callable[[str, str], Outcome], ...]:
        return self.ask_snapshot, self.ask_files, self.ask_endpoint, self.ask_address

    def status(self, name: str, suffix: str) -> int:
        asked = {"query": self.text(name), "format": suffix}
        return self._client.get("/sparql", params=asked).status_code

    def _run(self, name: str, suffix: str, *options: str) -> Outcome:
        words = ["query", name, "--root", str(self._root), "--format", suffix, *options]
        result = CliRunner().invoke(group, words, catch_exceptions=False)
        assert result.exit_code in (0, 2)
        if result.exit_code:
            assert not result.stdout_bytes
            return result.stderr.removeprefix("kgraph: ").strip()
        return result.stdout_bytes

    def _get(self, address: str, parameters: dict[str, str]) -> Outcome:
        response = self._client.get(address, params=parameters)
        if response.status_code == 200:
            return response.content
        assert response.status_code < 500
        return str(response.json()["detail"]).strip()


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """All doors over the data of this repository; all but the snapshot's have them in memory."""
    root = tmp_path_factory.mktemp("doors")
    questions = root / "queries" / "questions"
    shutil.copytree(ROOT / "queries" / "questions", questions)
    for name, query in AWKWARD.items():
        head = f"#+ id: {name}\n#+ question.en: {name}?\n#+ question.de: {name}?\n"
        (questions / f"{name}.rq").write_text(head + query, encoding="utf-8")
    snapshot = build_snapshot(ROOT, root / "build", date(2026, 11, 1))
    settings = read_settings(
        root=root, snapshot=root / "build", budget_seconds=0, prepared_mebibytes=0,
        copied_mebibytes=0, workers=2, query_seconds=120.0,
    )  # fmt: skip
    with (
        pytest.MonkeyPatch.context() as patch,
        TestClient(create_app(make_site(settings))) as client,
    ):
        # The command line reads the files each time it is started; here it does so once.
        opened = cache(lambda *paths: open_store(paths))
        patch.setattr(kgraph.cli.query, "open_store", lambda paths: opened(*paths))
        yield Doors(root, snapshot, client)


def write_plain(term: Term | None) -> str:
    """Give a term as CSV has it."""
    return term.value if isinstance(term, Literal | NamedNode) else write_exact(term)


def write_exact(term: Term | None) -> str:
    """Give a term in N-Triples; all blank nodes alike, since labels made anew always differ."""
    text = "" if term is None else str(term)
    return re.sub(r"_:\w+", "_:b", text) if "_:" in text else text


def loosen(text: str) -> str:
    """Give the words of a cell in order: a store gives the members of a group in an order of its
    own, in which GROUP_CONCAT joins them."""
    return " ".join(sorted(re.split(r"[\s;,|]+", text)))


def assert_same_rows(content: bytes, suffix: str, expected: Rows, is_loose: bool = False) -> None:
    """Compare what was written with the rows, in any order, by readers of the formats."""
    write = write_plain if suffix == "csv" else write_exact
    wanted = [[write(term) for term in row] for row in expected.rows]
    if suffix == "csv":
        header, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
        found = [[re.sub(r"^_:\w+", "_:b", cell) for cell in row] for row in rows]
        assert all(len(row) == len(header) for row in rows)
    else:
        results = parse_query_results(content, format=RESULT_FORMATS[suffix])
        assert isinstance(results, QuerySolutions)
        header = [variable.value for variable in results.variables]
        found = [[write(term) for term in row] for row in results]
    assert header == list(expected.variables)
    if is_loose:
        found, wanted = ([list(map(loosen, row)) for row in rows] for rows in (found, wanted))
    assert Counter(map(tuple, found)) == Counter(map(tuple, wanted))


def assert_same_answer(
    content: bytes, suffix: str, expected: Rows | bool | list[Triple], is_loose: bool = False
) -> None:
    """Compare what was written with what `kgraph validate` would see."""
    if suffix in ("xml", "rdf"):
        # By a strict reader.
        ElementTree.fromstring(content)
    if isinstance(expected, Rows):
        assert_same_rows(content, suffix, expected, is_loose)
    elif isinstance(expected, bool):
        assert str(expected).lower().encode() in content
    else:
        read = parse(content, format=GRAPH_FORMATS[suffix])
        assert {str(quad.triple) for quad in read} == set(map(str, expected))


def assert_same_bytes(outcomes: list[Outcome], is_named_anew: bool = False) -> None:
    """Compare the outcomes of doors; blank nodes made by the query get new labels each time."""
    if is_named_anew:
        outcomes = [
            re.sub(rb"[0-9a-f]{28,32}", b"", each) if isinstance(each, bytes) else each
            for each in outcomes
        ]
    assert outcomes[1:] == outcomes[:1] * (len(outcomes) - 1)


def assert_same_bytes_in_any_order(outcomes: list[Outcome]) -> None:
    """Compare answers of stores that were loaded by several threads each, and give the members of
    a group, and rows that are not ordered, in orders of their own."""
    first, *others = map(Counter, outcomes)
    assert all(other == first for other in others)


@pytest.mark.parametrize("name", SAVED)
def test_a_saved_question_has_one_answer(doors: Doors, name: str) -> None:
    if name in LARGE:
        outcomes = [doors.ask_files(name, "csv"), doors.ask_address(name, "csv")]
        assert_same_bytes_in_any_order(outcomes)
        assert isinstance(outcomes[0], bytes), outcomes[0]
        rows = csv.reader(io.StringIO(outcomes[0].decode(), newline=""))
        assert len(set(map(len, rows))) == 1
        return
    expected = doors.engine.answer(doors.text(name))
    assert isinstance(expected, Rows)
    for suffix in RESULT_TYPES:
        outcomes = [doors.ask_files(name, suffix), doors.ask_address(name, suffix)]
        if suffix == "csv":
            # The endpoint differs from the address in how the text comes in alone.
            outcomes.append(doors.ask_endpoint(name, suffix))
        assert_same_bytes_in_any_order(outcomes)
        assert isinstance(outcomes[0], bytes), outcomes[0]
        assert_same_answer(outcomes[0], suffix, expected)
    kept = doors.ask_snapshot(name, "csv")
    assert isinstance(kept, bytes), kept
    assert_same_answer(kept, "csv", expected, is_loose=True)


@pytest.mark.parametrize("name", ROWS | GRAPHS)
def test_an_awkward_query_has_one_answer(doors: Doors, name: str) -> None:
    expected = doors.engine.answer(doors.text(name))
    for suffix in GRAPH_TYPES if name in GRAPHS else RESULT_TYPES:
        outcomes = [ask(name, suffix) for ask in doors.all]
        if name != "described":
            # Of its triples only the order is each store's own.
            assert_same_bytes(outcomes, is_volatile(doors.text(name)))
        for content in outcomes:
            assert isinstance(content, bytes), content
            assert_same_answer(content, suffix, expected)


@pytest.mark.parametrize("name", UNWRITABLE)
def test_what_a_format_cannot_hold_is_refused_with_those_that_can(doors: Doors, name: str) -> None:
    kind, refusing, _ = UNWRITABLE[name]
    expected = doors.engine.answer(doors.text(name))
    for suffix in RESULT_TYPES if kind == "rows" else GRAPH_TYPES:
        outcomes = [ask(name, suffix) for ask in doors.all]
        assert_same_bytes(outcomes)
        said = outcomes[0]
        if suffix in refusing:
            assert isinstance(said, str)
            assert "; take " in said
            assert doors.status(name, suffix) == 406
        else:
            assert isinstance(said, bytes), said
            assert_same_answer(said, suffix, expected)


@pytest.mark.parametrize("name", REFUSED)
def test_a_query_is_refused_with_one_sentence(doors: Doors, name: str) -> None:
    code, _ = REFUSED[name]
    with pytest.raises(KgraphError) as caught:
        doors.engine.answer(doors.text(name))
    assert find_kind(caught.value).code == code
    for suffix in ("json", "csv", "ttl"):
        outcomes = [ask(name, suffix) for ask in doors.all]
        assert isinstance(outcomes[0], str)
        assert_same_bytes(outcomes)
        assert outcomes[0] in str(caught.value)
        assert doors.status(name, suffix) == find_kind(caught.value).status


def test_there_are_enough_of_them() -> None:
    assert len(AWKWARD) >= 40
    assert set(SAVED) > LARGE
