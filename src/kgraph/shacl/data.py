"""The data graph as the validator sees it: two views of one set of triples, and node sets.

A pyoxigraph store rewrites literals when it takes them in: `"05"^^xsd:integer` comes back as 5.
SHACL compares terms as written. So a literal that the store would change is kept under a datatype
of our own, which the store does not touch: `"05"^^<urn:x-as-written:…#integer>`. That is the view
*as written*, which answers all of SHACL Core. SPARQL constraints need values that can be compared,
and get the view *as valued*, a store of the plain triples, made only when both are needed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable
from typing import Protocol, cast

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    Store,
    Triple,
    Variable,
)

from kgraph.engines.protocol import Bindings, Engine, Rows
from kgraph.errors import BadQuery, EngineFailure
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.literals import find_rewritten
from kgraph.shacl.terms import Term, show

AS_WRITTEN = "urn:x-as-written:"
# Triples taken in at a time.
CHUNK = 100_000

_SET = "urn:x-node-set:"
_SHAPES_GRAPH = NamedNode("urn:x-shapes-graph")

Pattern = Callable[[str], str]
Substitutions = dict[Variable, NamedNode | BlankNode | Literal | Triple]


class Data(Protocol):
    """What the validator needs to know of a data graph."""

    @property
    def as_written(self) -> Engine:
        """The engine that tells literals apart by their form; for SHACL Core."""

    @property
    def as_valued(self) -> Engine:
        """The engine whose literals have values; for SPARQL constraints."""

    @property
    def is_exact(self) -> bool:
        """Whether literals and blank nodes come back as they were written."""

    def encode(self, term: Term) -> Term:
        """Give a term as the view as written holds it."""

    def decode(self, term: Term) -> Term:
        """Give a term of the view as written as the file has it."""

    def value_of(self, term: Term) -> Term:
        """Give a term as written in the form in which the view as valued holds it."""

    def written_as(self, subject: Term, predicate: NamedNode, value: Term) -> list[Term]:
        """Give the written forms of the object of a triple of the view as valued."""

    def node_set(self, nodes: Collection[Term], valued: bool = False) -> Pattern:
        """Give a pattern that binds a variable to exactly these nodes (terms of that view)."""

    def shapes_graph(self, shapes: ShapesGraph) -> NamedNode:
        """Put the shapes into a graph of the view as valued and give its name."""


class StoreEngine:
    """A pyoxigraph store that answers queries on its default graph."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def select(self, query: str, bindings: Bindings | None = None) -> Rows:
        """Give all rows. Raises BadQuery when the text is no query."""
        answer = self._query(query, bindings)
        if not isinstance(answer, QuerySolutions):
            raise BadQuery("A SELECT query was expected.")
        names = tuple(variable.value for variable in answer.variables)
        width = range(len(names))
        return Rows(names, [tuple(row[i] for i in width) for row in answer])

    def ask(self, query: str, bindings: Bindings | None = None) -> bool:
        """Give the answer of an ASK query. Raises BadQuery when the text is no query."""
        answer = self._query(query, bindings)
        if not isinstance(answer, QueryBoolean):
            raise BadQuery("An ASK query was expected.")
        return bool(answer)

    def construct(self, query: str, bindings: Bindings | None = None) -> list[Triple]:
        """Give the triples. Raises BadQuery when the text is no query."""
        answer = self._query(query, bindings)
        if not isinstance(answer, QueryTriples):
            raise BadQuery("A CONSTRUCT query was expected.")
        return list(answer)

    def _query(self, query: str, bindings: Bindings | None) -> object:
        substitutions = {Variable(name): term for name, term in (bindings or {}).items()}
        try:
            return self.store.query(
                query, substitutions=cast("Substitutions", substitutions) or None
            )
        except SyntaxError as error:
            raise BadQuery(f"Not a SPARQL query: {error}") from error
        except (OSError, RuntimeError, ValueError) as error:
            raise EngineFailure(f"The query could not be answered: {error}") from error


