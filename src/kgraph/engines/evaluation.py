"""One query on one store, written to one file: what a worker does between two messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import IO, NamedTuple

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    NamedNode,
    Quad,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    Store,
    Triple,
    serialize,
)

from kgraph.engines.service_calls import Ask, find_clauses, write_clauses
from kgraph.engines.service_rows import BLANK, OutsideAnswer, restore_blank, write_table
from kgraph.engines.writing import GRAPH_FORMATS, Written, accept_suffix, write_results
from kgraph.errors import BadQuery, NotAcceptable, UnknownResource
from kgraph.sparql.complaints import explain_syntax
from kgraph.sparql.dialect import (
    Function,
    fail,
    find_named_sources,
    find_unknown_function,
    is_file,
    refuse_file,
    refuse_service,
    write_plain_concatenations,
)
from kgraph.sparql.projection import name_star_columns
from kgraph.sparql.service_clauses import put_in


class Task(NamedTuple):
    """A query and how its answer is to be written.

    `result_format` and `graph_format` are suffixes of formats; None says the client takes
    no such answer.
    `default_graphs` and `named_graphs` are the protocol's data set; empty means the store's own.
    `base` resolves relative IRIs in the text; it is the endpoint's own address.
    `graph` is set instead of a query to read a graph as it is: its IRI, or one of the two names.
    `finds_outside` asks for the SERVICE clauses of the query in place of its answer; `outside` is
    what was answered to them elsewhere.
    """

    query: str
    result_format: str | None = "json"
    graph_format: str | None = "ttl"
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    base: str | None = None
    graph: str | None = None
    finds_outside: bool = False
    outside: tuple[OutsideAnswer, ...] = ()


#: What `Task.graph` may name besides a graph's IRI.
DEFAULT_GRAPH = "default"
WHOLE_DATASET = "all"
DATASET_FORMATS = ("trig", "nq", "jsonld")
_MOST_FUNCTIONS = 20


def evaluate(
    store: Store, task: Task, out: IO[bytes], begin_rows: Callable[[str], None] = lambda _: None
) -> Written:
    """Evaluate a query and write its whole answer to `out`.

    `begin_rows` is told the format before the rows of a SELECT are written.
    Evaluation and serialisation stay in the calling thread: an iterator of pyoxigraph touched from
    another thread ends the process.
    Errors: BadQuery with line and column when the text is no query; OutsideAccess when it names
    SERVICE or a file; NotAcceptable when the client takes no format in which this
    kind of answer can be written; UnknownResource when the graph to read is not held;
    EndpointFailure and TooCostly for what was answered elsewhere.
    """
    if task.graph is not None:
        return _write_graph(store, task, task.graph, out)
    _refuse_files(store, task)
    if task.finds_outside:
        return write_clauses(find_clauses(task.query, _ask_nobody(task)), out)
    if task.outside:
        text = _put_in_tables(task)
    else:
        refuse_service(text := task.query)
    results = _run(store, task, text)
    if isinstance(results, QuerySolutions):
        named = name_star_columns(text, [v.value for v in results.variables])
        if named is not None:
            results = _run(store, task, named)
    if isinstance(results, QueryTriples):
        suffix = accept_suffix(task.graph_format, "a graph (CONSTRUCT or DESCRIBE)")
        results.serialize(out, GRAPH_FORMATS[suffix])
        return Written("graph", suffix)
    return write_results(results, task.result_format, out, begin_rows)


def _put_in_tables(task: Task) -> str:
    """Give the query with what was answered elsewhere. Errors: OutsideAccess when more is asked."""
    refuse_service(put_in(task.query, ((each.start, each.end, "") for each in task.outside)))
    tables = [(each.start, each.end, write_table(each, n)) for n, each in enumerate(task.outside)]
    return put_in(task.query, tables)


def _run(store: Store, task: Task, text: str) -> QuerySolutions | QueryBoolean | QueryTriples:
    try:
        functions: dict[NamedNode, Function] = {BLANK: restore_blank} if task.outside else {}
        return _query(store, task, write_plain_concatenations(text), functions)
    except SyntaxError as error:
        raise explain_syntax(task.query, _complaint(store, task) or error) from error


def _query(
    store: Store, task: Task, text: str, functions: dict[NamedNode, Function]
) -> QuerySolutions | QueryBoolean | QueryTriples:
    default: list[NamedNode | BlankNode | DefaultGraph] | None = None
    named: list[NamedNode | BlankNode] | None = None
    if task.default_graphs or task.named_graphs:
        default = [name_graph(iri) for iri in task.default_graphs]
        named = [name_graph(iri) for iri in task.named_graphs]
    try:
        return store.query(
            text,
            base_iri=task.base,
            default_graph=default,
            named_graphs=named,
            custom_functions=functions,
        )
    except RuntimeError as error:
        unknown = find_unknown_function(error)
        if unknown is None or len(functions) >= _MOST_FUNCTIONS:
            raise
        return _query(store, task, text, functions | {unknown: fail})


def _complaint(store: Store, task: Task) -> SyntaxError | None:
    """Give the complaint about the text as it was written, whose places are the writer's."""
    try:
        _query(store, task, task.query, {})
    except SyntaxError as error:
        return error
    return None


def _ask_nobody(task: Task) -> Ask:
    """Give what evaluates a text for its syntax alone, over nothing."""
    nothing, bare = Store(), Task("", base=task.base)
    return lambda text: _query(nothing, bare, text, {})


def _refuse_files(store: Store, task: Task) -> None:
    for iri in (*task.default_graphs, *task.named_graphs, *find_named_sources(task.query)):
        # Any other graph that is not held is empty, as the protocol has it.
        if is_file(iri) and not store.contains_named_graph(name_graph(iri)):
            raise refuse_file(iri)


def name_graph(iri: str) -> NamedNode:
    """Give the name of a graph. Errors: BadQuery when it is no IRI."""
    try:
        return NamedNode(iri)
    except ValueError as error:
        raise BadQuery(f"<{iri}> names no graph: {error}") from error


def _write_graph(store: Store, task: Task, name: str, out: IO[bytes]) -> Written:
    """Write one graph, without its name, which its reader knows; or all of them with theirs."""
    suffix = accept_suffix(task.graph_format, "a graph")
    if name == WHOLE_DATASET:
        if suffix not in DATASET_FORMATS:
            raise NotAcceptable(
                "several graphs go into TriG, N-Quads or JSON-LD only; for one of them add "
                "?graph=<IRI> or ?default"
            )
        quads = store.quads_for_pattern(None, None, None)
    elif name == DEFAULT_GRAPH:
        quads = store.quads_for_pattern(None, None, None, DefaultGraph())
    else:
        graph = name_graph(name)
        if not store.contains_named_graph(graph):
            raise UnknownResource(f"There is no graph <{name}>; /holdings lists them all.")
        quads = store.quads_for_pattern(None, None, None, graph)
    serialize(quads if name == WHOLE_DATASET else _triples(quads), out, GRAPH_FORMATS[suffix])
    return Written("graph", suffix)


def _triples(quads: Iterable[Quad]) -> Iterator[Triple]:
    return (quad.triple for quad in quads)
