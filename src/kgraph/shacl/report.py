"""What a validation found: results as objects, and as an `sh:ValidationReport` graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kgraph.rdf.terms import RDF_TYPE, XSD_BOOLEAN, Term, sort_key
from kgraph.shacl.paths import Path
from kgraph.shacl.vocabulary import sh


@dataclass(frozen=True)
class Result:
    """One validation result.

    `path` is the result path, None for a node shape; `value` is None where SHACL gives none.
    `source_constraint` is set for SPARQL constraints alone. `messages` are one per language.
    """

    focus: Term
    path: Path | None
    value: Term | None
    component: NamedNode
    severity: NamedNode
    source_shape: Term
    messages: tuple[Literal, ...] = ()
    source_constraint: Term | None = None

    def sort_key(self) -> tuple[object, ...]:
        """Order of results: by focus, path, shape, component, value."""
        return (
            sort_key(self.focus),
            self.path.sparql() if self.path else "",
            sort_key(self.source_shape),
            self.component.value,
            sort_key(self.source_constraint),
            sort_key(self.value),
            [str(message) for message in self.messages],
        )


@dataclass(frozen=True)
class Undecided:
    """A constraint whose answer the engine cannot give; neither passed nor failed."""

    shape: Term
    component: NamedNode
    reason: str


@dataclass(frozen=True)
class Report:
    """All results in a fixed order, and what could not be decided (empty for data in memory)."""

    results: tuple[Result, ...]
    undecided: tuple[Undecided, ...] = ()

    @property
    def conforms(self) -> bool:
        """Whether there is no result of any severity; says nothing while something is undecided."""
        return not self.results


def build_report(results: Iterable[Result], undecided: Iterable[Undecided] = ()) -> Report:
    """Give a report with its results in order."""
    unique = dict.fromkeys(undecided)
    return Report(tuple(sorted(results, key=Result.sort_key)), tuple(unique))


def report_graph(report: Report) -> list[Triple]:
    """Give the report as triples: one sh:ValidationReport and its results, 7 to 12 triples each.

    Blank nodes of the data and shapes keep their labels. Source: SHACL 3.6.
    """
    root = BlankNode()
    conforms = Literal("true" if report.conforms else "false", datatype=XSD_BOOLEAN)
    triples = [
        Triple(root, RDF_TYPE, sh("ValidationReport")),
        Triple(root, sh("conforms"), conforms),
    ]
    for result in report.results:
        node = BlankNode()
        triples.append(Triple(root, sh("result"), node))
        triples += _result_triples(node, result)
    return triples


def _result_triples(node: BlankNode, result: Result) -> list[Triple]:
    triples = [
        Triple(node, RDF_TYPE, sh("ValidationResult")),
        Triple(node, sh("focusNode"), result.focus),
        Triple(node, sh("resultSeverity"), result.severity),
        Triple(node, sh("sourceConstraintComponent"), result.component),
        Triple(node, sh("sourceShape"), result.source_shape),
    ]
    if result.path is not None:
        path, more = result.path.triples()
        triples += [Triple(node, sh("resultPath"), path), *more]
    if result.value is not None:
        triples.append(Triple(node, sh("value"), result.value))
    if result.source_constraint is not None:
        triples.append(Triple(node, sh("sourceConstraint"), result.source_constraint))
    triples += [Triple(node, sh("resultMessage"), message) for message in result.messages]
    return triples
