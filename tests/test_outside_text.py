"""SERVICE clauses found in texts of all spellings, and what each of them asks."""
# ruff: noqa: E501 - the queries read best on one line each

from __future__ import annotations

import io

import pytest
from pyoxigraph import QueryBoolean, QuerySolutions, QueryTriples, Store

from kgraph.engines.service_calls import find_clauses, read_clauses, write_clauses
from kgraph.errors import BadQuery, OutsideAccess, ReadOnly
from kgraph.sparql.service_clauses import find_places, find_prologue, put_in

HERE = "http://here.example/sparql"
AWAY = "http://away.example/sparql"
GROUP = "{ ?s ?p ?o }"


def ask(query: str) -> QuerySolutions | QueryBoolean | QueryTriples:
    return Store().query(query, base_iri=HERE)


SPELLINGS = {
    "plain": f"SELECT * {{ SERVICE <{AWAY}> {GROUP} }}",
    "in small letters": f"SELECT * {{ service <{AWAY}> {GROUP} }}",
    "without blanks": f"SELECT*{{SERVICE<{AWAY}>{GROUP}}}",
    "over lines": f"SELECT * {{ SERVICE\r\n\t<{AWAY}>\n{GROUP} }}",
    "after comments": f"SELECT * {{ SERVICE#}}\n#{{\n<{AWAY}>#{{\n{GROUP} }}",
    "after a comment that ends with a return": f"SELECT * {{ # '\rSERVICE <{AWAY}> {GROUP} }}",
    "by a prefix": f"PREFIX x: <{AWAY}> SELECT * {{ SERVICE x: {GROUP} }}",
    "by a prefix named as a keyword": f"PREFIX silent: <{AWAY}> SELECT * {{ SERVICE silent: {GROUP} }}",
    "by a prefix and a name": f"PREFIX x: <http://away.example/> SELECT * {{ SERVICE x:sparql{GROUP} }}",
    "by a base": f"BASE <{AWAY}> SELECT * {{ SERVICE <> {GROUP} }}",
    "by a relative base": "BASE <http://away.example/a/b> BASE <../> SELECT * { SERVICE <sparql> "
    f"{GROUP} }}",
    "by an escape": f"SELECT * {{ SERVICE <http://away.example/s\\u0070arql> {GROUP} }}",
    "after an escape in an IRI": f"SELECT * {{ ?a <http://e/\\u0041#'> ?b SERVICE <{AWAY}> {GROUP} }}",
    "after a string": f"SELECT * {{ BIND('\\'SERVICE' AS ?x) SERVICE <{AWAY}> {GROUP} }}",
    "in an ASK": f"ASK {{ FILTER EXISTS {{ SERVICE <{AWAY}> {GROUP} }} }}",
    "in a CONSTRUCT": f"CONSTRUCT {GROUP} {{ SERVICE <{AWAY}> {GROUP} }}",
}  # fmt: skip


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_clause_is_found_however_it_is_spelled(name: str) -> None:
    query = SPELLINGS[name]
    (clause,) = find_clauses(query, ask)
    assert (clause.endpoint, clause.silent, clause.columns) == (AWAY, False, ("s", "p", "o"))
    assert query[clause.start : clause.end].lower().startswith("service")
    assert query[clause.start : clause.end].endswith(GROUP)
    assert clause.query.endswith(f"SELECT * WHERE {GROUP}")
    assert isinstance(ask(clause.query), QuerySolutions)


NONE = {
    "in a comment": f"SELECT * {{ ?s ?p ?o # SERVICE <{AWAY}> {GROUP}\n }}",
    "in a string": f"SELECT * {{ ?s ?p 'SERVICE <{AWAY}> {GROUP}' }}",
    "in a long string": f'SELECT * {{ ?s ?p """ " SERVICE <{AWAY}> {GROUP}""" }}',
    "as a variable": "SELECT ?service { ?service ?p $SERVICE }",
    "as a name": "PREFIX service: <http://e/> SELECT * { service:service ?p service:o }",
    "in an IRI": "SELECT * { <http://e/SERVICE> ?p ?o }",
    "as a language": "SELECT * { ?s ?p 'x'@service }",
}


