"""Saved questions, an address each, with the parameters that the question's header names."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import WithJsonSchema
from starlette.responses import Response

from kgraph.engines.answer import Answer
from kgraph.engines.evaluation import Task
from kgraph.engines.preview import PREVIEW, read_preview
from kgraph.errors import (
    BadQuery,
    Busy,
    NotAcceptable,
    OverBudget,
    TooCostly,
    UnknownResource,
)
from kgraph.pages.tables import join_labels
from kgraph.questions.parameters import Parameter
from kgraph.questions.question import Question, read_bindings
from kgraph.sparql.binding import bind_parameters
from kgraph.web.accounting import send_answer
from kgraph.web.documents import send_document
from kgraph.web.http.negotiation import HTML
from kgraph.web.http.sparql_protocol import choose_formats
from kgraph.web.routes.dependencies import AcceptHeader, CurrentSite, WantedSuffix
from kgraph.web.routes.schemas import RESULT_MEDIA, describe_responses
from kgraph.web.site import Site

#: The type of a parameter in a question's header -> its JSON schema.
SCHEMAS: dict[str, dict[str, Any]] = {
    "iri": {"type": "string", "format": "iri-reference"},
    "string": {"type": "string"},
    "xsd:string": {"type": "string"},
    "lang": {"type": "string", "pattern": "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"},
    "xsd:boolean": {"type": "boolean"},
    "xsd:date": {"type": "string", "format": "date"},
    "xsd:decimal": {"type": "number"},
    "xsd:gYear": {"type": "string", "pattern": "^[0-9]{4}$"},
    "xsd:integer": {"type": "integer"},
}
_RESPONSES = describe_responses(
    [*RESULT_MEDIA, "text/html"], BadQuery, NotAcceptable, TooCostly, OverBudget, Busy
)
_FORMATS = ("format", "output", "results")
#: Before a name of the header, which may be a word of Python or of a route.
_OWN = "question_"
Route = Callable[..., Awaitable[Response]]


def make_router(questions: Mapping[str, Question]) -> APIRouter:
    """Give the addresses of all questions, and what says that there is no other."""
    router = APIRouter(prefix="/questions", tags=["questions"])
    for number, question in enumerate(questions.values()):
        router.add_api_route(
            f"/{question.id}",
            _make_route(question),
            methods=["GET"],
            summary=question.question["en"],
            description=f"{question.question['de']}\n\nOne row: {question.row}",
            operation_id=f"question_{number}_{question.id.replace('-', '_')}",
            responses=_RESPONSES,
            response_class=Response,
        )
    router.add_api_route("/{name}", _refuse, methods=["GET"], include_in_schema=False)
    return router


async def _refuse(name: str) -> Response:
    raise UnknownResource(f"There is no question “{name}”; the start page lists them all.")


def _make_route(question: Question) -> Route:
    """Give the function of one question; its signature has the parameters of the header."""

    async def answer(
        request: Request,
        site: CurrentSite,
        wanted: WantedSuffix,
        accept: AcceptHeader = None,
        **values: str | None,
    ) -> Response:
        named = {name.removeprefix(_OWN): value for name, value in values.items()}
        given = {name: value for name, value in named.items() if value and value.strip()}
        for name in request.query_params:
            if name not in named and name not in _FORMATS:
                # The sentence names the parameters that there are.
                read_bindings(question, {name: ""})
        return await _answer(site, request, question, given, wanted, accept)

    own = inspect.signature(answer, eval_str=True)
    common = [each for each in own.parameters.values() if each.kind is not each.VAR_KEYWORD]
    typed = [_describe(parameter) for parameter in question.parameters]
    answer.__signature__ = own.replace(parameters=[*common, *typed])  # type: ignore[attr-defined]
    return answer


def _describe(parameter: Parameter) -> inspect.Parameter:
    # The text is read as the command line reads it; the document says what it is to be.
    kind = Annotated[
        str | None,
        WithJsonSchema(SCHEMAS[parameter.type]),
        Query(alias=parameter.name, description=parameter.note or parameter.name),
    ]
    keyword = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(_OWN + parameter.name, keyword, default=None, annotation=kind)


async def _answer(
    site: Site,
    request: Request,
    question: Question,
    values: Mapping[str, str],
    wanted: str | None,
    accept: str | None,
) -> Response:
    """Answer a question in the format asked for. Errors: BadQuery for a value not of its type;
    NotAcceptable; those of `send_answer`."""
    rows, graph = choose_formats(wanted, accept)
    text = bind_parameters(question.text, read_bindings(question, values))
    if rows != HTML:
        graph = None if graph == HTML else graph
        return await send_answer(site, request, Task(text, result_format=rows, graph_format=graph))
    address = urlencode(values)

    def write(answer: Answer) -> bytes:
        preview = read_preview(answer.body)
        return site.pages.render(
            "question.html",
            question=question,
            table=join_labels(preview.found),
            count=preview.count(),
            values=values,
            address=address,
        ).encode()

    task = Task(text, result_format=PREVIEW, graph_format=None)
    name = f"question {question.id} {address}"
    return await send_document(site, request, task, name, HTML, write)
