"""What the OpenAPI document says of answers and problems, from the tables of formats and errors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from kgraph.errors import ERROR_KINDS, KgraphError
from kgraph.formats import GRAPH_TYPES, RESULT_TYPES

TEXT: dict[str, Any] = {"schema": {"type": "string"}}
RESULT_MEDIA = [media.type for media in RESULT_TYPES.values()]
GRAPH_MEDIA = [media.type for media in GRAPH_TYPES.values()]
Responses = dict[int | str, dict[str, Any]]


class Problem(BaseModel):
    """A problem document (RFC 9457) with this server's own members."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    line: int | None = Field(None, description="line of the query, from 1")
    column: int | None = Field(None, description="column of the query, from 1")
    limit: str | None = Field(None, description="the limit that was exceeded")
    retryAfterSeconds: int | None = Field(None, description="as in Retry-After")  # noqa: N815


def describe_responses(media: Iterable[str], *errors: type[KgraphError]) -> Responses:
    """Give the responses of a route: whole answers in these media types, 304, and problems."""
    found: Responses = {
        200: {"description": "The whole answer.", "content": dict.fromkeys(media, TEXT)},
        304: {"description": "The client holds this answer."},
    }
    for error in errors:
        kind = ERROR_KINDS[error]
        schema = {"schema": Problem.model_json_schema()}
        found[kind.status] = {
            "description": f"{kind.title}.",
            "content": {"application/problem+json": schema},
        }
    return found


def describe_parameter(name: str, note: str, **schema: Any) -> dict[str, Any]:
    """Give a parameter of an address as OpenAPI has it, text where no schema says otherwise."""
    what = {"type": "string"} | schema
    return {"name": name, "in": "query", "description": note, "schema": what}


def describe_format(suffixes: Iterable[str]) -> dict[str, Any]:
    """Give the parameter that names a format."""
    return describe_parameter("format", "Wins over the Accept header.", enum=list(suffixes))
