"""The application: which address answers with what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import HTMLResponse, Response

from kgraph.engines.binding import bind_parameters
from kgraph.engines.evaluation import Task
from kgraph.errors import BadQuery, KgraphError, NotAcceptable, UnknownResource
from kgraph.publish.description import describe_endpoint
from kgraph.questions import Question, read_bindings
from kgraph.web.negotiation import HTML, choose_suffix, media_type
from kgraph.web.problems import STATUSES, add_problems
from kgraph.web.site import Site, style
from kgraph.web.sparql import Parameters, make_task, read_parameters, respond
from kgraph.web.tables import read_table

_RDFLIB_FORMATS = {"ttl": "turtle", "nt": "nt", "jsonld": "json-ld", "rdf": "xml"}
_FIRST_QUERY = (
    "SELECT ?class (COUNT(*) AS ?things) WHERE {\n  ?thing a ?class .\n}\nGROUP BY ?class\n"
)


def create_app(site: Site) -> FastAPI:
    """Give the application that serves one site; its pool is started and closed with it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await site.pool.start()
        yield
        await site.pool.close()

    app = FastAPI(title=site.title, lifespan=lifespan, redoc_url=None)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD", "POST", "QUERY", "OPTIONS"],
        allow_headers=["*"],
        expose_headers=["Content-Type", "ETag", "Link", "Retry-After"],
    )
    add_problems(app)

    @app.get("/", response_class=HTMLResponse)
    async def start() -> Response:
        """List the questions."""
        return site.page("start.html", questions=list(site.questions.values()))

    @app.get("/static/style.css", include_in_schema=False)
    async def sheet() -> Response:
        return Response(style(), media_type="text/css")

    @app.get("/holdings", response_class=HTMLResponse)
    async def holdings() -> Response:
        """Say what the data hold: things by class, triples by graph."""
        classes, graphs = await site.table("classes"), await site.table("graphs")
        return site.page("holdings.html", classes=classes, graphs=graphs)

    @app.get("/questions/{name}")
    async def question(name: str, request: Request) -> Response:
        """Answer a saved question; its parameters are those of the address."""
        return await _answer_question(site, _find(site, name), request)

    @app.api_route("/sparql", methods=["GET", "HEAD", "POST", "QUERY"])
    async def sparql(request: Request) -> Response:
        """Answer a query by the SPARQL 1.1 Protocol."""
        return await _answer_query(site, request, await read_parameters(request))

    return app


def _find(site: Site, name: str) -> Question:
    if name not in site.questions:
        raise UnknownResource(f"There is no question “{name}”; the start page lists them all.")
    return site.questions[name]


async def _answer_question(site: Site, question: Question, request: Request) -> Response:
    given = dict(request.query_params)
    wanted = given.pop("format", None)
    values = {name: value for name, value in given.items() if value.strip()}
    asked: Parameters = {"query": [question.text]} | ({"format": [wanted]} if wanted else {})
    task = make_task(asked, request.headers.get("accept"))
    task = replace(task, query=bind_parameters(task.query, read_bindings(question, values)))
    if task.result_format != HTML:
        return respond(request, await site.prepared.prepare(task))
    prepared = await site.prepared.prepare(replace(task, result_format="json"))
    table = read_table(prepared.answer)
    return site.page(
        "question.html", question=question, table=table, values=values, address=urlencode(values)
    )


async def _answer_query(site: Site, request: Request, parameters: Parameters) -> Response:
    accept = request.headers.get("accept", "")
    if "query" not in parameters and request.method != "POST" and HTML in accept:
        return _form(site, request, _FIRST_QUERY)
    endpoint = str(request.url_for("sparql"))
    if "query" not in parameters and request.method in ("GET", "HEAD"):
        return await _describe(site, endpoint, accept or None)
    task = make_task(parameters, accept, endpoint)
    if HTML not in (task.result_format, task.graph_format):
        return respond(request, await site.prepared.prepare(task))
    return await _show(site, request, task)


async def _describe(site: Site, endpoint: str, accept: str | None) -> Response:
    suffix = choose_suffix(accept, ["ttl", "nt", "jsonld", "rdf"])
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


async def _show(site: Site, request: Request, task: Task) -> Response:
    """Answer a browser: the form again, with the answer or the fault below it."""
    rows, graph = task.result_format, task.graph_format
    try:
        prepared = await site.prepared.prepare(
            replace(
                task,
                result_format="json" if rows == HTML else rows,
                graph_format="ttl" if graph == HTML else graph,
            )
        )
    except (BadQuery, NotAcceptable, KgraphError) as error:
        kind = next(each for each in type(error).__mro__ if each in STATUSES)
        return _form(site, request, task.query, status=STATUSES[kind][0], fault=str(error))
    answer = prepared.answer
    if (graph if answer.kind == "graph" else rows) != HTML:
        return respond(request, prepared)
    if answer.kind == "graph":
        return _form(site, request, task.query, graph=answer.body.decode())
    return _form(site, request, task.query, table=read_table(answer))


def _form(site: Site, request: Request, query: str, status: int = 200, **found: object) -> Response:
    values: dict[str, object] = {"table": None, "graph": None, "fault": None} | found
    return site.page(
        "sparql.html", status, query=query, endpoint=str(request.url_for("sparql")), **values
    )
