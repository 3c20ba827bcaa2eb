"""Parameters bound in every scope, with the same answers on Oxigraph and rdflib."""

from __future__ import annotations

import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse

from kgraph.engines.embedded import EmbeddedEngine
from kgraph.errors import BadQuery
from kgraph.rdf.rdflib_terms import load_dataset
from kgraph.sparql.binding import bind_parameters
from reference_engine import ReferenceEngine

DATA = """@prefix e: <http://e/> .
e:a e:p "1" ; e:day "2020-01-01" . e:b e:p "2" ; e:day "2022-01-01" .
e:g { e:b e:q "2" }
"""
QUADS: list[Quad] = list(parse(DATA.encode(), format=RdfFormat.TRIG))
A = {"x": NamedNode("http://e/a")}


@pytest.fixture(scope="module")
def engines() -> list[EmbeddedEngine | ReferenceEngine]:
    store = Store()
    store.bulk_extend(QUADS)
    return [EmbeddedEngine(store), ReferenceEngine(load_dataset(QUADS))]


CASES = {
    "pattern": ("SELECT ?v { ?x <http://e/p> ?v }", A, ["1"]),
    "optional parameter": (
        "SELECT ?v { ?y <http://e/p> ?v FILTER(!BOUND(?x) || ?x = ?y) }", A, ["1"],
    ),
    "default by COALESCE": (
        'SELECT ?v { BIND(COALESCE(?day, "2021") AS ?d) ?y <http://e/day> ?v FILTER(?v > ?d) }',
        {"day": Literal("2019")},
        ["2020-01-01", "2022-01-01"],
    ),
    "subquery": (
        "SELECT ?v { { SELECT ?v { ?y <http://e/p> ?v FILTER(?y = ?x) } } }", A, ["1"],
    ),
    "branch of a union": (
        "SELECT ?v { { ?y <http://e/p> ?v FILTER(?y = ?x) } UNION { ?x <http://e/day> ?v } }",
        A,
        ["1", "2020-01-01"],
    ),
    "minus": (
        "SELECT ?v { ?y <http://e/p> ?v MINUS { ?y <http://e/p> ?v FILTER(?y = ?x) } }", A, ["2"],
    ),
    "exists": ("SELECT ?v { ?y <http://e/p> ?v FILTER EXISTS { ?x <http://e/p> ?v } }", A, ["1"]),
    "graph name": (
        "SELECT ?v { GRAPH ?g { ?s ?p ?v } }", {"g": NamedNode("http://e/g")}, ["2"],
    ),
    "count": ("SELECT (COUNT(*) AS ?n) { ?x ?p ?v }", A, ["2"]),
    "beside own values": (
        'SELECT ?v { VALUES ?y { <http://e/a> <http://e/b> } ?y <http://e/p> ?v FILTER(?y = ?x) }',
        A,
        ["1"],
    ),
    "a brace in a string": (
        'SELECT ?v { ?y <http://e/p> ?v FILTER(?v != "{ ?x") FILTER(?y = ?x) # } ?x {\n }',
        A,
        ["1"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_bound(name: str, engines: list[EmbeddedEngine | ReferenceEngine]) -> None:
    query, bindings, expected = CASES[name]
    for engine in engines:
        rows = engine.select(query, bindings).rows
        assert sorted(row[0].value for row in rows if row[0]) == expected  # type: ignore[union-attr]


def test_a_term_is_never_read_as_query_text(
    engines: list[EmbeddedEngine | ReferenceEngine],
) -> None:
    nasty = Literal('"} ?y ?p ?v } # \\ \n')
    for engine in engines:
        rows = engine.select("SELECT ?t { BIND(?x AS ?t) }", {"x": nasty}).rows
        assert rows == [(nasty,)]


def test_columns_come_in_order_of_appearance(
    engines: list[EmbeddedEngine | ReferenceEngine],
) -> None:
    for engine in engines:
        assert engine.select("SELECT * { ?s ?p ?o }").variables == ("s", "p", "o")


def test_a_construct_template_takes_no_row(
    engines: list[EmbeddedEngine | ReferenceEngine],
) -> None:
    query = "CONSTRUCT { ?x <http://e/r> ?v } WHERE { ?x <http://e/p> ?v }"
    for engine in engines:
        graph = (
            engine.answer(query, A)
            if isinstance(engine, EmbeddedEngine)
            else engine.construct(query, A)
        )
        assert isinstance(graph, list)
        (triple,) = graph
        assert (triple.subject, triple.object) == (A["x"], Literal("1"))


def test_ask(engines: list[EmbeddedEngine | ReferenceEngine]) -> None:
    for engine in engines:
        assert engine.ask("ASK { ?x ?p ?v }", A)
        assert not engine.ask("ASK { ?x <http://e/none> ?v }", A)


def test_a_parameter_the_query_does_not_have_is_named() -> None:
    with pytest.raises(BadQuery, match=r"no variable \?x to bind; it has \?o, \?p, \?s"):
        bind_parameters("SELECT ?s { ?s ?p ?o }", A)


def test_no_query_and_the_wrong_kind_of_query(
    engines: list[EmbeddedEngine | ReferenceEngine],
) -> None:
    for engine in engines:
        with pytest.raises(BadQuery, match="no SPARQL query"):
            engine.select("SELECT ?s { ?s ?p }")
        with pytest.raises(BadQuery, match="the query is no"):
            engine.ask("SELECT ?s { ?s ?p ?o }")
