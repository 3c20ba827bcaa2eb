"""Queries relayed to a SPARQL 1.1 endpoint elsewhere, within the limits of this one."""

from __future__ import annotations

import asyncio
import io
import os
import tempfile
import time
from collections.abc import Iterator
from typing import IO

from pyoxigraph import (
    DefaultGraph,
    NamedNode,
    Quad,
    QueryResultsFormat,
    RdfFormat,
    parse,
)

from kgraph.engines.answer import Answer
from kgraph.engines.evaluation import (
    DEFAULT_GRAPH,
    WHOLE_DATASET,
    Task,
    name_graph,
)
from kgraph.engines.remote_request import RemoteAnswer, ask_remote, read_results
from kgraph.engines.row_limit import CountingFile, TooManyRows
from kgraph.engines.writing import Written, accept_suffix, write_graph, write_results
from kgraph.errors import (
    BadQuery,
    Busy,
    EndpointFailure,
    NotAcceptable,
    ReadOnly,
    TooCostly,
    UnknownResource,
)
from kgraph.formats import DATASET_FORMATS
from kgraph.serving.limits import PoolLimits
from kgraph.sparql.complaints import UPDATE_REFUSED, is_update
from kgraph.sparql.dialect import find_named_sources, is_file, refuse_file, refuse_service
from kgraph.sparql.tokens import read_tokens

_FORMS = {"SELECT": "rows", "ASK": "rows", "CONSTRUCT": "graph", "DESCRIBE": "graph"}
_ACCEPT = {
    "rows": "application/sparql-results+json, application/sparql-results+xml;q=0.8",
    "graph": "application/n-triples, text/turtle;q=0.8, application/rdf+xml;q=0.5",
}
_SPOOLED_BYTES = 1 << 20


class Relay:
    """Answers from an endpoint; each whole answer is read, checked and written anew.

    So an answer that breaks off over there is an error here, and every format is offered whatever
    the endpoint can write. `workers` requests are under way at once, `queue` wait.
    """

    def __init__(self, address: str, limits: PoolLimits, default_graph: str = "") -> None:
        self._address = address
        self._limits = limits
        self._default_graph = default_graph
        self._turns = asyncio.Semaphore(limits.workers)
        self.waiting = 0
        self.quads = 0
        self.healthy = False

    async def start(self) -> int:
        """See whether the endpoint answers. Errors: EndpointFailure."""
        await self.answer(Task("ASK { ?s ?p ?o }"))
        self.healthy = True
        return 0

    async def close(self) -> None:
        """Take no more queries."""
        self.healthy = False

    def begin(self, task: Task, seconds: float | None = None) -> asyncio.Future[Answer]:
        """Begin to answer a task, as `answer` does."""
        return asyncio.ensure_future(self.answer(task, seconds))

    async def answer(self, task: Task, seconds: float | None = None) -> Answer:
        """Have one query answered within the limits; `seconds` may lower the limit of time.

        Errors: BadQuery, NotAcceptable, OutsideAccess, UnknownResource; TooCostly naming the limit;
        Busy when too many wait; EndpointFailure otherwise.
        """
        allowed = min(seconds or self._limits.query_seconds, self._limits.query_seconds)
        deadline = time.monotonic() + allowed
        if self._turns.locked() and self.waiting >= self._limits.queue:
            raise Busy(f"{self.waiting} queries are waiting already; try again in a few seconds")
        self.waiting += 1
        try:
            await asyncio.wait_for(self._turns.acquire(), allowed)
        except TimeoutError:
            raise Busy("the endpoint was not free in the time the query had; try again") from None
        finally:
            self.waiting -= 1
        working = asyncio.ensure_future(asyncio.to_thread(self._relay, task, deadline, allowed))
        # The turn ends with the thread, not with a client that leaves it.
        working.add_done_callback(lambda _: self._turns.release())
        return await asyncio.shield(working)

    def _relay(self, task: Task, deadline: float, allowed: float) -> Answer:
        started = time.monotonic()
        query = _write_query(task)
        refuse_service(query)
        for iri in (*task.default_graphs, *task.named_graphs, *find_named_sources(query)):
            if is_file(iri):
                raise refuse_file(iri)
        kind = _find_kind(query)
        default = list(task.default_graphs)
        own = not default and not task.named_graphs and task.graph in (None, DEFAULT_GRAPH)
        if own and self._default_graph:
            default = [self._default_graph]
        form = [
            ("query", query),
            *(("default-graph-uri", iri) for iri in default),
            *(("named-graph-uri", iri) for iri in task.named_graphs),
        ]
        spool: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - goes with a large answer
        limit = self._limits.answer_bytes
        with ask_remote(self._address, form, _ACCEPT[kind], deadline, allowed, limit) as remote:
            try:
                written = _write(task, kind, remote, spool, self._limits)
            except SyntaxError as error:
                reason = f"its answer is cut or broken: {error.msg}"
                raise EndpointFailure(f"{self._address}: {reason}.") from error
            except TooManyRows:
                most = f"the answer has more than {self._limits.answer_rows:,} rows; add a LIMIT"
                raise TooCostly(most, limit="rows") from None
        size = os.fstat(spool.fileno()).st_size
        seconds = time.monotonic() - started
        if size > limit:
            raise TooCostly(f"the answer is larger than {limit >> 20} MiB", limit="bytes")
        if size <= _SPOOLED_BYTES:
            body = os.pread(spool.fileno(), size, 0)
            spool.close()
            return Answer(written.kind, written.suffix, body, size, seconds)
        return Answer(written.kind, written.suffix, b"", size, seconds, spool)


