"""Runs the queries of SPARQL constraints over all focus nodes and brings the terms back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from pyoxigraph import BlankNode, Literal, NamedNode

from kgraph.engines.protocol import Rows
from kgraph.errors import BadQuery, EngineFailure
from kgraph.rdf.terms import Term, show
from kgraph.shacl.context import Context
from kgraph.shacl.data import View
from kgraph.shacl.focus import Focus, focus_of
from kgraph.shacl.setqueries import COPY, TABLE, TABLE_IN_GRAPH, SetQuery
from kgraph.shacl.shapes import Shape
from kgraph.shacl.vocabulary import ShapesError

# So many copies of a query that must be split by focus node are sent as one query.
COPIES = 40

Binding = dict[str, Term]


class ValuedFocus:
    """The focus nodes as the view as valued knows them, and the way back to their written form."""

    def __init__(
        self, context: Context, focus: Focus, predicates: frozenset[NamedNode] | None
    ) -> None:
        self.context = context
        self.focus = focus
        self._back: dict[Term, list[Term]] = {}
        data = context.data
        if focus.is_portable:
            known = None if predicates is None else predicates | focus.predicates
            self.view = data.valued(known)
            return
        nodes = context.answers.nodes(focus)
        is_coded = any(data.decode(node) is not node for node in nodes)
        self.view = data.valued(None if is_coded else predicates)
        if self.view is not data.written:
            for node in nodes:
                self._back.setdefault(data.value_of(data.decode(node)), []).append(node)
            self.focus = focus_of(self.view.node_set(list(self._back)), True)

    def written(self, node: Term) -> list[Term]:
        """Give the nodes of the view as written that stand behind a node of the other view."""
        return self._back.get(node) or [node]

    def seen(self, node: Term) -> Term:
        """Give a node of the view as written as this view has it."""
        data = self.context.data
        return node if self.view is data.written else data.value_of(data.decode(node))

    def nodes(self) -> list[Term]:
        """Give all nodes, in the view as valued."""
        return (
            list(self._back)
            if self._back
            else sorted(self.context.answers.nodes(self.focus), key=str)
        )

    def table(self) -> str:
        """Write the pattern that binds ?this to each node once."""
        return self.focus.distinct("?this")

    def pair_table(self, shape: Shape) -> str:
        """Write the pattern that binds ?this and ?value to each pair once."""
        if shape.path is None:
            inner = f"{self.focus.pattern('?this')} BIND(?this AS ?value)"
        else:
            inner = self.focus.reaching(shape.path, "?this", "?value")
        return f"{{ SELECT DISTINCT ?this ?value WHERE {{ {inner} }} }}"

    def pairs(self, shape: Shape) -> list[tuple[Term, Term]]:
        """Give all pairs of focus node and value node, in the view as valued."""
        rows = self.view.engine.select(
            f"SELECT ?this ?value WHERE {{ {self.pair_table(shape)} }}"
        ).rows
        return [(a, b) for a, b in rows if a is not None and b is not None]


def answers(
    owner: Term, query: SetQuery, valued: ValuedFocus, shape: Shape | None = None
) -> Iterator[Binding]:
    """Give the rows of a query for all focus nodes; with a shape, for all its value pairs.

    Terms are those of the view as valued. Errors: ShapesError when the text is no SPARQL.
    """
    try:
        found: Iterable[Rows]
        if query.is_split:
            found = _split(query, valued, shape)
        else:
            found = [_ask(valued, query, _whole(query, valued, shape))]
    except BadQuery as error:
        raise ShapesError(f"{show(owner)}: {error}", owner) from error
    yield from _cut(query, _bindings(found))


def _ask(valued: ValuedFocus, query: SetQuery, text: str) -> Rows:
    return valued.view.engine.select(f"{query.prologue}\n{text}")


def _whole(query: SetQuery, valued: ValuedFocus, shape: Shape | None) -> str:
    table = valued.table() if shape is None else valued.pair_table(shape)
    text = query.text.replace(TABLE, table)
    if TABLE_IN_GRAPH in text:
        # Inside GRAPH the targets cannot be looked up, so the nodes are listed.
        if shape is not None:
            raise EngineFailure("$value inside GRAPH is not supported without a triple pattern.")
        listed = valued.view.node_set(valued.nodes())
        text = text.replace(TABLE_IN_GRAPH, listed("?this"))
    return text


def _split(query: SetQuery, valued: ValuedFocus, shape: Shape | None) -> Iterator[Rows]:
    rows: list[tuple[Term, ...]] = (
        [(node,) for node in valued.nodes()] if shape is None else list(valued.pairs(shape))
    )
    columns = " ".join(f"?{name}" for name in query.variables)
    for start in range(0, len(rows), COPIES):
        copies = []
        for number, row in enumerate(rows[start : start + COPIES]):
            table = one_row(valued.view, ("this", "value")[: len(row)], row)
            text = query.text.replace(TABLE, table).replace(TABLE_IN_GRAPH, table)
            copies.append(f"{{ {text.replace(COPY, f'c{number}')} }}")
        yield _ask(valued, query, f"SELECT {columns} WHERE {{ {' UNION '.join(copies)} }}")


def one_row(view: View, names: Sequence[str], terms: Sequence[Term]) -> str:
    """Write the pattern that binds each name to its term; blank nodes by a node set."""
    parts = []
    for name, term in zip(names, terms, strict=True):
        if isinstance(term, BlankNode):
            parts.append(view.node_set([term])(f"?{name}"))
        else:
            parts.append(f"VALUES ?{name} {{ {term} }}")
    return " ".join(parts)


def _bindings(found: Iterable[Rows]) -> Iterator[Binding]:
    for answer in found:
        for row in answer.rows:
            names = zip(answer.variables, row, strict=True)
            yield {name: term for name, term in names if term is not None}


def _cut(query: SetQuery, bindings: Iterable[Binding]) -> Iterator[Binding]:
    """Apply LIMIT and OFFSET of the query per focus node, and refuse a row that says failure."""
    seen: Counter[Term | None] = Counter()
    for binding in bindings:
        failure = binding.get("failure")
        if isinstance(failure, Literal) and failure.value == "true":
            raise EngineFailure(f"A SPARQL constraint reports failure for {show(binding['this'])}.")
        position = seen[binding.get("this")]
        seen[binding.get("this")] += 1
        if position >= query.offset and (
            query.limit is None or position < query.offset + query.limit
        ):
            yield binding
