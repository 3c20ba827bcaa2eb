"""The one way a query is evaluated on a store, and its answer written to a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
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
)

from kgraph.engines.row_limit import TooManyRows
from kgraph.engines.service_calls import Asking, find_clauses, write_clauses
from kgraph.engines.service_rows import BLANK, OutsideAnswer, restore_blank, write_table
from kgraph.engines.writing import Written, accept_suffix, write_graph, write_results
from kgraph.errors import (
    BadQuery,
    EngineFailure,
    NotAcceptable,
    UnknownResource,
)
from kgraph.formats import DATASET_FORMATS
from kgraph.sparql.complaints import explain_syntax
from kgraph.sparql.dialect import (
    Function,
    fail,
    find_named_sources,
    find_unknown_function,
    is_file,
    refuse_file,
    refuse_outside,
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
_MOST_FUNCTIONS = 20

Results = QuerySolutions | QueryBoolean | QueryTriples


def evaluate(
    store: Store, task: Task, out: IO[bytes], begin_rows: Callable[[str], None] = lambda _: None
) -> Written:
    """Evaluate a query and write its whole answer to `out`.

    `begin_rows` is told the format before the rows of a SELECT are written.
    Evaluation and serialisation stay in the calling thread: an iterator of pyoxigraph touched from
    another thread ends the process.
    Errors: those of `open_results`; NotAcceptable when the client takes no format in which this
    answer can be written; UnknownResource when the graph to read is not held; what `out` raises.
    """
    with _explained(task):
        if task.graph is not None:
            return _write_graph(store, task, task.graph, out)
        if task.finds_outside:
            _refuse_files(store, task)
            return write_clauses(find_clauses(task.query, _ask_nobody(task)), out)
        results = _open(store, task)
        if isinstance(results, QueryTriples):
            return write_graph(results, task.graph_format, out)
        return write_results(results, task.result_format, out, begin_rows)


@contextmanager
def open_results(store: Store, task: Task) -> Iterator[Results]:
    """Give the results of a query, to be read within the `with`: rows are found as they are taken.

    The engine's departures from the standard are mended: GROUP_CONCAT gives plain strings (SPARQL
    1.1, 18.5.1.7), an unknown function has no value (17.6), `*` gives columns in order of
    appearance.
    Errors: BadQuery with line and column when the text is no query, or without when the engine
    cannot evaluate it; ReadOnly for an update; OutsideAccess when it names SERVICE or a file;
    EndpointFailure and TooCostly for what was answered elsewhere; EngineFailure when the store
    cannot be read.
    """
    with _explained(task):
        yield _open(store, task)


@contextmanager
def _explained(task: Task) -> Iterator[None]:
    """Turn what the engine says while it works into errors of this program."""
    try:
        yield
    except (RuntimeError, ValueError) as error:
        # SERVICE with a variable fails with a sentence on the service, not with a closed socket.
        if "service" in str(error).lower():
            raise refuse_outside() from error
        # The data are the same for all, so it is this query that the engine cannot evaluate.
        raise BadQuery(str(error)) from error
    except OSError as error:
        if error.errno is not None or isinstance(error, TooManyRows):
            # From the file that is written to.
            raise
        if "service" in task.query.lower():
            raise refuse_outside() from error
        raise EngineFailure(f"the store could not answer: {error}") from error


def _open(store: Store, task: Task) -> Results:
    _refuse_files(store, task)
    if task.outside:
        text = _put_in_tables(task)
    else:
        refuse_service(text := task.query)
    results = _run(store, task, text)
    if isinstance(results, QuerySolutions):
        named = name_star_columns(text, [v.value for v in results.variables])
        if named is not None:
            # The order of columns is not worth a query that was not understood.
            with suppress(BadQuery):
                return _run(store, task, named)
    return results


def _put_in_tables(task: Task) -> str:
    """Give the query with what was answered elsewhere. Errors: OutsideAccess when more is asked."""
    refuse_service(put_in(task.query, ((each.start, each.end, "") for each in task.outside)))
    tables = [(each.start, each.end, write_table(each, n)) for n, each in enumerate(task.outside)]
    return put_in(task.query, tables)


def _run(store: Store, task: Task, text: str) -> Results:
    functions: dict[NamedNode, Function] = {BLANK: restore_blank} if task.outside else {}
    mended = write_plain_concatenations(text)
    try:
        return _query(store, task, mended, functions)
    except SyntaxError as error:
        if mended != text:
            # Where the mended text was at fault, the one that was written is answered as it is.
            with suppress(SyntaxError):
                return _query(store, task, text, functions)
        raise explain_syntax(task.query, _complaint(store, task) or error) from error


def _query(store: Store, task: Task, text: str, functions: dict[NamedNode, Function]) -> Results:
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


def _ask_nobody(task: Task) -> Asking:
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
    if name == WHOLE_DATASET:
        if accept_suffix(task.graph_format, "several graphs") not in DATASET_FORMATS:
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
    return write_graph(quads if name == WHOLE_DATASET else _triples(quads), task.graph_format, out)


def _triples(quads: Iterable[Quad]) -> Iterator[Triple]:
    return (quad.triple for quad in quads)
