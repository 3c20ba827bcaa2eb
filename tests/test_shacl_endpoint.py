"""Data behind an endpoint: the same results, and nothing passed that cannot be decided."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Literal, Quad, RdfFormat, Store, Triple, parse

from kgraph.engines.embedded import EmbeddedEngine
from kgraph.rdf.literals import find_rewritten
from kgraph.shacl import EndpointData, LoadedData, Report, compile_shapes, validate
from shacl_files import read_triples

CASES = sorted((Path(__file__).parent / "cases" / "shacl").glob("*.ttl"))
PREFIXES = """
@prefix ex: <https://example.org/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def endpoint(triples: list[Triple | Quad]) -> EndpointData:
    """Give a store that rewrites literals, and whose blank nodes no query can name."""
    store = Store()
    store.extend([Quad(t.subject, t.predicate, t.object) for t in triples])
    return EndpointData(EmbeddedEngine(store))


def remote_report(text: str) -> Report:
    triples = list(parse(PREFIXES + text, format=RdfFormat.TURTLE))
    return validate(compile_shapes(triples), endpoint(list(triples)))


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_same_results_where_nothing_is_rewritten(path: Path) -> None:
    rules = read_triples(str(path))
    data: list[Triple | Quad] = [
        t
        for t in rules
        if not isinstance(t.subject, BlankNode)
        and not isinstance(t.object, BlankNode)
        and not (isinstance(t.object, Literal) and find_rewritten([t.object]))
    ]
    shapes = compile_shapes(rules)
    here, there = validate(shapes, LoadedData(data)), validate(shapes, endpoint(data))
    undecided = {(entry.shape, entry.component) for entry in there.undecided}
    kept = [r for r in here.results if (r.source_shape, r.component) not in undecided]
    assert kept
    assert set(there.results) <= set(here.results)
    assert set(kept) <= set(there.results)


def test_blank_focus_is_undecided() -> None:
    found = remote_report("ex:S sh:targetClass ex:T ; sh:nodeKind sh:IRI . [] a ex:T .")
    assert not found.results
    assert [entry.component.value.rpartition("#")[2] for entry in found.undecided] == [
        "NodeKindConstraintComponent"
    ]


def test_rewritten_datatype_is_undecided() -> None:
    found = remote_report(
        "ex:S a sh:PropertyShape ; sh:path ex:p ; sh:targetNode ex:a ; "
        'sh:datatype xsd:nonNegativeInteger . ex:a ex:p "5"^^xsd:nonNegativeInteger, "x" .'
    )
    assert [result.value for result in found.results] == [Literal("x")]
    assert len(found.undecided) == 1


def test_wanted_value_that_is_rewritten_is_undecided() -> None:
    found = remote_report(
        "ex:S a sh:PropertyShape ; sh:path ex:p ; sh:targetNode ex:a ; sh:hasValue 1.0 . "
        "ex:a ex:p 1.0 ."
    )
    assert not found.results
    assert len(found.undecided) == 1


def test_shapes_graph_is_undecided() -> None:
    found = remote_report(
        "ex:S a sh:NodeShape ; sh:targetNode ex:a ; sh:sparql [ sh:select "
        '"SELECT $this { GRAPH $shapesGraph { $currentShape ?p ?o } }" ] .'
    )
    assert not found.results
    assert len(found.undecided) == 1
