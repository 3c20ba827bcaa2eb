"""sh:node, sh:property, sh:not, sh:and, sh:or and sh:xone: shapes made of shapes.

Each member shape is asked once for all value nodes; the sets of failing nodes are combined here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from pyoxigraph import NamedNode

from kgraph.rdf.terms import Term
from kgraph.shacl.constraints.readers import Reader, component, node
from kgraph.shacl.context import Context
from kgraph.shacl.focus import Focus
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.shapes import Shape, Violation


@dataclass(frozen=True)
class All:
    """Every value node meets every member: sh:node (one member) and sh:and."""

    component: NamedNode
    members: tuple[Term, ...]

    def violations(self, context: Context, shape: Shape, focus: Focus) -> Iterator[Violation]:
        """Give the values that fail some member."""
        values = context.answers.value_focus(shape, focus)
        bad = set[Term]().union(*(context.failing(member, values) for member in self.members))
        for this, value in context.answers.pairs_with(shape, focus, bad):
            yield Violation(this, value)


@dataclass(frozen=True)
class Not:
    """No value node meets the member."""

    member: Term
    component = component("Not")

    def violations(self, context: Context, shape: Shape, focus: Focus) -> Iterator[Violation]:
        """Give the values that do not fail the member."""
        good = context.failing(self.member, context.answers.value_focus(shape, focus))
        for this, value in context.answers.pairs(shape, focus):
            if value not in good:
                yield Violation(this, value)


@dataclass(frozen=True)
class Or:
    """Every value node meets some member."""

    members: tuple[Term, ...]
    component = component("Or")

    def violations(self, context: Context, shape: Shape, focus: Focus) -> Iterator[Violation]:
        """Give the values that fail all members."""
        values = context.answers.value_focus(shape, focus)
        bad: set[Term] | None = None
        for member in self.members:
            failing = context.failing(member, values)
            bad = failing if bad is None else bad & failing
            if not bad:
                return
        found = (
            context.answers.pairs(shape, focus)
            if bad is None
            else context.answers.pairs_with(shape, focus, bad)
        )
        for this, value in found:
            yield Violation(this, value)


@dataclass(frozen=True)
class Xone:
    """Every value node meets exactly one member; a member named twice counts twice."""

    members: tuple[Term, ...]
    component = component("Xone")

    def violations(self, context: Context, shape: Shape, focus: Focus) -> Iterator[Violation]:
        """Give the values that meet none or several."""
        values = context.answers.value_focus(shape, focus)
        failures: Counter[Term] = Counter()
        for member in self.members:
            failures.update(context.failing(member, values))
        for this, value in context.answers.pairs(shape, focus):
            if failures[value] != len(self.members) - 1:
                yield Violation(this, value)


def _read_node(graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    for value in values:
        shape.references.append(node(shape, "node", value))
        shape.constraints.append(All(component("Node"), (value,)))


def _read_property(graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    shape.properties += [node(shape, "property", value) for value in values]


def _read_not(graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    for value in values:
        shape.references.append(node(shape, "not", value))
        shape.constraints.append(Not(value))


def _read_list(parameter: str, graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    for head in values:
        members = tuple(node(shape, parameter, m) for m in graph.items(head, shape.node))
        shape.references += members
        if parameter == "and":
            shape.constraints.append(All(component("And"), members))
        else:
            shape.constraints.append(Or(members) if parameter == "or" else Xone(members))


READERS: dict[str, Reader] = {
    "node": _read_node,
    "property": _read_property,
    "not": _read_not,
    "and": partial(_read_list, "and"),
    "or": partial(_read_list, "or"),
    "xone": partial(_read_list, "xone"),
}
