"""A data graph in memory that remembers every literal as it was written.

A pyoxigraph store rewrites literals when it takes them in: `"05"^^xsd:integer` comes back as 5. So
a literal that the store would change is kept under a datatype of our own, which the store leaves
alone: `"05"^^<urn:x-as-written:…#integer>`. That is the view as written. SPARQL constraints cannot
compare such literals; where a query may meet one, it gets a second store with the plain literals,
which holds only the predicates that such queries ask for.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Collection, Iterable

from pyoxigraph import (
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    Store,
    Triple,
)

from kgraph.engines.embedded import EmbeddedEngine
from kgraph.engines.protocol import Engine
from kgraph.rdf.literals import find_rewritten
from kgraph.rdf.terms import Term
from kgraph.shacl.data import PatternWriter, View
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.vocabulary import AS_WRITTEN

# Triples taken in at a time.
CHUNK = 100_000

_SET = "urn:x-node-set:"
_SHAPES_GRAPH = NamedNode("urn:x-shapes-graph")


class StoreView:
    """A store as a view: node sets and the shapes are named graphs beside the data."""

    def __init__(self) -> None:
        self.store = Store()
        self._engine = EmbeddedEngine(self.store)
        self._numbers = itertools.count()
        # Two threads that write at once would wait for each other: one with Python's lock, one
        # with the store's.
        self._writing = threading.Lock()

    @property
    def engine(self) -> Engine:
        """The engine on the store."""
        return self._engine

    def node_set(self, nodes: Collection[Term]) -> PatternWriter:
        """Keep the nodes in a graph of their own, so that blank nodes can be among them."""
        graph = NamedNode(f"{_SET}{next(self._numbers)}")
        mark = NamedNode(_SET)
        quads = [Quad(mark, mark, node, graph) for node in nodes]
        with self._writing:
            self.store.extend(quads)
        return lambda var: f"GRAPH {graph} {{ {mark} {mark} {var} }}"

    def shapes_graph(self, shapes: ShapesGraph) -> NamedNode:
        """Put the shapes into a named graph."""
        quads = [Quad(t.subject, t.predicate, t.object, _SHAPES_GRAPH) for t in shapes.triples()]
        with self._writing:
            self.store.extend(quads)
        return _SHAPES_GRAPH


class LoadedData:
    """A data graph in memory, exact as written."""

    is_exact = True
    may_rewrite = False
    rewrites = False

    def __init__(self, triples: Iterable[Triple | Quad]) -> None:
        """Take in the triples of all graphs as one graph.

        Triples are taken in chunks, so that a generator of millions is never held whole.
        """
        # Each literal that the store would change, with what it would make of it.
        self._values: dict[Literal, Literal] = {}
        self._altered: dict[NamedNode, list[tuple[Term, Literal]]] = {}
        self._forms: dict[tuple[Term, NamedNode, Term], list[Term]] = {}
        self._written = StoreView()
        self._plain: StoreView | None = None
        self._copied: set[NamedNode] = set()
        # Constraints are evaluated in several threads.
        self._lock = threading.Lock()
        rest = iter(triples)
        while chunk := list(itertools.islice(rest, CHUNK)):
            self._take_in(chunk)

    def _take_in(self, chunk: list[Triple | Quad]) -> None:
        # Each look at a part of a triple makes a Python object, so no part is looked at twice.
        objects = [t.object for t in chunk]
        literals = {term for term in objects if isinstance(term, Literal)}
        self._values |= find_rewritten(literals - self._values.keys())
        default = DefaultGraph()
        quads = []
        for t, term in zip(chunk, objects, strict=True):
            if isinstance(term, Literal) and term in self._values:
                self._altered.setdefault(t.predicate, []).append((t.subject, term))
                quads.append(Quad(t.subject, t.predicate, _code(term)))
            elif isinstance(t, Quad) and t.graph_name == default:
                quads.append(t)
            else:
                quads.append(Quad(t.subject, t.predicate, term))
        self._written.store.bulk_extend(quads)

    @property
    def written(self) -> View:
        """The store with coded literals."""
        return self._written

    def valued(self, predicates: frozenset[NamedNode] | None) -> View:
        """Give the first store when no coded literal can be met, else the second."""
        if not self._altered or (
            predicates is not None and predicates.isdisjoint(self._altered.keys())
        ):
            return self._written
        with self._lock:
            if self._plain is None:
                self._plain = StoreView()
            wanted = self._all_predicates() if predicates is None else predicates
            for predicate in wanted - self._copied:
                self._copy(predicate, self._plain.store)
            return self._plain

    def _all_predicates(self) -> frozenset[NamedNode]:
        rows = self._written.engine.select("SELECT DISTINCT ?p WHERE { ?s ?p ?o }").rows
        return frozenset(row[0] for row in rows if isinstance(row[0], NamedNode))

    def _copy(self, predicate: NamedNode, plain: Store) -> None:
        self._copied.add(predicate)
        mine = self._written.store.quads_for_pattern(None, predicate, None, DefaultGraph())
        plain.extend([Quad(q.subject, predicate, self.decode(q.object)) for q in mine])
        for subject, literal in self._altered.get(predicate, []):
            value = self._values[literal]
            forms = self._forms.setdefault((subject, predicate, value), [])
            if literal not in forms:
                forms.append(literal)
            same = self._written.store.quads_for_pattern(
                subject,  # type: ignore[arg-type]
                predicate,
                value,
                DefaultGraph(),
            )
            if value not in forms and next(same, None) is not None:
                forms.append(value)

    def encode(self, term: Term) -> Term:
        """Give the coded form of a literal that the store would rewrite, else the term itself."""
        if isinstance(term, Literal) and (term in self._values or find_rewritten([term])):
            return _code(term)
        return term

    def decode(self, term: Term) -> Term:
        """Give the literal as written."""
        if isinstance(term, Literal) and term.datatype.value.startswith(AS_WRITTEN):
            datatype = NamedNode(term.datatype.value.removeprefix(AS_WRITTEN))
            return Literal(term.value, datatype=datatype)
        return term

    def value_of(self, term: Term) -> Term:
        """Give what the store makes of a literal of the data; other terms as they are."""
        return self._values.get(term, term) if isinstance(term, Literal) else term

    def written_as(self, subject: Term, predicate: NamedNode, value: Term) -> list[Term]:
        """Give all forms in which the file writes this triple's object."""
        return self._forms.get((subject, predicate, value)) or [value]


def _code(literal: Literal) -> Literal:
    return Literal(literal.value, datatype=NamedNode(AS_WRITTEN + literal.datatype.value))
