"""What the validator needs to know of a data graph, wherever it lies.

A graph has two views. The view *as written* tells literals apart by their form and answers all of
SHACL Core; a view *as valued* has literals that SPARQL can compare, for SPARQL constraints. For an
engine that keeps literals as they are the two are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol

from pyoxigraph import BlankNode, Literal, NamedNode

from kgraph.engines.protocol import Engine
from kgraph.errors import EngineFailure
from kgraph.namespaces import XSD
from kgraph.rdf.terms import Term, show
from kgraph.shacl.graph import ShapesGraph

PatternWriter = Callable[[str], str]


# Forms that stores have been seen to replace by another of the same value, and how to see it.
_FORMS = tuple(
    Literal(text, datatype=NamedNode(XSD + name))
    for text, name in (("05", "integer"), ("5", "byte"), ("1", "boolean"), ("1.0", "decimal"))
)
_PROBE = f"SELECT ?form WHERE {{ VALUES ?form {{ {' '.join(map(str, _FORMS))} }} }}"


class Undecidable(EngineFailure):
    """A constraint that this kind of data graph cannot answer; its message is the reason."""


class View(Protocol):
    """One view of a data graph: an engine, and sets of nodes that its queries can speak of."""

    @property
    def engine(self) -> Engine:
        """The engine that answers queries on this view."""

    def node_set(self, nodes: Collection[Term]) -> PatternWriter:
        """Give a pattern that binds a variable to exactly these nodes, as this view has them."""

    def shapes_graph(self, shapes: ShapesGraph) -> NamedNode:
        """Make the shapes a named graph of this view and give its name."""


class Data(Protocol):
    """A data graph."""

    @property
    def is_exact(self) -> bool:
        """Whether literals and blank nodes come back as they were written."""

    @property
    def may_rewrite(self) -> bool:
        """Whether a literal may have been written otherwise than it comes back."""

    @property
    def rewrites(self) -> bool:
        """Whether the data are seen to come back in other forms than they were written in."""

    @property
    def written(self) -> View:
        """The view as written."""

    def valued(self, predicates: frozenset[NamedNode] | None) -> View:
        """Give a view as valued, good for queries on these predicates; None means any."""

    def encode(self, term: Term) -> Term:
        """Give a term as the view as written holds it."""

    def decode(self, term: Term) -> Term:
        """Give a term of the view as written as the file has it."""

    def value_of(self, term: Term) -> Term:
        """Give a term as the views as valued hold it."""

    def written_as(self, subject: Term, predicate: NamedNode, value: Term) -> list[Term]:
        """Give the written forms of the object of a triple of a view as valued."""


class EndpointData:
    """A data graph behind any SPARQL 1.1 endpoint: its default graph, read only."""

    is_exact = False

    def __init__(self, engine: Engine, is_trusted: bool = False) -> None:
        """`is_trusted`: somebody vouches that the endpoint gives literals as they were written."""
        self.engine = engine
        self.is_trusted = is_trusted
        self._shows_rewriting: bool | None = None

    @property
    def may_rewrite(self) -> bool:
        """Whether literals may have been written otherwise than the endpoint gives them."""
        return not self.is_trusted

    @property
    def rewrites(self) -> bool:
        """Whether the endpoint is seen to rewrite literals; asked once.

        A store that rewrites only what it keeps, not what a query holds, is not seen through.
        """
        if self.is_trusted:
            return False
        if self._shows_rewriting is None:
            given = {row[0] for row in self.engine.select(_PROBE).rows}
            self._shows_rewriting = given != set(_FORMS)
        return self._shows_rewriting

    @property
    def written(self) -> View:
        """The endpoint itself."""
        return self

    def valued(self, predicates: frozenset[NamedNode] | None) -> View:
        """Give the endpoint itself."""
        return self

    def encode(self, term: Term) -> Term:
        """Give the term itself."""
        return term

    def decode(self, term: Term) -> Term:
        """Give the term itself."""
        return term

    def value_of(self, term: Term) -> Term:
        """Give the term itself."""
        return term

    def written_as(self, subject: Term, predicate: NamedNode, value: Term) -> list[Term]:
        """Give the value alone: nothing is known of how it was written."""
        return [value]

    def node_set(self, nodes: Collection[Term]) -> PatternWriter:
        """List the nodes in the query. Errors: Undecidable for a blank node."""
        for node in nodes:
            if isinstance(node, BlankNode):
                raise Undecidable(
                    f"The blank node {show(node)} cannot be named in a query to an endpoint. "
                    "Validate the files instead."
                )
        text = " ".join(str(node) for node in nodes)
        return lambda var: f"VALUES {var} {{ {text} }}"

    def shapes_graph(self, shapes: ShapesGraph) -> NamedNode:
        """Raise Undecidable: an endpoint does not hold the shapes."""
        raise Undecidable(
            "A constraint reads $shapesGraph, which an endpoint does not hold. "
            "Validate the files instead."
        )
