"""Values are compared as they were written, and SPARQL constraints see what they mean."""

from __future__ import annotations

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kgraph.namespaces import XSD
from kgraph.rdf.literals import find_rewritten, is_well_formed
from kgraph.rdf.terms import Term
from kgraph.shacl import LoadedData, Report, compile_shapes, validate

PREFIXES = """
@prefix ex: <https://example.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
ex:here sh:declare [ sh:prefix "ex" ; sh:namespace "https://example.org/"^^xsd:anyURI ] .
"""


def report(text: str, focus: list[Term] | None = None) -> Report:
    triples = list(parse(PREFIXES + text, format=RdfFormat.TURTLE))
    return validate(compile_shapes(triples), LoadedData(triples), focus)


def values(text: str) -> list[str]:
    return [str(result.value) for result in report(text).results]


def typed(text: str, name: str) -> Literal:
    return Literal(text, datatype=NamedNode(XSD + name))


def test_forms_of_one_number_are_two_values() -> None:
    rule = "ex:S a sh:PropertyShape ; sh:path ex:p ; sh:targetNode ex:a ; sh:maxCount 1 ."
    assert len(report(rule + " ex:a ex:p 1.0, 1.00 .").results) == 1
    assert report(rule + " ex:a ex:p 1.0 .").conforms


def test_datatype_is_the_one_written() -> None:
    rule = "ex:S a sh:PropertyShape ; sh:path ex:p ; sh:targetNode ex:a ; sh:datatype xsd:{} ."
    data = ' ex:a ex:p "5"^^xsd:nonNegativeInteger .'
    assert report(rule.format("nonNegativeInteger") + data).conforms
    assert values(rule.format("integer") + data) == [str(typed("5", "nonNegativeInteger"))]


def test_written_value_stands_in_the_report() -> None:
    text = """ex:S a sh:PropertyShape ; sh:path ex:p ; sh:targetNode ex:a ; sh:maxInclusive 4 .
    ex:a ex:p "007"^^xsd:integer, 5.50, 3.0 ."""
    assert sorted(values(text)) == sorted(
        [str(typed("007", "integer")), str(typed("5.50", "decimal"))]
    )


def test_sparql_constraint_compares_values_and_reports_forms() -> None:
    text = """ex:S a sh:NodeShape ; sh:targetClass ex:T ; sh:sparql [ sh:prefixes ex:here ;
      sh:select "SELECT $this (ex:p AS ?path) ?value { $this ex:p ?value FILTER(?value > 4) }" ] .
    ex:a a ex:T ; ex:p "007"^^xsd:integer, 07, 3.0 . ex:b a ex:T ; ex:p 9 ."""
    found = [(str(r.focus), str(r.value)) for r in report(text).results]
    a, b = "<https://example.org/a>", "<https://example.org/b>"
    assert sorted(found) == sorted(
        [
            (a, str(typed("007", "integer"))),
            (a, str(typed("07", "integer"))),
            (b, str(typed("9", "integer"))),
        ]
    )


def test_literal_as_focus_of_a_sparql_constraint() -> None:
    text = """ex:S a sh:NodeShape ; sh:targetObjectsOf ex:p ; sh:sparql [
      sh:select "SELECT $this { FILTER($this > 4) }" ] .
    ex:a ex:p "007"^^xsd:integer, 5.50, 3.0, "x" ."""
    assert sorted(values(text)) == sorted(
        [str(typed("007", "integer")), str(typed("5.50", "decimal"))]
    )


@pytest.mark.parametrize(
    ("select", "wanted"),
    [
        # LIMIT counts per focus node, at the top and in a subselect.
        ("SELECT $this ?value { $this ex:p ?value } ORDER BY ?value LIMIT 1", ["a1", "b1"]),
        (
            "SELECT $this ?value { { SELECT $this ?value { $this ex:p ?value } "
            "ORDER BY DESC(?value) LIMIT 1 } }",
            ["a2", "b3"],
        ),
        # Groups do not run together.
        (
            "SELECT $this ?value { { SELECT $this (COUNT(?v) AS ?value) { $this ex:p ?v } "
            "GROUP BY $this } FILTER(?value > 2) }",
            ["b3"],
        ),
        # $this in an OPTIONAL, a UNION, a BIND and a nested EXISTS.
        ("SELECT $this { OPTIONAL { ?x ex:q ?y FILTER(?y = $this) } FILTER(!bound(?x)) }", ["b"]),
        ("SELECT $this { { $this ex:p 3 } UNION { FILTER($this = ex:a) } }", ["a", "b"]),
        ("SELECT $this { BIND($this AS ?me) ?x ex:q ?me }", ["a"]),
        (
            "SELECT $this { FILTER NOT EXISTS { { ?x ex:q ?y } "
            "FILTER EXISTS { { FILTER(?y = $this) } } } }",
            ["b"],
        ),
    ],
)
def test_prebinding_is_per_node(select: str, wanted: list[str]) -> None:
    text = f"""ex:S a sh:NodeShape ; sh:targetClass ex:T ; sh:sparql [ sh:prefixes ex:here ;
      sh:select "{select}" ] .
    ex:a a ex:T ; ex:p 1, 2 . ex:b a ex:T ; ex:p 1, 2, 3 . ex:z ex:q ex:a ."""
    found = []
    for result in report(text).results:
        value = result.value.value if isinstance(result.value, Literal) else ""
        assert isinstance(result.focus, NamedNode)
        found.append(result.focus.value.rpartition("/")[2] + value)
    assert sorted(found) == wanted


