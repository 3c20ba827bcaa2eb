"""sh:class: the value is a SHACL instance of a class of the data graph."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import NamedNode

from kgraph.rdf.terms import Term
from kgraph.shacl.constraints.readers import Reader, component, iri
from kgraph.shacl.context import Context
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.shapes import Shape, Violation


@dataclass(frozen=True)
class Class:
    """One required class; a shape with several classes has several of these."""

    top: NamedNode
    component = component("Class")

    wants_missing = False

    def mark(self, context: Context, shape: Shape, var: str) -> str:
        """Mark the values without the class; literals have none."""
        return f"NOT EXISTS {{ {context.classes.write(self.top, var, '?k_c')[0]} }}"

    def of_marked(self, found: list[tuple[Term, Term | None]]) -> Iterator[Violation]:
        """Give one violation per value."""
        for this, value in found:
            yield Violation(this, value)


def _read(graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    shape.marked += [Class(iri(shape, "class", value)) for value in values]


READERS: dict[str, Reader] = {"class": _read}
