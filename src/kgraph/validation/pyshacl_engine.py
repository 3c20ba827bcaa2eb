"""pySHACL as the reference: slow, independent of this project's engine, without positions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

import pyshacl
import rdflib
from pyoxigraph import Literal, NamedNode, Quad, Triple
from pyshacl.errors import ReportableRuntimeError, ShapeLoadError
from rdflib import OWL, RDF, RDFS, SH
from rdflib.term import Node

from kgraph.errors import EngineFailure
from kgraph.rdf.rdflib_terms import from_rdflib, to_rdflib
from kgraph.rdf.terms import Term
from kgraph.shacl import Result, ShapesError
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.paths import read_path
from kgraph.shacl.report import build_report
from kgraph.shacl.vocabulary import sh

#: Each kind of target: data and its value in, target nodes out.
TARGETS: dict[Node, Callable[[rdflib.Graph, Node], Iterable[Node]]] = {
    SH.targetNode: lambda data, value: (value,),
    SH.targetClass: lambda data, value: _instances(data, value),
    SH.targetSubjectsOf: lambda data, value: data.subjects(value),
    SH.targetObjectsOf: lambda data, value: data.objects(None, value),
}
#: A shape that is such a class has its instances as targets.
CLASS_TYPES = (RDFS.Class, OWL.Class)


def make_pyshacl_engine(
    rules: Sequence[Triple],
) -> Callable[[Sequence[Quad], Collection[Term] | None], Sequence[Result]]:
    """Give a judge that runs pySHACL: no inference, no advanced features, no imports."""
    shapes = _load(rules)

    def judge(quads: Sequence[Quad], focus: Collection[Term] | None) -> Sequence[Result]:
        if focus is not None and not focus:
            return ()
        data = _load(quads)
        # pySHACL's own focus_nodes also leaves out value nodes of sh:node and sh:property.
        narrow = shapes if focus is None else _narrow(shapes, data, set(map(to_rdflib, focus)))
        try:
            _, report, text = pyshacl.validate(
                data, shacl_graph=narrow, inference="none", advanced=False,
                meta_shacl=False, do_owl_imports=False,
            )  # fmt: skip
        except ShapeLoadError as error:
            raise ShapesError(f"pySHACL cannot read the shapes: {error}") from error
        except ReportableRuntimeError as error:
            raise EngineFailure(f"pySHACL gave up: {error}") from error
        if not isinstance(report, rdflib.Graph):
            raise EngineFailure(f"pySHACL gave up: {text}")
        return _read_results(report)

    return judge


def _load(triples: Iterable[Triple | Quad]) -> rdflib.Graph:
    # Literals stay as they are written only while this is off.
    before, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False
    try:
        graph = rdflib.Graph()
        for t in triples:
            graph.add((to_rdflib(t.subject), to_rdflib(t.predicate), to_rdflib(t.object)))
        return graph
    finally:
        rdflib.NORMALIZE_LITERALS = before


def _narrow(shapes: rdflib.Graph, data: rdflib.Graph, focus: Collection[Node]) -> rdflib.Graph:
    """Give the shapes with those of their target nodes as targets that are in focus.

    Source: SHACL 2.1.3. Blank nodes cannot be named in another graph and are left out; the data
    sets of this project have none.
    """
    narrow = rdflib.Graph()
    for s, p, o in shapes:
        if p == RDF.type and o in CLASS_TYPES:
            continue
        if p not in TARGETS:
            narrow.add((s, p, o))
    for s, p, o in shapes:
        if p in TARGETS:
            nodes = TARGETS[p](data, o)
        elif p == RDF.type and o in CLASS_TYPES:
            nodes = _instances(data, s)
        else:
            continue
        for node in nodes:
            if node in focus and not isinstance(node, rdflib.BNode):
                narrow.add((s, SH.targetNode, node))
    return narrow


def _instances(data: rdflib.Graph, top: Node) -> Iterator[Node]:
    for below in data.transitive_subjects(RDFS.subClassOf, top):
        yield from data.subjects(RDF.type, below)


def _read_results(report: rdflib.Graph) -> tuple[Result, ...]:
    graph = ShapesGraph(
        Triple(_term(s), _term(p), _term(o))  # type: ignore[arg-type]
        for s, p, o in report
    )
    results = []
    # Not every sh:ValidationResult: those below sh:detail are no results of the report.
    reports = graph.subjects(sh("result"))
    for node in (node for report in reports for node in graph.objects(report, sh("result"))):
        path = graph.value(node, sh("resultPath"))
        results.append(
            Result(
                focus=_one(graph, node, "focusNode"),
                path=None if path is None else read_path(graph, path, node),
                value=graph.value(node, sh("value")),
                component=_iri(graph, node, "sourceConstraintComponent"),
                severity=_iri(graph, node, "resultSeverity"),
                source_shape=_one(graph, node, "sourceShape"),
                messages=tuple(
                    message
                    for message in graph.objects(node, sh("resultMessage"))
                    if isinstance(message, Literal)
                ),
                source_constraint=graph.value(node, sh("sourceConstraint")),
            )
        )
    return build_report(results).results


def _one(graph: ShapesGraph, node: Term, name: str) -> Term:
    found = graph.value(node, sh(name))
    if found is None:
        raise EngineFailure(f"pySHACL gave a result without sh:{name}")
    return found


def _iri(graph: ShapesGraph, node: Term, name: str) -> NamedNode:
    found = _one(graph, node, name)
    if not isinstance(found, NamedNode):
        raise EngineFailure(f"pySHACL gave a result whose sh:{name} is no IRI")
    return found


def _term(node: Node) -> Term:
    term = from_rdflib(node)
    if term is None:
        raise EngineFailure("pySHACL gave a triple with a part missing")
    return term