def _write(
    task: Task, kind: str, remote: RemoteAnswer, spool: IO[bytes], limits: PoolLimits
) -> Written:
    target = CountingFile(spool.fileno())
    with io.BufferedWriter(target, 1 << 16) as out:  # type: ignore[type-var]
        if kind == "rows":
            results_format = QueryResultsFormat.from_media_type(remote.media_type)
            if results_format is None:
                raise remote.failure(f"it answered with {remote.media_type}, not with results")
            results = read_results(remote.file, results_format)
            return write_results(
                results,
                task.result_format,
                out,
                lambda suffix: target.count(suffix, limits.answer_rows),
            )
        suffix = accept_suffix(task.graph_format, "a graph (CONSTRUCT or DESCRIBE)")
        rdf_format = RdfFormat.from_media_type(remote.media_type)
        if rdf_format is None:
            raise remote.failure(f"it answered with {remote.media_type}, not with RDF")
        quads = parse(remote.file, format=rdf_format)
        return write_graph(_rename(task, suffix, quads), suffix, out)


def _rename(task: Task, suffix: str, quads: Iterator[Quad]) -> Iterator[Quad]:
    """Give the quads in the graph that was asked for, where the format has graphs."""
    named = task.graph not in (None, DEFAULT_GRAPH) and suffix in ("nq", "trig")
    graph: NamedNode | DefaultGraph = NamedNode(task.graph or "") if named else DefaultGraph()
    found = False
    for quad in quads:
        found = True
        yield Quad(quad.subject, quad.predicate, quad.object, graph)
    if not found and task.graph not in (None, DEFAULT_GRAPH):
        raise UnknownResource(f"There is no graph <{task.graph}>; /holdings lists them all.")


def _write_query(task: Task) -> str:
    if task.graph is None:
        base = f"BASE <{task.base}> " if task.base else ""
        return base + task.query
    if task.graph == WHOLE_DATASET:
        raise NotAcceptable(
            f"all graphs at once ({', '.join(DATASET_FORMATS)}) are not read from an endpoint; "
            "add ?graph=<IRI> or ?default"
        )
    pattern = "?s ?p ?o"
    if task.graph != DEFAULT_GRAPH:
        pattern = f"GRAPH {name_graph(task.graph)} {{ ?s ?p ?o }}"
    return f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {pattern} }}"


def _find_kind(query: str) -> str:
    """Give what the query's answer is: rows or a graph. Errors: BadQuery."""
    for token in read_tokens(query):
        if token.keyword in _FORMS:
            return _FORMS[token.keyword]
    if is_update(query):
        raise ReadOnly(UPDATE_REFUSED)
    raise BadQuery("this is no query; a query asks with SELECT, ASK, CONSTRUCT or DESCRIBE")
