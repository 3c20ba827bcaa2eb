"""From a request to the answer of its query, for programs and for browsers."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import Response

from kgraph.engines.decoding import decode_answer
from kgraph.engines.evaluation import Task
from kgraph.errors import (
    BadQuery,
    Busy,
    KgraphError,
    NotAcceptable,
    OutsideAccess,
    OverBudget,
    TooCostly,
    TooLarge,
    TooSlow,
    UnknownMediaType,
    find_kind,
)
from kgraph.formats import GRAPH_TYPES, RESULT_TYPES
from kgraph.pages.tables import make_table
from kgraph.web.accounting import prepare_answer, send_answer
from kgraph.web.http.conditions import respond
from kgraph.web.http.negotiation import HTML, choose_suffix
from kgraph.web.http.sparql_protocol import make_task, read_base, read_parameters, read_seconds
from kgraph.web.routes.endpoint_description import DESCRIPTION_FORMATS, answer_description
from kgraph.web.routes.schemas import (
    GRAPH_MEDIA,
    RESULT_MEDIA,
    TEXT,
    describe_format,
    describe_parameter,
    describe_responses,
)
from kgraph.web.site import Site

router = APIRouter(tags=["SPARQL"], default_response_class=Response)
_ERRORS = (BadQuery, OutsideAccess, NotAcceptable, TooSlow, TooLarge, UnknownMediaType, TooCostly,
           OverBudget, Busy)  # fmt: skip
_RESPONSES = describe_responses([*RESULT_MEDIA, *GRAPH_MEDIA, "text/html"], *_ERRORS)
_TIMEOUT = "Seconds the query may take; lowers the server's own limit."
_GET = {
    "parameters": [
        describe_parameter("query", "A SPARQL query: SELECT, ASK, CONSTRUCT or DESCRIBE."),
        describe_parameter("default-graph-uri", "A graph to be the default graph; repeat it."),
        describe_parameter("named-graph-uri", "A graph to be a named graph; repeat it."),
        describe_parameter("timeout", _TIMEOUT),
        describe_format([*RESULT_TYPES, *GRAPH_TYPES, HTML]),
    ]
}
_FORM = {
    "type": "object",
    "required": ["query"],
    "properties": {"query": {"type": "string"}, "timeout": {"type": "string"}},
}
_POST = {
    "requestBody": {
        "required": True,
        "content": {
            "application/sparql-query": TEXT,
            "application/x-www-form-urlencoded": {"schema": _FORM},
        },
    }
}
_FIRST_QUERY = (
    "SELECT ?class (COUNT(*) AS ?things) WHERE {\n  ?thing a ?class .\n}\nGROUP BY ?class\n"
)


@router.get("/sparql", operation_id="query_by_get", responses=_RESPONSES, openapi_extra=_GET)
@router.post("/sparql", operation_id="query_by_post", responses=_RESPONSES, openapi_extra=_POST)
@router.api_route("/sparql", methods=["QUERY"], include_in_schema=False)
async def answer_query(request: Request) -> Response:
    """Answer a query (SPARQL 1.1 Protocol). The method QUERY does the same.

    Without a query, a browser gets the form, and anyone else the endpoint's description of itself.
    """
    site: Site = request.app.state.site
    settings = site.settings
    parameters = await read_parameters(
        request, settings.request_kibibytes << 10, settings.request_seconds
    )
    accept = request.headers.get("accept")
    endpoint = read_base(request, settings.public_base) + "/sparql"
    if "query" not in parameters and request.method in ("GET", "HEAD"):
        # Browsers like HTML best; whoever likes RDF as much gets the description.
        if choose_suffix(accept, (*DESCRIPTION_FORMATS, HTML)) == HTML:
            return _form(site, endpoint, _FIRST_QUERY)
        return await answer_description(site, request, endpoint)
    task = make_task(parameters, accept, endpoint)
    seconds = read_seconds(parameters)
    if HTML not in (task.result_format, task.graph_format):
        return await send_answer(site, request, task, seconds)
    return await _show(site, request, task, seconds, endpoint)


async def _show(
    site: Site, request: Request, task: Task, seconds: float | None, endpoint: str
) -> Response:
    """Answer a browser: the form again, with the answer or the fault below it."""
    rows, graph = task.result_format, task.graph_format
    asked = task._replace(
        result_format="json" if rows == HTML else rows,
        graph_format="ttl" if graph == HTML else graph,
    )
    try:
        prepared = await prepare_answer(site, request, asked, seconds)
        answer = prepared.answer
        if (graph if answer.kind == "graph" else rows) != HTML:
            return await respond(
                request, site.generations.current.answers, prepared, site.shared_seconds
            )
        if answer.file is not None:
            large = f"The answer has {answer.size:,} bytes: too many for a page. Take it as CSV."
            return _form(site, endpoint, task.query, fault=large)
        if answer.kind == "graph":
            return _form(site, endpoint, task.query, graph=answer.body.decode())
        return await asyncio.to_thread(
            lambda: _form(site, endpoint, task.query, table=make_table(decode_answer(answer.body)))
        )
    except (BadQuery, KgraphError) as error:
        return _form(site, endpoint, task.query, find_kind(error).status, fault=str(error))


def _form(site: Site, endpoint: str, query: str, status: int = 200, **found: object) -> Response:
    values: dict[str, object] = {"table": None, "graph": None, "fault": None} | found
    return site.page("sparql.html", status, query=query, endpoint=endpoint, **values)
