"""What the data answer to the queries of shapes: value nodes of focus nodes, asked once each."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

from pyoxigraph import BlankNode

from kgraph.engines.protocol import Row
from kgraph.rdf.terms import Term
from kgraph.shacl.data import Data, Undecidable
from kgraph.shacl.focus import Focus
from kgraph.shacl.paths import Path

THIS, VALUE = "?this", "?value"
# More failing nodes than this: all value nodes are fetched and compared here instead.
MAX_LISTED_NODES = 20_000

Pair = tuple[Term, Term]


class HasValues(Protocol):
    """A shape, as far as it says which nodes are its value nodes: by a path, or the focus node."""

    @property
    def node(self) -> Term:
        """The shape's own node."""

    @property
    def path(self) -> Path | None:
        """The path of a property shape; None for a node shape, whose value is the focus node."""


class Answers:
    """The data of one validation, and the pairs of focus node and value node already asked for."""

    def __init__(self, data: Data) -> None:
        self._data = data
        self._pairs: dict[tuple[str, str], set[Pair]] = {}

    def rows(self, query: str) -> list[Row]:
        """Give the rows of a query on the data as written."""
        return self._data.written.engine.select(query).rows

    def where(self, shape: HasValues, focus: Focus) -> tuple[str, str]:
        """Write the pattern of focus and value nodes, and name the variable of the value."""
        if shape.path is None:
            return focus.pattern(THIS), THIS
        return focus.reaching(shape.path, THIS, VALUE), VALUE

    def value_focus(self, shape: HasValues, focus: Focus) -> Focus:
        """Give the set of all value nodes of the focus nodes."""
        return focus if shape.path is None else focus.reached_by(shape.path)

    def nodes(self, focus: Focus) -> set[Term]:
        """Give all focus nodes."""
        return {value for _, value in self.pairs(None, focus)}

    def pairs(self, shape: HasValues | None, focus: Focus) -> set[Pair]:
        """Give all pairs of focus node and value node; without a shape, each node with itself.

        Errors: Undecidable where an endpoint would have to name blank nodes.
        """
        path = shape.path if shape else None
        key = (focus.text, path.sparql() if path else "")
        if key not in self._pairs:
            found = self._ask_pairs(path, focus)
            if not self._data.is_exact and any(
                isinstance(node, BlankNode) for pair in found for node in pair
            ):
                # The label in one answer says nothing about the label in another.
                raise Undecidable(
                    "Blank nodes are among the nodes to compare, and an endpoint cannot name "
                    "them. Validate the files instead."
                )
            self._pairs[key] = found
        return self._pairs[key]

    def _ask_pairs(self, path: Path | None, focus: Focus) -> set[Pair]:
        if path is None:
            rows = self.rows(f"SELECT {THIS} WHERE {{ {focus.pattern(THIS)} }}")
            return {(row[0], row[0]) for row in rows if row[0] is not None}
        text = focus.reaching(path, THIS, VALUE)
        rows = self.rows(f"SELECT {THIS} {VALUE} WHERE {{ {text} }}")
        return {(row[0], row[1]) for row in rows if row[0] is not None and row[1] is not None}

    def pairs_with(
        self, shape: HasValues, focus: Focus, values: Collection[Term]
    ) -> Iterable[Pair]:
        """Give the pairs whose value node is one of these, which are value nodes indeed."""
        if not values:
            return []
        if shape.path is None:
            return [(value, value) for value in values]
        key = (focus.text, shape.path.sparql())
        is_blank = any(isinstance(value, BlankNode) for value in values)
        if (
            key in self._pairs
            or len(values) > MAX_LISTED_NODES
            or (is_blank and not self._data.is_exact)
        ):
            wanted = set(values)
            return [pair for pair in self.pairs(shape, focus) if pair[1] in wanted]
        listed = self._data.written.node_set(values)
        text = f"{listed(VALUE)} {self.where(shape, focus)[0]}"
        rows = self.rows(f"SELECT DISTINCT {THIS} {VALUE} WHERE {{ {text} }}")
        return [(row[0], row[1]) for row in rows if row[0] is not None and row[1] is not None]