@pytest.mark.parametrize("name", NONE)
def test_the_word_alone_is_no_clause(name: str) -> None:
    assert find_clauses(NONE[name], ask) == []


REFUSED = {
    "a variable": f"SELECT * {{ VALUES ?e {{ <{AWAY}> }} SERVICE ?e {GROUP} }}",
    "a silent variable": f"SELECT * {{ BIND(<{AWAY}> AS ?e) SERVICE SILENT $e {GROUP} }}",
    "one in another": f"SELECT * {{ SERVICE <{AWAY}> {{ SERVICE <{AWAY}> {GROUP} }} }}",
    "one deep in another": f"SELECT * {{ SERVICE <{AWAY}> {{ OPTIONAL {{ {{ service SILENT <a:b> {GROUP} }} }} }} }}",
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_clause_that_is_not_answered_is_refused(name: str) -> None:
    with pytest.raises(OutsideAccess, match="SERVICE"):
        find_clauses(REFUSED[name], ask)


WRONG = {
    "before": (f"SELECT * {{ ?s ?p \n SERVICE <{AWAY}> {GROUP} }}", 2),
    "within": (f"SELECT * {{ SERVICE <{AWAY}> {{\n ?s ?p \n }} }}", 3),
    "after": (f"SELECT * {{ SERVICE <{AWAY}> {GROUP} \n UNION {{}} }}", 2),
    "not closed": (f"SELECT * {{ SERVICE <{AWAY}> {{ ?s ?p ?o }}", 1),
    "no group": (f"SELECT * {{ SERVICE <{AWAY}> ?s ?p ?o }}", 1),
    "no address": (f"SELECT * {{ SERVICE {GROUP} }}", 1),
    "an unknown prefix": (f"SELECT * {{\nSERVICE x: {GROUP} }}", 2),
    "a column bound twice": (f"SELECT * {{ SERVICE <{AWAY}> {GROUP} BIND(1 AS ?s) }}", 1),
    "in an ASK": (f"ASK {{ SERVICE <{AWAY}> {{ ?s }}\n }}", 2),
    "in escapes": (f"SELECT * {{ \\u0053ERVICE <{AWAY}> {GROUP} }}", 1),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_text_is_explained_at_its_own_place(name: str) -> None:
    query, line = WRONG[name]
    with pytest.raises(BadQuery) as caught:
        find_clauses(query, ask)
    assert caught.value.line == line


def test_an_update_is_refused_as_ever() -> None:
    with pytest.raises(ReadOnly):
        find_clauses(f"INSERT {GROUP} WHERE {{ SERVICE <{AWAY}> {GROUP} }}", ask)


def test_each_clause_is_asked_with_the_prefixes_and_for_what_it_can_bind() -> None:
    prologue = "BASE <http://e/> # SELECT\nPREFIX select: <ask#> PREFIX b: <x> "
    query = (
        f"{prologue}SELECT ?x {{ ?x b:y ?c SERVICE SILENT <{AWAY}> {{ ?c b:d ?b FILTER(?z) "
        "{ SELECT (COUNT(?in) AS ?n) { ?in <p> [] } } } OPTIONAL { SERVICE b:1 { b:a b:b b:c } } }"
    )
    first, second = find_clauses(query, ask)
    assert find_prologue(query) == prologue
    assert first.query.startswith(f"{prologue}SELECT * WHERE {{ ?c b:d")
    assert (first.silent, first.columns) == (True, ("c", "b", "n"))
    assert (second.endpoint, second.silent, second.columns) == ("http://e/x1", False, ())


def test_clauses_are_read_as_they_were_written() -> None:
    clauses = find_clauses(SPELLINGS["plain"], ask)
    out = io.BytesIO()
    write_clauses(clauses, out)
    assert read_clauses(out.getvalue()) == clauses


def test_what_is_put_in_leaves_the_rest_as_it_is() -> None:
    query = SPELLINGS["after a string"]
    places = [(place.start, place.end, "VALUES () {}") for place in find_places(query)]
    assert put_in(query, places) == "SELECT * { BIND('\\'SERVICE' AS ?x)  VALUES () {}  }"
