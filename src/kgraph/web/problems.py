"""Errors as `application/problem+json` (RFC 9457): each class has one status, mapped here once."""

from __future__ import annotations

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from kgraph.errors import (
    BadConfig,
    BadQuery,
    BrokenData,
    Busy,
    EngineFailure,
    KgraphError,
    NotAcceptable,
    OutsideAccess,
    TooCostly,
    UnknownResource,
)

#: error class -> status and title; a class that is not listed takes its parent's.
STATUSES: dict[type[Exception], tuple[int, str]] = {
    BadQuery: (400, "The query cannot be read"),
    OutsideAccess: (403, "The query reaches outside this endpoint"),
    UnknownResource: (404, "Nothing is known under this address"),
    NotAcceptable: (406, "No format that was asked for"),
    TooCostly: (422, "The query costs more than one may"),
    Busy: (503, "Too many queries at once"),
    BadConfig: (500, "The server is not set up correctly"),
    BrokenData: (500, "The data cannot be read"),
    EngineFailure: (500, "The engine could not answer"),
    KgraphError: (500, "The request failed"),
}
_RETRY_SECONDS = 5


def add_problems(app: FastAPI) -> None:
    """Make every error of the program, and every HTTP error, a problem document."""
    app.add_exception_handler(KgraphError, _answer_kgraph)
    app.add_exception_handler(HTTPException, _answer_http)


def problem(status: int, title: str, detail: str, **more: object) -> JSONResponse:
    """Give one problem document; `more` are its extension members."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    headers = {"Cache-Control": "no-store"}
    if status == 503:
        headers["Retry-After"] = str(_RETRY_SECONDS)
    return JSONResponse(body, status, headers, "application/problem+json")


def find_status(error: Exception) -> tuple[int, str]:
    """Give the status and title of an error, those of its nearest listed class."""
    kind = next(each for each in type(error).__mro__ if each in STATUSES)
    return STATUSES[kind]


async def _answer_kgraph(request: Request, error: Exception) -> Response:
    status, title = find_status(error)
    more: dict[str, object] = {}
    if isinstance(error, BadQuery) and error.line is not None:
        more = {"line": error.line, "column": error.column}
    if isinstance(error, TooCostly) and error.limit:
        more = {"limit": error.limit}
    return problem(status, title, str(error), **more)


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    answer = problem(error.status_code, "The request cannot be answered", str(error.detail))
    answer.headers.update(error.headers or {})
    return answer
