"""What a constraint may ask for while it is evaluated."""

from __future__ import annotations

from typing import Protocol

from pyoxigraph import NamedNode

from kgraph.rdf.terms import Term
from kgraph.shacl.answers import Answers, HasValues
from kgraph.shacl.class_tree import ClassTree
from kgraph.shacl.data import Data, View
from kgraph.shacl.focus import Focus


class Context(Protocol):
    """One validation, as its constraints see it."""

    @property
    def data(self) -> Data:
        """The data graph."""

    @property
    def answers(self) -> Answers:
        """What the data answer."""

    @property
    def classes(self) -> ClassTree:
        """Which classes lie below which."""

    def failing(self, node: Term, focus: Focus) -> set[Term]:
        """Give those focus nodes that do not conform to the shape of this node."""

    def shapes_graph(self, view: View) -> NamedNode:
        """Give the name of the graph in which a view of the data holds the shapes."""

    def note_undecided(self, shape: HasValues, component: NamedNode, reason: str) -> None:
        """Remember that a constraint has neither passed nor failed.

        Errors: Undecidable inside another shape, whose answer then cannot be had either.
        """
