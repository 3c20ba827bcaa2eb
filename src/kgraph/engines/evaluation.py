"""One query on one store, written to one file: what a worker does between two messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
)

from kgraph.engines.complaints import explain_syntax
from kgraph.engines.projection import name_star_columns
from kgraph.errors import NotAcceptable

RESULT_FORMATS: dict[str, QueryResultsFormat] = {
    "json": QueryResultsFormat.JSON,
    "xml": QueryResultsFormat.XML,
    "csv": QueryResultsFormat.CSV,
    "tsv": QueryResultsFormat.TSV,
}
GRAPH_FORMATS: dict[str, RdfFormat] = {
    "ttl": RdfFormat.TURTLE,
    "nt": RdfFormat.N_TRIPLES,
    "jsonld": RdfFormat.JSON_LD,
    "rdf": RdfFormat.RDF_XML,
    "trig": RdfFormat.TRIG,
    "nq": RdfFormat.N_QUADS,
}


@dataclass(frozen=True)
class Task:
    """A query and how its answer is to be written.

    `result_format` and `graph_format` are keys of the two tables above; None says the client takes
    no such answer.
    `default_graphs` and `named_graphs` are the protocol's data set; empty means the store's own.
    `base` resolves relative IRIs in the text; it is the endpoint's own address.
    """

    query: str
    result_format: str | None = "json"
    graph_format: str | None = "ttl"
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    base: str | None = None


@dataclass(frozen=True)
class Written:
    """What was written: `kind` is bindings, boolean or graph; `suffix` the format's key."""

    kind: str
    suffix: str


def evaluate(
    store: Store, task: Task, out: IO[bytes], begin_rows: Callable[[str], None] = lambda _: None
) -> Written:
    """Evaluate a query and write its whole answer to `out`.

    `begin_rows` is told the format before the rows of a SELECT are written.
    Evaluation and serialisation stay in the calling thread: an iterator of pyoxigraph touched from
    another thread ends the process.
    Errors: BadQuery with line and column when the text is no query; NotAcceptable when the client
    takes no format in which this kind of answer can be written.
    """
    results = _run(store, task, task.query)
    if isinstance(results, QuerySolutions):
        named = name_star_columns(task.query, [v.value for v in results.variables])
        if named is not None:
            results = _run(store, task, named)
    if isinstance(results, QueryTriples):
        suffix = _accepted(task.graph_format, "a graph (CONSTRUCT or DESCRIBE)")
        results.serialize(out, GRAPH_FORMATS[suffix])
        return Written("graph", suffix)
    suffix = _accepted(task.result_format, "rows or a yes or no (SELECT or ASK)")
    if isinstance(results, QueryBoolean) and suffix in ("csv", "tsv"):
        # The standard has no CSV or TSV for ASK; one cell with a header reads well in a sheet.
        out.write(f"_askResult\r\n{str(bool(results)).lower()}\r\n".encode())
        return Written("boolean", suffix)
    if isinstance(results, QueryBoolean):
        results.serialize(out, RESULT_FORMATS[suffix])
        return Written("boolean", suffix)
    begin_rows(suffix)
    results.serialize(out, RESULT_FORMATS[suffix])
    return Written("bindings", suffix)


def _run(store: Store, task: Task, text: str) -> QuerySolutions | QueryBoolean | QueryTriples:
    default: list[NamedNode | BlankNode | DefaultGraph] | None = None
    named: list[NamedNode | BlankNode] | None = None
    if task.default_graphs or task.named_graphs:
        default = [NamedNode(iri) for iri in task.default_graphs]
        named = [NamedNode(iri) for iri in task.named_graphs]
    try:
        return store.query(
            text,
            base_iri=task.base,
            default_graph=default,
            named_graphs=named,
        )
    except SyntaxError as error:
        raise explain_syntax(task.query, error) from error


def _accepted(suffix: str | None, what: str) -> str:
    if suffix is None:
        raise NotAcceptable(
            f"the answer is {what}, and none of its formats is among those asked for"
        )
    return suffix