class LoadedData:
    """A data graph in memory, exact as written."""

    is_exact = True

    def __init__(self, triples: Iterable[Triple | Quad]) -> None:
        """Take in the triples of all graphs as one graph.

        Triples are taken in chunks, so that a generator of millions is never held whole.
        """
        self._codes: dict[Literal, Literal] = {}
        self._altered: list[Triple] = []
        self._forms: dict[tuple[Term, NamedNode, Term], list[Term]] = {}
        self._valued: StoreEngine | None = None
        self._numbers = itertools.count()
        self._engine = StoreEngine(Store())
        rest = iter(triples)
        while chunk := list(itertools.islice(rest, CHUNK)):
            self._take_in(chunk)

    def _take_in(self, chunk: list[Triple | Quad]) -> None:
        literals = {t.object for t in chunk if isinstance(t.object, Literal)}
        codes = {literal: _encode(literal) for literal in find_rewritten(literals)}
        self._codes.update(codes)
        quads = []
        for t in chunk:
            code = codes.get(t.object) if isinstance(t.object, Literal) else None
            if code is not None:
                self._altered.append(Triple(t.subject, t.predicate, t.object))
            quads.append(Quad(t.subject, t.predicate, code or t.object))
        self._engine.store.bulk_extend(quads)

    @property
    def as_written(self) -> Engine:
        """The store with coded literals."""
        return self._engine

    @property
    def as_valued(self) -> Engine:
        """The same store while nothing is coded; else a second one, made when first asked for."""
        return self._plain()

    def _plain(self) -> StoreEngine:
        if self._valued is None:
            self._valued = self._engine if not self._codes else StoreEngine(self._plain_store())
        return self._valued

    def _plain_store(self) -> Store:
        store = Store()
        default = DefaultGraph()
        mine = self._engine.store.quads_for_pattern(None, None, None, default)
        store.bulk_extend(Quad(q.subject, q.predicate, self.decode(q.object)) for q in mine)
        for triple in self._altered:
            s, p, o = triple.subject, triple.predicate, triple.object
            stored = self._stored(cast(Literal, o))
            self._forms.setdefault((s, p, stored), []).append(o)
            if next(self._engine.store.quads_for_pattern(s, p, stored, default), None):
                forms = self._forms[s, p, stored]
                if stored not in forms:
                    forms.append(stored)
        return store

    def _stored(self, literal: Literal) -> Literal:
        scratch, name = Store(), NamedNode("urn:x")
        scratch.add(Quad(name, name, literal))
        return cast(Literal, next(iter(scratch)).object)

    def encode(self, term: Term) -> Term:
        """Give the coded form of a literal that the store would rewrite, else the term itself."""
        if isinstance(term, Literal):
            if term in self._codes:
                return self._codes[term]
            if find_rewritten([term]):
                return _encode(term)
        return term

    def decode(self, term: Term) -> Term:
        """Give the literal as written."""
        if isinstance(term, Literal) and term.datatype.value.startswith(AS_WRITTEN):
            datatype = NamedNode(term.datatype.value.removeprefix(AS_WRITTEN))
            return Literal(term.value, datatype=datatype)
        return term

    def value_of(self, term: Term) -> Term:
        """Give the literal that the store makes of a term."""
        return self._stored(term) if isinstance(term, Literal) and self._codes else term

    def written_as(self, subject: Term, predicate: NamedNode, value: Term) -> list[Term]:
        """Give all forms in which the file writes this triple's object."""
        return self._forms.get((subject, predicate, value)) or [value]

    def node_set(self, nodes: Collection[Term], valued: bool = False) -> Pattern:
        """Keep the nodes in a graph of their own, so that blank nodes can be among them."""
        graph = NamedNode(f"{_SET}{next(self._numbers)}")
        mark = NamedNode(_SET)
        store = self._plain().store if valued else self._engine.store
        store.extend(Quad(mark, mark, node, graph) for node in nodes)
        return lambda var: f"GRAPH {graph} {{ {mark} {mark} {var} }}"

    def shapes_graph(self, shapes: ShapesGraph) -> NamedNode:
        """Put the shapes into a named graph beside the data."""
        self._plain().store.extend(
            Quad(t.subject, t.predicate, t.object, _SHAPES_GRAPH) for t in shapes.triples()
        )
        return _SHAPES_GRAPH


class EndpointData:
    """A data graph behind any SPARQL 1.1 endpoint: its default graph, read only."""

    is_exact = False

    def __init__(self, engine: Engine) -> None:
        self.as_written = engine
        self.as_valued = engine

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

    def node_set(self, nodes: Collection[Term], valued: bool = False) -> Pattern:
        """List the nodes in the query. Raises EngineFailure for a blank node."""
        for node in nodes:
            if isinstance(node, BlankNode):
                raise EngineFailure(
                    f"The blank node {show(node)} cannot be named in a query to an endpoint. "
                    "Validate the files instead."
                )
        text = " ".join(str(node) for node in nodes)
        return lambda var: f"VALUES {var} {{ {text} }}"

    def shapes_graph(self, shapes: ShapesGraph) -> NamedNode:
        """Raise EngineFailure: an endpoint does not hold the shapes."""
        raise EngineFailure(
            "A constraint reads $shapesGraph, which an endpoint does not hold. "
            "Validate the files instead."
        )


def _encode(literal: Literal) -> Literal:
    return Literal(literal.value, datatype=NamedNode(AS_WRITTEN + literal.datatype.value))
