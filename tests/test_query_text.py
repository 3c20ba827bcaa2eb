"""What is read from the text of a query by its tokens, however it is spelled."""

from __future__ import annotations

import pytest

from kgraph.errors import OutsideAccess
from kgraph.sparql.dialect import refuse_service
from kgraph.sparql.projection import name_star_columns
from kgraph.sparql.tokens import read_tokens
from kgraph.sparql.volatility import is_volatile


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1E1-RAND()", ["RAND"]),
        ("1.5e-3NOW 2SERVICE .5e1x", ["NOW", "SERVICE", "x"]),
        ("DISTINCT-RAND()", ["DISTINCT", "RAND"]),
        ("a:.SERVICE a:b.", ["a:", "SERVICE", "a:b"]),
        ("x-y:z-1 :a.b.c a:b%20c\\,d", ["x-y:z-1", ":a.b.c", "a:b%20c\\,d"]),
        ("_:b1 'x'@en-GB ?v-w", ["w"]),
        ('<a> # NOW\n \'NOW\' """NOW""" NOW', ["NOW"]),
    ],
)
def test_the_longest_token_counts(text: str, words: list[str]) -> None:
    assert [token.text for token in read_tokens(text) if token.kind == "word"] == words


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (1E1-RAND() AS ?x) {}",
        "SELECT (SUM(DISTINCT-RAND()) AS ?x) {}",
        "SELECT * { FILTER(?d<NOW()&&?e>?x) }",
        "SELECT (STRUUID () AS ?x) {}",
        "SELECT (uuid#\n() AS ?x) {}",
        "SELECT (BNODE('a') AS ?x) {}",
        "SELECT (COUNT(DISTINCTRAND()) AS ?x) {}",
        "SELECT * { SERVICE <http://e/> {} }",
        "SELECT * { service?x {} }",
        "SELECT * { SERVICE SILENT e:x {} }",
    ],
)
def test_a_volatile_query_is_known(query: str) -> None:
    assert is_volatile(query)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?now { ?now <http://e/rand> 'uuid' }",
        "SELECT * { ?s <http://e/service> <http://e/x> }",
        "SELECT (YEAR(?x) AS ?y) { ?s e:knows ?x }",
    ],
)
def test_another_query_is_kept(query: str) -> None:
    assert not is_volatile(query)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("SELECT * { ?b ?a 1 }", "SELECT  ?b ?a  { ?b ?a 1 }"),
        ("SELECT#\nREDUCED*{ ?b ?a 1 }", "SELECT#\nREDUCED ?b ?a { ?b ?a 1 }"),
        ("SELECT (2*?b AS ?a) ?b { VALUES ?b { 1 } }", None),
        ("SELECT DISTINCT (100*?b/?c AS ?a) ?b { VALUES (?b ?c) { (1 2) } }", None),
        ("SELECT (-1*?b AS ?a) ?b { VALUES ?b { 1 } }", None),
        ('SELECT ("2"*?b AS ?a) ?b { VALUES ?b { 1 } }', None),
        ("SELECT (COUNT(*) AS ?a) ?b { VALUES ?b { 1 } } GROUP BY ?b", None),
        ("SELECT ?b ?a { { SELECT * { ?b ?a 1 } } }", None),
    ],
)
def test_a_star_stands_where_the_columns_do(query: str, named: str | None) -> None:
    assert name_star_columns(query, ["a", "b"]) == named


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { FILTER(1<2)SERVICE#>\nSILENT <http://e/> { ?s ?p ?o } }",
        "SELECT * { OPTIONAL { ?s ?p a:.SERVICE <http://e/> { ?s ?p ?o } } }",
        "SELECT * { ?s ?p trueSERVICE a:b { ?s ?p ?o } }",
    ],
)
def test_a_hidden_service_is_refused(query: str) -> None:
    with pytest.raises(OutsideAccess):
        refuse_service(query)
