"""sh:hasValue: a term that must be among the value nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode

from kgraph.shacl.constraints.reading import Reader, component
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.shapes import Shape, Violation
from kgraph.shacl.terms import Term

if TYPE_CHECKING:
    from kgraph.shacl.evaluation import Run
    from kgraph.shacl.focus import Focus


@dataclass(frozen=True)
class HasValue:
    """One required value; a shape with several has several of these."""

    wanted: Term
    component = component("HasValue")

    def violations(self, run: Run, shape: Shape, focus: Focus) -> Iterator[Violation]:
        """Give the focus nodes that lack the value; a node shape's value is the focus itself."""
        text = focus.pattern("?this")
        wanted = run.data.encode(self.wanted)
        if isinstance(wanted, BlankNode):
            found = f"{run.where(shape, focus)[0]} {run.data.node_set([wanted])('?w_value')}"
            found += f" FILTER(sameTerm({run.where(shape, focus)[1]}, ?w_value))"
        elif shape.path is None:
            found = f"FILTER(sameTerm(?this, {wanted}))"
        elif shape.path.is_nullable():
            found = f"{shape.path.pattern('?this', '?value')} FILTER(sameTerm(?value, {wanted}))"
        else:
            found = shape.path.pattern("?this", str(wanted))
        query = f"SELECT ?this WHERE {{ {text} FILTER NOT EXISTS {{ {found} }} }}"
        for (this,) in dict.fromkeys(run.rows(query)):
            if this is not None:
                yield Violation(this)


def _read(graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    shape.constraints += [HasValue(value) for value in values]


READERS: dict[str, Reader] = {"hasValue": _read}
