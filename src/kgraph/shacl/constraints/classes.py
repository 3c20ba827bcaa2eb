"""sh:class: the value is a SHACL instance of a class of the data graph."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode

from kgraph.shacl.constraints.reading import Reader, component, iri
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.shapes import Shape, Violation
from kgraph.shacl.terms import Term

if TYPE_CHECKING:
    from kgraph.shacl.evaluation import Run
    from kgraph.shacl.focus import Focus


@dataclass(frozen=True)
class Class:
    """One required class; a shape with several classes has several of these."""

    top: NamedNode
    component = component("Class")

    def violations(self, run: Run, shape: Shape, focus: Focus) -> Iterator[Violation]:
        """Give the values without the class; literals have none."""
        text, var = run.where(shape, focus)
        pattern, _ = run.write_class(self.top, var, "?k_c")
        columns = var if var == "?this" else f"?this {var}"
        query = f"SELECT {columns} WHERE {{ {text} FILTER NOT EXISTS {{ {pattern} }} }}"
        for row in dict.fromkeys(run.rows(query)):
            if row[0] is not None:
                yield Violation(row[0], row[-1])


def _read(graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    shape.constraints += [Class(iri(shape, "class", value)) for value in values]


READERS: dict[str, Reader] = {"class": _read}
