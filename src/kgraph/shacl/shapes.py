"""Shapes as objects, read from a shapes graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from pyoxigraph import Literal, NamedNode

from kgraph.rdf.terms import Term
from kgraph.shacl.context import Context
from kgraph.shacl.focus import Focus
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.paths import Path
from kgraph.shacl.targets import Target


@dataclass(frozen=True)
class Violation:
    """A focus node that breaks a constraint, before severity and shape are added.

    `path` and `messages` replace the shape's when they are given.
    """

    focus: Term
    value: Term | None = None
    path: Path | None = None
    messages: tuple[Literal, ...] = ()
    source_constraint: Term | None = None


class Constraint(Protocol):
    """One constraint of one shape."""

    @property
    def component(self) -> NamedNode:
        """The constraint component, as in sh:sourceConstraintComponent."""

    def violations(self, context: Context, shape: Shape, focus: Focus) -> Iterable[Violation]:
        """Give every violation among the focus nodes, each once."""


class LocalConstraint(Protocol):
    """A constraint that looks at one value at a time and needs no graph to judge it.

    `suspicion` is a SPARQL expression without errors that is true for every value that fails,
    and may be true for others; `failing` then judges those few exactly.
    """

    @property
    def component(self) -> NamedNode:
        """The constraint component."""

    def suspicion(self, context: Context, var: str) -> str:
        """Write the expression for a variable."""

    def failing(self, values: set[Term]) -> set[Term]:
        """Give those values that break the constraint."""

    def is_sure(self, value: Term) -> bool:
        """Tell whether a failing value fails however a store may have rewritten it."""

    def hides(self, var: str) -> str | None:
        """Write an expression for values that pass, and might not in the form they were written.

        None when there are none.
        """


class MarkedConstraint(Protocol):
    """A constraint that an expression on focus and value decides, with the graph at hand."""

    @property
    def component(self) -> NamedNode:
        """The constraint component."""

    @property
    def wants_missing(self) -> bool:
        """Whether a focus node without any value is a violation."""

    def mark(self, context: Context, shape: Shape, var: str) -> str:
        """Write an expression without errors, true for exactly the values at fault."""

    def of_marked(self, found: list[tuple[Term, Term | None]]) -> Iterable[Violation]:
        """Give the violations for the pairs of focus and value that were marked."""


@dataclass
class Shape:
    """A node shape (no path) or a property shape."""

    node: Term
    path: Path | None = None
    severity: NamedNode = field(default_factory=lambda: NamedNode("urn:unset"))
    messages: tuple[Literal, ...] = ()
    is_deactivated: bool = False
    targets: tuple[Target, ...] = ()
    constraints: list[Constraint] = field(default_factory=list)
    local: list[LocalConstraint] = field(default_factory=list)
    marked: list[MarkedConstraint] = field(default_factory=list)
    # Property shapes that every value node must meet (sh:property).
    properties: list[Term] = field(default_factory=list)
    # All other shapes that the constraints speak of.
    references: list[Term] = field(default_factory=list)


@dataclass
class Shapes:
    """All shapes of a shapes graph, by node, with the graph itself."""

    graph: ShapesGraph
    by_node: dict[Term, Shape]

    def __getitem__(self, node: Term) -> Shape:
        return self.by_node[node]

    def targeted(self) -> Iterator[Shape]:
        """Give the shapes that have targets and are not deactivated."""
        for shape in self.by_node.values():
            if shape.targets and not shape.is_deactivated:
                yield shape
