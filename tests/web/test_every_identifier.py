"""Every identifier of the project that a saved question answers with leads somewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pyoxigraph import Literal, NamedNode, RdfFormat, Store, Triple, serialize

from kgraph.dataset.assembly import assemble, load_store, read_graphs
from kgraph.dataset.layout import list_graph_files
from kgraph.engines.embedded import EmbeddedEngine
from kgraph.namespaces import BASE
from kgraph.questions.question import read_questions
from kgraph.rdf.terms import Term
from kgraph.resources.addresses import find_path, read_path
from kgraph.web.app import create_app
from kgraph.web.settings import read_settings
from kgraph.web.site import make_site

ROOT = Path(__file__).parents[2]
#: To fetch each of some 4,000 takes minutes, and they differ by their kinds; so all are looked up
#: in the data, and of each kind these many, spread evenly, are fetched.
FETCHED_PER_KIND = 4


@cache
def load_data() -> Store:
    return load_store(assemble(read_graphs(list_graph_files(ROOT)), date(2026, 1, 1)))


def list_iris(term: Term | None) -> list[str]:
    """Give the IRIs of a cell, those of a text that is made of addresses too."""
    if isinstance(term, NamedNode):
        return [term.value]
    return term.value.split(" ") if isinstance(term, Literal) else []


@cache
def find_answered() -> list[str]:
    """Give the project's IRIs in the answers of all questions, sorted."""
    engine = EmbeddedEngine(load_data())
    questions = read_questions(ROOT / "queries" / "questions")
    assert len(questions) > 50
    rows = (row for question in questions for row in engine.select(question.text).rows)
    found = {iri for row in rows for term in row for iri in list_iris(term)}
    return sorted(iri for iri in found if iri.startswith(BASE))


def find_kind(iri: str) -> str:
    """Give the part of an identifier that says what kind of thing it names, and how."""
    name, mark, _ = iri.removeprefix(BASE).partition("#")
    return "/".join(name.split("/")[:2]) + mark if name.startswith("id/") else name.split("/")[0]


def choose() -> list[str]:
    kinds: dict[str, list[str]] = defaultdict(list)
    for iri in find_answered():
        kinds[find_kind(iri)].append(iri)
    assert len(kinds) > 25
    return [
        iri
        for kind in sorted(kinds)
        for iri in kinds[kind][:: max(1, len(kinds[kind]) // FETCHED_PER_KIND)]
    ]


def test_every_identifier_is_named_by_its_address_and_mentioned() -> None:
    mentioned: set[str] = set()
    for quad in load_data():
        for term in (quad.subject, quad.predicate, quad.object, quad.graph_name):
            assert not isinstance(term, Triple)
            if isinstance(term, NamedNode):
                mentioned.add(term.value)
    wrong = []
    for iri in find_answered():
        path, _, fragment = (find_path(iri) or "").partition("#")
        named = read_path(path).resource.value + (f"#{fragment}" if fragment else "")
        if named != iri or iri not in mentioned or iri.partition("#")[0] not in mentioned:
            wrong.append(iri)
    assert not wrong
    assert len(find_answered()) > 3_000


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    file: Path = tmp_path_factory.mktemp("data") / "all.nq"
    with file.open("wb") as out:
        serialize(load_data(), out, format=RdfFormat.N_QUADS)
    site = make_site(read_settings(workers=2, budget_seconds=0), [file])
    with TestClient(create_app(site)) as client:
        yield client


def test_identifiers_of_each_kind_are_described(client: TestClient) -> None:
    wrong = []
    for iri in choose():
        path, _, fragment = (find_path(iri) or "").partition("#")
        page = client.get(path, headers={"Accept": "text/html"})
        if page.status_code != 200 or (fragment and f'id="{fragment}"' not in page.text):
            wrong.append((iri, path, page.status_code))
        data = client.get(f"{path}.nt")
        # What a graph holds does not name the graph.
        names = path.startswith("/graph/") or f"<{iri}>" in data.text
        if data.status_code != 200 or not names:
            wrong.append((iri, f"{path}.nt", data.status_code))
    assert not wrong
