"""The same results as pySHACL on random mutants of the case graphs.

A mutant is a case graph with one to three changes: a triple less or more, another value, another
form of a literal, another limit in a shape. `KGRAPH_MUTANTS` sets how many are tried.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pyshacl
import pytest
import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, serialize
from rdflib.collection import Collection

from departures import COMPARING, family
from kgraph.namespaces import RDF, XSD
from kgraph.rdf.terms import RDF_FIRST, RDF_REST
from kgraph.shacl import LoadedData, compile_shapes, validate
from kgraph.shacl.paths import Path as ShaclPath
from kgraph.shacl.vocabulary import SH
from mutants import COUNTS, change_fact, change_limit
from shacl_files import read_triples

CASES = sorted((Path(__file__).parent / "cases" / "shacl").glob("*.ttl"))
MUTANTS = int(os.environ.get("KGRAPH_MUTANTS", "100"))
Key = tuple[object, ...]


@pytest.fixture(autouse=True)
def literals_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", False)


def mutate(triples: list[Triple], chance: random.Random) -> list[Triple]:
    """Give the triples with one to three changes to data, or to a limit of a shape."""
    made = list(triples)
    shapes = {t.subject for t in triples if t.predicate.value.startswith(SH)}
    lists = {t.subject for t in triples if t.predicate in (RDF_FIRST, RDF_REST)}
    for _ in range(chance.randint(1, 3)):
        limits = [i for i, t in enumerate(made) if t.predicate in COUNTS]
        facts = [i for i, t in enumerate(made) if t.subject not in shapes | lists]
        if limits and chance.random() < 0.15:
            change_limit(made, limits, chance)
        else:
            change_fact(made, facts, chance)
    return list(dict.fromkeys(made))


def our_results(triples: list[Triple]) -> set[Key]:
    report = validate(compile_shapes(triples), LoadedData(triples))
    return {
        (
            our_term(r.focus),
            our_path(r.path),
            None if r.component.value in ASK_COMPONENTS else our_term(r.value),
            r.component.value.rpartition("#")[2],
            r.severity.value,
            our_term(r.source_shape),
        )
        for r in report.results
    }


def our_term(term: object) -> object:
    if isinstance(term, BlankNode):
        return "_:"
    if isinstance(term, Literal):
        return (term.value, term.datatype.value, term.language)
    return term.value if isinstance(term, NamedNode) else term


def our_path(path: ShaclPath | None) -> object:
    if path is None or path.kind == "predicate":
        return path and path.iri and path.iri.value
    return (path.kind, *(our_path(part) for part in path.parts))


def their_results(triples: list[Triple]) -> set[Key]:
    text = serialize(triples, format=RdfFormat.N_TRIPLES)
    graph = rdflib.Graph().parse(data=text, format="nt")
    try:
        _, report, message = pyshacl.validate(
            graph, shacl_graph=graph, inference="none", advanced=False, meta_shacl=False
        )
    except pyshacl.errors.ReportableRuntimeError as error:
        # Values that cannot be compared are violations (SHACL 4.5.3), no reason to stop.
        pytest.skip(f"pySHACL gives up: {error}")
    assert isinstance(report, rdflib.Graph), message
    return set(read_report(report))


# Where pySHACL 0.40.1 departs from the standard, and the clause.
#
# An ASK validator in a property shape: the value node is the sh:value (SHACL 6.3); pySHACL
# gives none. Both are compared without it.
ASK_COMPONENTS = {"https://example.org/Forbidden"}
#
# Values that cannot be compared: see `departures`. `is_explained` accepts such a difference where
# the values concerned are of two families, and no other.
COMPARING_QUERIES = {"SPARQLConstraintComponent", "AtLeast", "https://example.org/AtLeast"}
COMPARED = {"start", "end", "limit", "size"}


def is_explained(key: Key, is_ours: bool, triples: list[Triple]) -> bool:
    focus, _, value, component, _, shape = key
    if is_ours and str(component).startswith(COMPARING):
        others = {
            other
            for t in triples
            if our_term(t.subject) == shape and t.predicate.value.startswith(SH)
            for other in [t.object, *(u.object for u in triples if u.predicate == t.object)]
            if isinstance(other, Literal)
        }
        kinds = {family(term) for t in triples for term in [t.object] if our_term(term) == value}
        return len(kinds | {family(other) for other in others}) > 1
    if not is_ours and component in COMPARING_QUERIES:
        compared = {
            family(t.object)
            for t in triples
            if our_term(t.subject) == focus and t.predicate.value.rpartition("/")[2] in COMPARED
        }
        return bool(compared - {"number"})
    return False


def read_report(report: rdflib.Graph) -> Iterator[Key]:
    sh = rdflib.Namespace(SH)
    # Through sh:result only: sh:detail leads to results that are no results of the report.
    for result in report.objects(None, sh.result):
        component = str(report.value(result, sh.sourceConstraintComponent))
        yield (
            their_term(report.value(result, sh.focusNode)),
            their_path(report, report.value(result, sh.resultPath)),
            None if component in ASK_COMPONENTS else their_term(report.value(result, sh.value)),
            component.rpartition("#")[2],
            str(report.value(result, sh.resultSeverity)),
            their_term(report.value(result, sh.sourceShape)),
        )


def their_term(term: object) -> object:
    if isinstance(term, rdflib.BNode):
        return "_:"
    if isinstance(term, rdflib.Literal):
        datatype = RDF + "langString" if term.language else str(term.datatype or XSD + "string")
        return (str(term), datatype, term.language.lower() if term.language else None)
    return None if term is None else str(term)


def their_path(graph: rdflib.Graph, node: object) -> object:
    if not isinstance(node, rdflib.BNode):
        return node and str(node)
    if (node, rdflib.RDF.first, None) in graph:
        return ("sequence", *(their_path(graph, part) for part in Collection(graph, node)))
    predicate, inner = next(iter(graph.predicate_objects(node)))
    kind = str(predicate).rpartition("#")[2]
    if kind == "alternativePath":
        return ("alternative", *(their_path(graph, part) for part in Collection(graph, inner)))
    return ("inverse" if kind == "inversePath" else kind, their_path(graph, inner))


def mutants() -> Iterator[tuple[str, int]]:
    for seed in range(MUTANTS):
        yield CASES[seed % len(CASES)].name, seed


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_case_itself(path: Path) -> None:
    triples = [Triple(q.subject, q.predicate, q.object) for q in read_triples(str(path))]
    found = our_results(triples)
    assert found
    assert found == their_results(triples)


@pytest.mark.parametrize(("name", "seed"), list(mutants()))
def test_mutant(name: str, seed: int) -> None:
    path = next(case for case in CASES if case.name == name)
    triples = [Triple(q.subject, q.predicate, q.object) for q in read_triples(str(path))]
    mutant = mutate(triples, random.Random(seed))
    ours, theirs = our_results(mutant), their_results(mutant)
    assert {key for key in ours - theirs if not is_explained(key, True, mutant)} == set()
    assert {key for key in theirs - ours if not is_explained(key, False, mutant)} == set()
