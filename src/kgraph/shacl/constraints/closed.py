"""sh:closed: value nodes have no other properties than those named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import NamedNode

from kgraph.rdf.terms import Term
from kgraph.shacl.constraints.readers import Reader, complain, component
from kgraph.shacl.context import Context
from kgraph.shacl.focus import Focus
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.paths import predicate
from kgraph.shacl.shapes import Shape, Violation
from kgraph.shacl.vocabulary import sh


@dataclass(frozen=True)
class Closed:
    """The properties that are allowed."""

    allowed: tuple[NamedNode, ...]
    component = component("Closed")

    def violations(self, context: Context, shape: Shape, focus: Focus) -> Iterator[Violation]:
        """Give one violation per triple with another property, which becomes the result path."""
        text, var = context.answers.where(shape, focus)
        listed = ", ".join(str(iri) for iri in self.allowed)
        test = f"FILTER(?c_path NOT IN ({listed}))" if listed else ""
        query = f"SELECT ?this ?c_path ?c_value WHERE {{ {text} {var} ?c_path ?c_value . {test} }}"
        for this, path, value in dict.fromkeys(context.answers.rows(query)):
            if this is not None and isinstance(path, NamedNode):
                yield Violation(this, value, predicate(path))


def _read(graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    ignored = graph.value(shape.node, sh("ignoredProperties"))
    allowed = graph.items(ignored, shape.node) if ignored is not None else []
    for member in allowed:
        if not isinstance(member, NamedNode):
            raise complain(shape, "ignoredProperties", "a list of IRIs", member)
    for below in graph.objects(shape.node, sh("property")):
        allowed += graph.objects(below, sh("path"))
    if graph.flag(shape.node, sh("closed")):
        iris = [term for term in allowed if isinstance(term, NamedNode)]
        shape.constraints.append(Closed(tuple(dict.fromkeys(iris))))


READERS: dict[str, Reader] = {"closed": _read}
