"""Errors as `application/problem+json` (RFC 9457): `errors.ERROR_KINDS` has the statuses."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from kgraph.errors import KgraphError, TooSlow, find_kind
from kgraph.web.http.methods import answer_method

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


async def _answer_kgraph(request: Request, error: Exception) -> Response:
    assert isinstance(error, KgraphError)
    kind = find_kind(error)
    more = error.details
    if "retry_seconds" in more:
        more["retryAfterSeconds"] = round(more.pop("retry_seconds"))
    answer = problem(kind.status, kind.title, str(error), **more)
    if isinstance(error, TooSlow):
        # What still comes would be taken for the next request.
        answer.headers["Connection"] = "close"
    return answer


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405 and (answer := answer_method(request)) is not None:
        return answer
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
