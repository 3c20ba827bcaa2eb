"""From a request to the answer of its query, for programs and for browsers."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import Response

from kgraph.engines.decoding import decode_answer
from kgraph.engines.evaluation import Task
from kgraph.errors import BadQuery, KgraphError, TooCostly, find_kind
from kgraph.pages.tables import join_labels, make_table
from kgraph.questions.question import Question, read_bindings
from kgraph.sparql.binding import bind_parameters
from kgraph.web.answering import prepare_answer, send_answer
from kgraph.web.http.conditions import respond
from kgraph.web.http.negotiation import HTML, choose_suffix
from kgraph.web.http.protocol import Parameters, make_task, read_parameters, read_seconds
from kgraph.web.routes.service_description import DESCRIPTION_FORMATS, answer_description
from kgraph.web.site import Site

_FIRST_QUERY = (
    "SELECT ?class (COUNT(*) AS ?things) WHERE {\n  ?thing a ?class .\n}\nGROUP BY ?class\n"
)


async def answer_query(site: Site, request: Request) -> Response:
    """Answer a request to /sparql.

    Without a query, a browser gets the form, and anyone else the endpoint's description of itself.
    """
    settings = site.settings
    parameters = await read_parameters(
        request, settings.request_kibibytes << 10, settings.request_seconds
    )
    accept = request.headers.get("accept")
    endpoint = f"{site.base(request)}/sparql"
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


async def answer_question(site: Site, question: Question, request: Request) -> Response:
    """Answer a saved question in the format asked for; parameters come from the address."""
    given = dict(request.query_params)
    wanted = given.pop("format", None)
    values = {name: value for name, value in given.items() if value.strip()}
    asked: Parameters = {"query": [question.text]} | ({"format": [wanted]} if wanted else {})
    task = make_task(asked, request.headers.get("accept"))
    task = task._replace(query=bind_parameters(task.query, read_bindings(question, values)))
    if task.result_format != HTML:
        return await send_answer(site, request, task)
    answer = (await prepare_answer(site, request, task._replace(result_format="json"))).answer
    if answer.file is not None:
        large = f"the answer has {answer.size:,} bytes, too many for a page; add format=csv"
        raise TooCostly(large, limit="bytes")

    def write() -> Response:
        table = join_labels(decode_answer(answer.body))
        address = urlencode(values)
        return site.page(
            "question.html", question=question, table=table, values=values, address=address
        )

    # A page of many rows takes a while to write; others are answered meanwhile.
    return await asyncio.to_thread(write)


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
            return await respond(request, site.generations.current.prepared, prepared)
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
