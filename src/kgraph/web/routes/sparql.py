"""From a request to the answer of its query, for programs and for browsers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from kgraph.engines.answer import Answer
from kgraph.engines.evaluation import Task
from kgraph.engines.preview import PREVIEW, read_preview
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
from kgraph.formats import GRAPH_TYPES, RESULT_TYPES, MediaType
from kgraph.pages.tables import make_table
from kgraph.web.accounting import prepare_answer, send_answer
from kgraph.web.documents import find_unchanged, respond_document, respond_fixed
from kgraph.web.http.conditions import respond
from kgraph.web.http.negotiation import HTML, choose_suffix, media_type
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
#: So much of a graph stands on a page.
_SHOWN_BYTES = 1 << 16
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
    seconds = read_seconds(parameters)
    if "query" not in parameters and request.method in ("GET", "HEAD"):
        # Browsers like HTML best; whoever likes RDF as much gets the description.
        if choose_suffix(accept, (*DESCRIPTION_FORMATS, HTML)) == HTML:
            return await respond_fixed(
                site, request, f"form {endpoint}", media_type(HTML),
                lambda: _write_form(site, endpoint).encode(),
            )  # fmt: skip
        return await answer_description(site, request, endpoint)
    task = make_task(parameters, accept, endpoint)
    if HTML not in (task.result_format, task.graph_format):
        return await send_answer(site, request, task, seconds)
    return await _show(site, request, task, seconds, endpoint)


async def _show(
    site: Site, request: Request, task: Task, seconds: float | None, endpoint: str
) -> Response:
    """Answer a browser: the form again, with the answer or the fault below it."""
    rows, graph = task.result_format, task.graph_format
    asked = task._replace(
        result_format=PREVIEW if rows == HTML else rows,
        graph_format="ttl" if graph == HTML else graph,
    )
    name = f"page {endpoint}"

    def write(answer: Answer) -> bytes:
        found = _show_graph(answer) if answer.kind == "graph" else _show_rows(answer)
        return _write_form(site, endpoint, task, **found).encode()

    try:
        held = find_unchanged(site, request, asked, name)
        if held is not None:
            return held
        prepared = await prepare_answer(site, request, asked, seconds)
        if (graph if prepared.answer.kind == "graph" else rows) != HTML:
            return await respond(request, site.generations, prepared, site.shared_seconds)
        return await respond_document(site, request, prepared, name, HTML, write)
    except KgraphError as error:
        headers = {"Vary": "Accept", "Cache-Control": "no-store"}
        if isinstance(error, OverBudget):
            headers["Retry-After"] = str(round(error.retry_seconds))
        status = find_kind(error).status
        return HTMLResponse(_write_form(site, endpoint, task, fault=str(error)), status, headers)


def _show_rows(answer: Answer) -> dict[str, object]:
    """Give what the page shows of rows, or of a yes or no."""
    if answer.file is not None:
        return {"fault": "A single row is too large for a page.", "downloads": RESULT_TYPES}
    preview = read_preview(answer.body)
    table = make_table(preview.found)
    return {"table": table, "count": preview.count(), "downloads": RESULT_TYPES}


def _show_graph(answer: Answer) -> dict[str, object]:
    """Give what the page shows of a graph: the beginning, if it is large."""
    text = answer.body
    if answer.file is not None:
        text = os.pread(answer.file.fileno(), _SHOWN_BYTES, 0)
    count = f"{answer.size:,} bytes"
    if answer.size > _SHOWN_BYTES:
        # Cut at the end of a line.
        text = text[:_SHOWN_BYTES].rpartition(b"\n")[0] or text[:_SHOWN_BYTES]
        count = f"first {len(text):,} of {count}"
    graph = text.decode(errors="ignore")
    return {"graph": graph, "count": count, "downloads": GRAPH_TYPES}


def _write_form(site: Site, endpoint: str, task: Task | None = None, **found: object) -> str:
    """Give the page with the form, and below it what was found, or the fault."""
    values = {"table": None, "graph": None, "fault": None, "count": "", "downloads": {}} | found
    query = task.query if task else _FIRST_QUERY
    if task:
        graphs = [("default-graph-uri", iri) for iri in task.default_graphs]
        graphs += [("named-graph-uri", iri) for iri in task.named_graphs]
        offered: Mapping[str, MediaType] = values["downloads"]  # type: ignore[assignment]
        values["downloads"] = [
            (media.label, urlencode([("query", query), *graphs, ("format", suffix)]))
            for suffix, media in offered.items()
        ]
    return site.pages.render("sparql.html", query=query, endpoint=endpoint, **values)