def test_messages_are_filled_in_every_language() -> None:
    text = """ex:S a sh:NodeShape ; sh:targetNode ex:a ; sh:sparql [ sh:prefixes ex:here ;
      sh:message "Has {?value}."@en, "Hat {$value}."@de ;
      sh:select "SELECT $this ?value { $this ex:p ?value }" ] .
    ex:a ex:p "x" ."""
    (result,) = report(text).results
    assert {(m.language, m.value) for m in result.messages} == {("en", "Has x."), ("de", "Hat x.")}


def test_component_with_one_parameter_takes_every_value() -> None:
    text = """ex:C a sh:ConstraintComponent ; sh:parameter [ sh:path ex:not ] ;
      sh:validator [ sh:ask "ASK { FILTER($value != $not) }" ; sh:message "{$value} is {$not}." ] .
    ex:S a sh:PropertyShape ; sh:path ex:p ; sh:targetNode ex:a ; ex:not 1, 2 .
    ex:a ex:p 1, 2, 3 ."""
    assert [m.value for r in report(text).results for m in r.messages] == ["1 is 1.", "2 is 2."]


def test_inverse_of_a_sequence() -> None:
    text = """ex:S a sh:PropertyShape ; sh:path [ sh:inversePath ( ex:p ex:q ) ] ; sh:maxCount 0 ;
      sh:targetNode ex:a, ex:b, ex:c . ex:a ex:p ex:b . ex:b ex:q ex:c ."""
    assert [str(r.focus) for r in report(text).results] == ["<https://example.org/c>"]


def test_node_outside_the_graph_reaches_itself() -> None:
    text = """ex:S a sh:PropertyShape ; sh:path [ sh:zeroOrMorePath ex:p ] ; sh:minCount 1 ;
      sh:maxCount 0 ; sh:targetNode ex:nowhere, 5 ."""
    assert len(report(text).results) == 2


def test_class_that_is_its_own_shape() -> None:
    for kind in ("rdfs:Class", "owl:Class"):
        text = f"""ex:T a {kind}, sh:NodeShape ; sh:property [ sh:path ex:p ; sh:minCount 1 ] .
        ex:U rdfs:subClassOf ex:T . ex:a a ex:U ."""
        assert [str(r.focus) for r in report(text).results] == ["<https://example.org/a>"]


def test_focus_restricts_what_is_looked_at() -> None:
    text = """ex:S a sh:NodeShape ; sh:targetClass ex:T ;
      sh:property [ sh:path ex:p ; sh:class ex:T ] .
    ex:a a ex:T ; ex:p ex:b . ex:b a ex:T ; ex:p ex:c . _:d a ex:T ; ex:p ex:c ."""
    assert len(report(text).results) == 2
    assert report(text, [NamedNode("https://example.org/a")]).conforms
    assert len(report(text, [NamedNode("https://example.org/b")]).results) == 1
    assert report(text, []).conforms


def test_own_severity_and_deactivated_shapes() -> None:
    text = """ex:S a sh:NodeShape ; sh:targetNode ex:a ;
      sh:nodeKind sh:Literal ; sh:severity ex:Odd .
    ex:T a sh:NodeShape ; sh:targetNode ex:a ; sh:nodeKind sh:Literal ; sh:deactivated true .
    ex:U a sh:NodeShape ; sh:targetNode ex:a ; sh:node ex:T ."""
    assert [r.severity.value for r in report(text).results] == ["https://example.org/Odd"]


@pytest.mark.parametrize(
    ("text", "name", "wanted"),
    [
        ("300", "byte", False),
        ("-1", "nonNegativeInteger", False),
        ("+5", "integer", True),
        ("5.", "decimal", True),
        (".", "decimal", False),
        ("2012-02-29", "date", True),
        ("2011-02-29", "date", False),
        ("0000-02-29", "date", True),
        ("24:00:00", "time", True),
        ("24:00:01", "time", False),
        ("2011-01-01T00:00:00+15:00", "dateTime", False),
        ("2011-01-01T00:00:00", "dateTimeStamp", False),
        ("P1Y2M3DT4H5M6.7S", "duration", True),
        ("P", "duration", False),
        ("P1DT", "duration", False),
        ("--02-30", "gMonthDay", False),
        ("199", "gYear", False),
        ("TRUE", "boolean", False),
        ("1e3", "double", True),
        ("inf", "double", False),
        ("٣", "integer", False),
        (" 5", "integer", False),
        ("anything", "anyURI", True),
    ],
)
def test_lexical_forms(text: str, name: str, wanted: bool) -> None:
    assert is_well_formed(typed(text, name)) == wanted


def test_rewritten_literals_are_found() -> None:
    kept = [typed("5", "integer"), typed("2011-09-19", "date"), Literal("x", language="en")]
    changed = [typed("05", "integer"), typed("1.0", "decimal"), typed("5", "byte")]
    assert set(find_rewritten([*kept, *changed])) == set(changed)
