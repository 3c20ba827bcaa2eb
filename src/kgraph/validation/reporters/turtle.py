"""The results of the shapes as an `sh:ValidationReport` in Turtle. Source: SHACL 3.6."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, serialize

from kgraph.namespaces import PREFIXES, SH, XSD
from kgraph.shacl import Report as Results
from kgraph.shacl import report_graph
from kgraph.validation.run_report import RunReport

CONFORMS = NamedNode(f"{SH}conforms")


def write_turtle(report: RunReport, _language: str = "en") -> str:
    """Give the report graph; messages are given in all languages.

    Findings of other stages are no results of shapes: a remark at the top counts them.
    """
    results = tuple(sorted((result for _, result in report.results), key=lambda r: r.sort_key()))
    graph = report_graph(Results(results))
    # What is said of the report itself comes first, in one block.
    triples = _number_blank_nodes(sorted(graph, key=lambda t: t.subject != graph[0].subject))
    if report.undecided or any(finding.stage == "syntax" for finding in report.findings):
        # What could not be read or decided cannot be said to conform.
        triples = [_deny(t) if t.predicate == CONFORMS else t for t in triples]
    text = serialize(triples, format=RdfFormat.TURTLE, prefixes=_choose_prefixes(triples)) or b""
    others = len(report.findings) - len(report.results)
    remarks = [f"# {line}" for text in report.remarks for line in text.splitlines()]
    if others:
        remarks.append(f"# {others:,} findings of other stages are not part of this report.")
    return "\n".join([*remarks, text.decode().rstrip()])


def _deny(triple: Triple) -> Triple:
    return Triple(triple.subject, CONFORMS, Literal("false", datatype=NamedNode(f"{XSD}boolean")))


def _number_blank_nodes(triples: Iterable[Triple]) -> list[Triple]:
    """Name blank nodes by their order, so that the same report has the same bytes."""
    numbers = itertools.count(1)
    names: dict[BlankNode, BlankNode] = {}

    def name(term: object) -> object:
        if not isinstance(term, BlankNode):
            return term
        if term not in names:
            names[term] = BlankNode(f"r{next(numbers)}")
        return names[term]

    return [Triple(name(t.subject), t.predicate, name(t.object)) for t in triples]  # type: ignore[arg-type]


def _choose_prefixes(triples: list[Triple]) -> dict[str, str]:
    text = "\n".join(map(str, triples))
    used = set(re.findall(r"<([^<>]*[/#])[^<>/#]*>", text))
    return {prefix: iri for prefix, iri in PREFIXES.items() if iri in used}
