"""Errors as `application/problem+json` (RFC 9457): each class has one status, mapped here once."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from kgraph.errors import (
    BadConfig,
    BadQuery,
    BrokenData,
    Busy,
    EndpointFailure,
    EngineFailure,
    FullDisk,
    KgraphError,
    NotAcceptable,
    OutsideAccess,
    ReadOnly,
    TooCostly,
    UnknownResource,
)

#: error class -> status and title; a class that is not listed takes its parent's.
STATUSES: dict[type[Exception], tuple[int, str]] = {
    BadQuery: (400, "The query cannot be read"),
    OutsideAccess: (403, "The query reaches outside this endpoint"),
    ReadOnly: (403, "This endpoint is read-only"),
    UnknownResource: (404, "Nothing is known under this address"),
    NotAcceptable: (406, "No format that was asked for"),
    TooCostly: (422, "The query costs more than one may"),
    Busy: (503, "Too many queries at once"),
    # Not 507: it passes, and a proxy asks another replica at a 503, whose disk may have room.
    FullDisk: (503, "The server has no room for the answer"),
    BadConfig: (500, "The server is not set up correctly"),
    BrokenData: (500, "The data cannot be read"),
    EndpointFailure: (502, "An endpoint elsewhere could not answer"),
    EngineFailure: (500, "The engine could not answer"),
    KgraphError: (500, "The request failed"),
}
_RETRY_SECONDS = 5


def add_problems(app: FastAPI) -> None:
    """Make every error of the program, and every HTTP error, a problem document."""
    app.add_exception_handler(KgraphError, _answer_kgraph)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_unexpected)


def problem(status: int, title: str, detail: str, **more: object) -> JSONResponse:
    """Give one problem document; `more` are its extension members."""
    headers = {"Cache-Control": "no-store"}
    if status == 503:
        more.setdefault("retryAfterSeconds", _RETRY_SECONDS)
    if "retryAfterSeconds" in more:
        headers["Retry-After"] = str(more["retryAfterSeconds"])
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return JSONResponse(body, status, headers, "application/problem+json")


def find_status(error: Exception) -> tuple[int, str]:
    """Give the status and title of an error, those of its nearest listed class."""
    kind = next(each for each in type(error).__mro__ if each in STATUSES)
    return STATUSES[kind]


async def explain(request: Request, error: KgraphError | HTTPException) -> Response:
    """Give the problem document of an error."""
    if isinstance(error, KgraphError):
        return await _answer_kgraph(request, error)
    return await _answer_http(request, error)


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
    headers = dict(error.headers or {})
    wait = headers.pop("Retry-After", None)
    more = {"retryAfterSeconds": int(wait)} if wait else {}
    title = HTTPStatus(error.status_code).phrase
    answer = problem(error.status_code, title, str(error.detail), **more)
    answer.headers.update(headers)
    return answer


async def _answer_unexpected(request: Request, error: Exception) -> Response:
    # The log has the trace; who asked learns nothing of the server from it.
    return problem(500, "The server failed", "An unexpected fault; its log says more.")
