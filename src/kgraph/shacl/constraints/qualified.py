"""sh:qualifiedValueShape with its counts, and with siblings that must be disjoint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import NamedNode

from kgraph.rdf.terms import Term, show
from kgraph.shacl.constraints.readers import (
    Reader,
    component,
    integer,
    need_path,
    node,
    only,
)
from kgraph.shacl.context import Context
from kgraph.shacl.focus import Focus
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.shapes import Shape, Violation
from kgraph.shacl.vocabulary import ShapesError, sh

VALUE_SHAPE = sh("qualifiedValueShape")


@dataclass(frozen=True)
class Qualified:
    """So many value nodes meet a shape and none of its siblings."""

    component: NamedNode
    member: Term
    siblings: tuple[Term, ...]
    limit: int
    is_minimum: bool

    def violations(self, context: Context, shape: Shape, focus: Focus) -> Iterator[Violation]:
        """Give the focus nodes with too few or too many such values."""
        values = context.answers.value_focus(shape, focus)
        failing = context.failing(self.member, values)
        taken = [context.failing(sibling, values) for sibling in self.siblings]
        counts = Counter(
            this
            for this, value in context.answers.pairs(shape, focus)
            if value not in failing and all(value in other for other in taken)
        )
        if self.is_minimum:
            if self.limit > 0:
                for this in context.answers.nodes(focus):
                    if counts[this] < self.limit:
                        yield Violation(this)
        else:
            for this, count in counts.items():
                if count > self.limit:
                    yield Violation(this)


def _siblings(graph: ShapesGraph, shape: Shape, member: Term) -> tuple[Term, ...]:
    """Give the other qualified shapes of the property shapes beside this one (SHACL 4.7.3)."""
    found: dict[Term, None] = {}
    for parent in graph.subjects(sh("property")):
        beside = graph.objects(parent, sh("property"))
        if shape.node in beside:
            for other in beside:
                found.update(dict.fromkeys(graph.objects(other, VALUE_SHAPE)))
    found.pop(member, None)
    return tuple(found)


def _read(graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    need_path(shape, "qualifiedValueShape")
    member = node(shape, "qualifiedValueShape", only(shape, "qualifiedValueShape", values))
    disjoint = graph.flag(shape.node, sh("qualifiedValueShapesDisjoint"))
    siblings = _siblings(graph, shape, member) if disjoint else ()
    shape.references += [member, *siblings]
    found = False
    for parameter, is_minimum in (("qualifiedMinCount", True), ("qualifiedMaxCount", False)):
        limits = graph.objects(shape.node, sh(parameter))
        if limits:
            found = True
            name = component(parameter[0].upper() + parameter[1:])
            limit = integer(shape, parameter, limits)
            shape.constraints.append(Qualified(name, member, siblings, limit, is_minimum))
    if not found:
        raise ShapesError(
            f"{show(shape.node)}: sh:qualifiedValueShape needs sh:qualifiedMinCount or "
            "sh:qualifiedMaxCount. Add one.",
            shape.node,
        )


READERS: dict[str, Reader] = {"qualifiedValueShape": _read}
