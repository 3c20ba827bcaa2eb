"""From a request to the answer of its query, for programs and for browsers."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import urlencode

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from kgraph.engines.binding import bind_parameters
from kgraph.engines.evaluation import Task
from kgraph.engines.prepared import Prepared
from kgraph.errors import BadQuery, KgraphError, NotAcceptable
from kgraph.publish.description import describe_endpoint
from kgraph.questions import Question, read_bindings
from kgraph.web.budget import OverBudget
from kgraph.web.logs import log_query
from kgraph.web.negotiation import HTML, choose_suffix, media_type
from kgraph.web.problems import find_status
from kgraph.web.responses import holds, respond, unchanged
from kgraph.web.site import Site
from kgraph.web.sparql import Parameters, make_task, read_parameters, read_seconds
from kgraph.web.tables import join_labels, read_table

_RDFLIB_FORMATS = {"ttl": "turtle", "nt": "nt", "jsonld": "json-ld", "rdf": "xml"}
_FIRST_QUERY = (
    "SELECT ?class (COUNT(*) AS ?things) WHERE {\n  ?thing a ?class .\n}\nGROUP BY ?class\n"
)
_SHOWN_BYTES = 4 << 20


async def answer_query(site: Site, request: Request) -> Response:
    """Answer a request to /sparql.

    Without a query, a browser gets the form, and anyone else the endpoint's description of itself.
    """
    parameters = await read_parameters(request, site.settings.request_kibibytes << 10)
    accept = request.headers.get("accept")
    endpoint = (
        f"{site.settings.public_base.rstrip('/') or str(request.base_url).rstrip('/')}/sparql"
    )
    if "query" not in parameters and request.method in ("GET", "HEAD"):
        if HTML in (accept or ""):
            return _form(site, endpoint, _FIRST_QUERY)
        return await _describe(site, endpoint, accept)
    task = make_task(parameters, accept, endpoint)
    seconds = read_seconds(parameters)
    if HTML not in (task.result_format, task.graph_format):
        return await _send(site, request, task, seconds)
    return await _show(site, request, task, seconds, endpoint)


async def answer_question(site: Site, question: Question, request: Request) -> Response:
    """Answer a saved question in the format asked for; parameters come from the address."""
    given = dict(request.query_params)
    wanted = given.pop("format", None)
    values = {name: value for name, value in given.items() if value.strip()}
    asked: Parameters = {"query": [question.text]} | ({"format": [wanted]} if wanted else {})
    task = make_task(asked, request.headers.get("accept"))
    task = replace(task, query=bind_parameters(task.query, read_bindings(question, values)))
    if task.result_format != HTML:
        return await _send(site, request, task, None)
    async with _prepared(site, request, replace(task, result_format="json"), None) as prepared:
        table = join_labels(read_table(prepared.answer))
    return site.page(
        "question.html", question=question, table=table, values=values, address=urlencode(values)
    )


@asynccontextmanager
async def _prepared(
    site: Site, request: Request, task: Task, seconds: float | None
) -> AsyncIterator[Prepared]:
    """Give the prepared answer; count it, log it, and charge the client for its evaluation."""
    client = request.client.host if request.client else ""
    started = time.monotonic()
    status, size, fresh = 500, 0, True
    try:
        async with site.generations.use() as generation:
            _check_budget(site, client)
            prepared = await generation.prepared.prepare(task, seconds)
            fresh = prepared.evaluated
            status, size = 200, prepared.answer.size
            yield prepared
    except KgraphError as error:
        status = find_status(error)[0]
        raise
    except HTTPException as error:
        status = error.status_code
        raise
    finally:
        spent = time.monotonic() - started
        if fresh:
            site.budget.spend(client, spent)
            site.metrics.seconds.observe(spent)
        site.metrics.prepared.labels("miss" if fresh else "hit").inc()
        site.metrics.answers.labels(str(status)).inc()
        log_query(task.query, status, spent, size, not fresh)


def _check_budget(site: Site, client: str) -> None:
    try:
        site.budget.check(client)
    except OverBudget as error:
        raise HTTPException(
            429,
            f"You have used your {site.settings.budget_seconds:g} query seconds of this minute.",
            {"Retry-After": str(round(error.retry_seconds))},
        ) from error


async def _send(site: Site, request: Request, task: Task, seconds: float | None) -> Response:
    etag = site.generations.current.prepared.validator(task)
    if etag is not None and holds(request, etag):
        site.metrics.answers.labels("304").inc()
        return unchanged(etag)
    async with _prepared(site, request, task, seconds) as prepared:
        return respond(prepared)


async def _describe(site: Site, endpoint: str, accept: str | None) -> Response:
    suffix = choose_suffix(accept, _RDFLIB_FORMATS)
    if suffix is None:
        raise NotAcceptable("the description of this endpoint is an RDF graph")
    graphs = (await site.table("graphs")).rows
    triples = (await site.table("default-graph")).rows
    description = describe_endpoint(
        endpoint,
        site.title,
        [(row[0].iri, int(row[1].text)) for row in graphs if row[0] and row[0].iri and row[1]],
        sum(int(row[0].text) for row in triples if row[0]),
    )
    body = description.serialize(format=_RDFLIB_FORMATS[suffix], encoding="utf-8")
    return Response(body, headers={"Vary": "Accept", "Content-Type": media_type(suffix)})


async def _show(
    site: Site, request: Request, task: Task, seconds: float | None, endpoint: str
) -> Response:
    """Answer a browser: the form again, with the answer or the fault below it."""
    rows, graph = task.result_format, task.graph_format
    asked = replace(
        task,
        result_format="json" if rows == HTML else rows,
        graph_format="ttl" if graph == HTML else graph,
    )
    try:
        async with _prepared(site, request, asked, seconds) as prepared:
            answer = prepared.answer
            if (graph if answer.kind == "graph" else rows) != HTML:
                return respond(prepared)
            if answer.file is not None:
                large = (
                    f"The answer has {answer.size:,} bytes: too many for a page. Take it as CSV."
                )
                return _form(site, endpoint, task.query, fault=large)
            if answer.kind == "graph":
                return _form(site, endpoint, task.query, graph=answer.body.decode())
            return _form(site, endpoint, task.query, table=read_table(answer))
    except (BadQuery, KgraphError) as error:
        return _form(site, endpoint, task.query, find_status(error)[0], fault=str(error))


def _form(site: Site, endpoint: str, query: str, status: int = 200, **found: object) -> Response:
    values: dict[str, object] = {"table": None, "graph": None, "fault": None} | found
    return site.page("sparql.html", status, query=query, endpoint=endpoint, **values)
