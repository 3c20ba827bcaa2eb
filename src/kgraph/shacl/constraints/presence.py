"""sh:hasValue: a term that must be among the value nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal

from kgraph.rdf.literals import find_rewritten, is_rewritable
from kgraph.rdf.terms import Term, show
from kgraph.shacl.constraints.readers import Reader, component
from kgraph.shacl.context import Context
from kgraph.shacl.data import Undecidable
from kgraph.shacl.focus import Focus
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.shapes import Shape, Violation


@dataclass(frozen=True)
class HasValue:
    """One required value; a shape with several has several of these."""

    wanted: Term
    component = component("HasValue")

    def violations(self, context: Context, shape: Shape, focus: Focus) -> Iterator[Violation]:
        """Give the focus nodes that lack the value; a node shape's value is the focus itself."""
        wanted = context.data.encode(self.wanted)
        if isinstance(wanted, Literal):
            rewritten = context.data.may_rewrite and find_rewritten([wanted])
            if rewritten or (context.data.rewrites and is_rewritable(wanted)):
                raise Undecidable(f"An endpoint may have rewritten the value {show(wanted)}.")
        tests = []
        if isinstance(wanted, BlankNode):
            listed = context.data.written.node_set([wanted])
            itself, end, more = (
                f"NOT EXISTS {{ {listed('?this')} }}",
                "?w_value",
                listed("?w_value"),
            )
        else:
            itself, end, more = f"(!sameTerm(?this, {wanted}))", str(wanted), ""
        if shape.path is None or shape.path.is_nullable():
            tests.append(f"FILTER {itself}")
        if shape.path is not None:
            reach = f"?this {shape.path.sparql()} {end} . {more}"
            tests.append(f"FILTER NOT EXISTS {{ {reach} }}")
        query = f"SELECT ?this WHERE {{ {focus.pattern('?this')} {' '.join(tests)} }}"
        for (this,) in dict.fromkeys(context.answers.rows(query)):
            if this is not None:
                yield Violation(this)


def _read(graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    shape.constraints += [HasValue(value) for value in values]


READERS: dict[str, Reader] = {"hasValue": _read}
