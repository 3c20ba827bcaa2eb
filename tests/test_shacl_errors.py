"""Shapes that cannot be used are refused with a message that names the node."""

from __future__ import annotations

import pytest
from pyoxigraph import RdfFormat, parse

from kgraph.shacl import LoadedData, ShapesError, compile_shapes, validate

PREFIXES = """
@prefix ex: <https://example.org/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""

BAD = {
    "two datatypes": ("ex:S a sh:NodeShape ; sh:datatype xsd:date, xsd:int .", "2 values"),
    "no path": ("ex:S a sh:PropertyShape ; sh:minCount 1 .", "without a sh:path"),
    "property without path": (
        "ex:S a sh:NodeShape ; sh:property ex:P . ex:P sh:minCount 1 .",
        "no sh:path",
    ),
    "path of one": ("ex:S a sh:PropertyShape ; sh:path ( ex:p ) .", "at least two members"),
    "path of nothing": ("ex:S a sh:PropertyShape ; sh:path [ ex:p 1 ] .", "is not a path"),
    "endless path": (
        "ex:S a sh:PropertyShape ; sh:path _:p . _:p sh:inversePath _:p .",
        "contains itself",
    ),
    "path on a node shape": ("ex:S a sh:NodeShape ; sh:path ex:p .", "has a sh:path"),
    "count that is no number": (
        'ex:S a sh:PropertyShape ; sh:path ex:p ; sh:minCount "two" .',
        "sh:minCount must be an integer",
    ),
    "count on a node shape": ("ex:S a sh:NodeShape ; sh:maxCount 1 .", "belongs in a property"),
    "node kind of its own": ("ex:S a sh:NodeShape ; sh:nodeKind ex:Thing .", "six node kinds"),
    "broken list": ("ex:S a sh:NodeShape ; sh:in ex:list .", "not a well-formed list"),
    "broken pattern": ('ex:S a sh:NodeShape ; sh:pattern "(" .', "not a regular expression"),
    "blank target": ("ex:S sh:targetNode _:b .", "must be an IRI or a literal"),
    "flag that is no flag": ('ex:S a sh:NodeShape ; sh:deactivated "no" .', "true or false"),
    "qualified without count": (
        "ex:S a sh:PropertyShape ; sh:path ex:p ; sh:qualifiedValueShape ex:T .",
        "sh:qualifiedMinCount",
    ),
    "message that is no text": ("ex:S a sh:NodeShape ; sh:message 5 .", "must be a text"),
    "shape that is a literal": ('ex:S a sh:NodeShape ; sh:node "T" .', "sh:node must be a shape"),
    "no SPARQL": (
        'ex:S a sh:NodeShape ; sh:sparql [ sh:select "SELECT WHERE" ] .',
        "Not a SPARQL query, line 1, column 8",
    ),
    "unknown prefix": (
        "ex:S a sh:NodeShape ; sh:targetNode 1 ; "
        'sh:sparql [ sh:select "SELECT $this { $this no:p 1 }" ] .',
        "this is no SPARQL query: line 2",
    ),
    "minus": (
        "ex:S a sh:NodeShape ; "
        'sh:sparql [ sh:select "SELECT $this { $this ?p ?o MINUS { ?s ?p 1 } }" ] .',
        "uses MINUS",
    ),
    "inverse in a negated set": (
        "ex:S a sh:NodeShape ; sh:targetNode 1 ; "
        'sh:sparql [ sh:select "SELECT $this { $this !(^<urn:p>) ?o }" ] .',
        "not supported here",
    ),
    "path in a node shape": (
        'ex:S a sh:NodeShape ; sh:sparql [ sh:select "SELECT $this { $this $PATH ?o }" ] .',
        "$PATH has no meaning",
    ),
}


def check(text: str) -> None:
    triples = list(parse(PREFIXES + text, format=RdfFormat.TURTLE))
    validate(compile_shapes(triples), LoadedData(triples))


@pytest.mark.parametrize("name", BAD)
def test_bad_shape_is_refused(name: str) -> None:
    text, wanted = BAD[name]
    with pytest.raises(ShapesError) as caught:
        check(text)
    assert wanted in str(caught.value)
    assert caught.value.node is not None


@pytest.mark.parametrize(
    "text",
    [
        "ex:A a sh:NodeShape ; sh:node ex:B . ex:B sh:not ex:C . ex:C sh:or ( ex:D ex:A ) .",
        "ex:A a sh:NodeShape ; sh:property ex:B . ex:B sh:path ex:p ; sh:node ex:A .",
        "ex:A a sh:NodeShape ; sh:node ex:A .",
    ],
)
def test_recursive_shape_names_its_circle(text: str) -> None:
    with pytest.raises(ShapesError) as caught:
        check(text)
    assert "speaks of itself" in str(caught.value)
    assert str(caught.value).count("<https://example.org/A>") >= 2


def test_shape_used_twice_is_no_circle() -> None:
    check(
        "ex:A a sh:NodeShape ; sh:node ex:B, ex:C . ex:B sh:node ex:C . ex:C sh:nodeKind sh:IRI ."
    )
