"""SPARQL 1.1 Protocol, query operation: a request becomes a task, an answer becomes a response."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

from fastapi import Request
from starlette.requests import ClientDisconnect

from kgraph.engines.evaluation import Task
from kgraph.errors import (
    BadRequest,
    ClientLeft,
    NotAcceptable,
    ReadOnly,
    TooLarge,
    TooSlow,
    UnknownMediaType,
)
from kgraph.formats import GRAPH_TYPES, RESULT_TYPES, choose_graph_suffix
from kgraph.sparql.complaints import UPDATE_REFUSED
from kgraph.web.http.negotiation import HTML, choose_suffix, known_suffix

Parameters = Mapping[str, Sequence[str]]

_MOST_FIELDS = 1000
_SECONDS = re.compile(r"(?:[0-9]+\.?|[0-9]*\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
#: So many times the bytes of a request are read and dropped before its client is told.
_DRAINED_PARTS = 16

#: What is offered, for each kind of answer.
_ROWS, _GRAPHS = (*RESULT_TYPES, HTML), (*GRAPH_TYPES, HTML)
#: Names under which clients ask for a format in the address; SPARQLWrapper sends all three.
_FORMAT_NAMES = ("format", "output", "results")


async def read_parameters(request: Request, most_bytes: int, seconds: float) -> Parameters:
    """Give the protocol's parameters of a GET, a form POST or a direct POST, each with all values.

    Errors: BadRequest for a body that is not UTF-8; ReadOnly for an update; TooSlow, TooLarge;
    UnknownMediaType for a body of another type.
    """
    address = read_address(request.scope["query_string"])
    if request.method not in ("POST", "QUERY"):
        return refuse_update(address)
    kind = _read_content_type(request)
    body = _decode(await _read_body(request, most_bytes, seconds))
    if kind == "application/x-www-form-urlencoded":
        form = _parse(body)
        names = [*address, *form]
        both = {name: [*address.get(name, []), *form.get(name, [])] for name in names}
        return refuse_update(both)
    if kind == "application/sparql-query":
        return refuse_update(address | {"query": [*address.get("query", []), body]})
    if kind == "application/sparql-update":
        raise ReadOnly(UPDATE_REFUSED)
    raise UnknownMediaType(
        f"A POST with Content-Type {kind or '(none)'} is not understood; send "
        "application/x-www-form-urlencoded with query=…, or application/sparql-query.",
    )


def read_base(request: Request, public_base: str) -> str:
    """Give the address of the site as clients see it, without a slash at its end: the one that is
    set, or else the one that this client asked."""
    if public_base:
        return public_base.rstrip("/")
    host = request.headers.get("host")
    if not host:
        name, port = request.scope.get("server") or ("localhost", None)
        host = f"[{name}]" if ":" in name else name
        host = f"{host}:{port}" if port else host
    # What base_url gives, without parsing an address each time.
    return f"{request.scope['scheme']}://{host}{request.scope.get('root_path', '')}".rstrip("/")


def read_address(query_string: bytes) -> dict[str, list[str]]:
    """Give the parameters of an address. Errors: BadRequest when they are not UTF-8."""
    return _parse(query_string)


def choose_formats(wanted: str | None, accept: str | None) -> tuple[str | None, str | None]:
    """Give the formats of rows and of a graph that a client takes, by the one named in its address
    or else by its Accept header; None where it takes none."""
    if wanted is None:
        return choose_suffix(accept, _ROWS), choose_suffix(accept, _GRAPHS)
    if wanted == HTML:
        return HTML, HTML
    # SPARQLWrapper's format=xml means RDF/XML where the answer is a graph, json means JSON-LD.
    return wanted if wanted in RESULT_TYPES else None, choose_graph_suffix(wanted)


def make_task(parameters: Parameters, accept: str | None, base: str | None = None) -> Task:
    """Give the task a request asks for.

    Errors: BadRequest when there is not exactly one query. A format nobody offers is found out
    when the kind of the answer is known.
    """
    queries = parameters.get("query", [])
    if len(queries) != 1:
        raise BadRequest(f"Exactly one `query` parameter is needed; there are {len(queries)}.")
    rows, graph = choose_formats(find_wanted_suffix(parameters), accept)
    return Task(
        queries[0],
        result_format=rows,
        graph_format=graph,
        default_graphs=tuple(parameters.get("default-graph-uri", ())),
        named_graphs=tuple(parameters.get("named-graph-uri", ())),
        base=base,
    )


def read_seconds(parameters: Parameters) -> float | None:
    """Give the time limit a client sets for itself with `timeout`, in seconds.

    Errors: BadRequest when it is no positive number.
    """
    given = parameters.get("timeout", ())
    if not given:
        return None
    seconds = float(given[0]) if _SECONDS.fullmatch(given[0]) else 0.0
    if not seconds > 0:
        raise BadRequest(f"timeout={given[0]} is no positive number of seconds.")
    return seconds


def find_wanted_suffix(parameters: Parameters) -> str | None:
    """Give the format named in the address; None where it names none.

    Errors: NotAcceptable for one that is not known.
    """
    for name in _FORMAT_NAMES:
        for value in parameters.get(name, ()):
            suffix = known_suffix(value)
            if suffix is None:
                offered = ", ".join([*RESULT_TYPES, *GRAPH_TYPES, HTML])
                raise NotAcceptable(f"{name}={value} is no format; there are: {offered}.")
            return suffix
    return None


def refuse_update(parameters: Parameters) -> Parameters:
    """Give the parameters back. Errors: ReadOnly when they ask for an update."""
    if "update" in parameters:
        raise ReadOnly(UPDATE_REFUSED)
    return parameters


def _parse(text: str | bytes) -> dict[str, list[str]]:
    try:
        decoded = text.decode() if isinstance(text, bytes) else text
        return parse_qs(
            decoded, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise BadRequest(f"The parameters cannot be read: {error}.") from error


def _read_content_type(request: Request) -> str:
    """Give the media type of a body this server can decode. Errors: UnknownMediaType."""
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("", "identity"):
        raise UnknownMediaType(f"A body with Content-Encoding {coding} is not understood.")
    kind, *parameters = request.headers.get("content-type", "").lower().split(";")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip(' "') not in ("utf-8", "utf8", "us-ascii"):
            raise UnknownMediaType(f"The charset {value.strip()} is not understood; use UTF-8.")
    return kind.strip()


async def _read_body(request: Request, most_bytes: int, seconds: float) -> bytes:
    body, size = bytearray(), 0
    too_large = TooLarge(f"The request is larger than {most_bytes:,} bytes.")
    announced = request.headers.get("content-length", "")
    waits = request.headers.get("expect", "").lower() == "100-continue"
    if waits and announced.isdecimal() and int(announced) > most_bytes:
        raise too_large
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                size += len(chunk)
                if size <= most_bytes:
                    body += chunk
                elif size > _DRAINED_PARTS * most_bytes:
                    break
    except TimeoutError as error:
        if size > most_bytes:
            raise too_large from error
        raise TooSlow(f"The body did not arrive within {seconds:g} seconds.") from error
    except ClientDisconnect as error:
        raise ClientLeft("The client left before its body was whole.") from error
    if size > most_bytes:
        # Not said earlier: a client that still sends does not read.
        raise too_large
    return bytes(body)


def _decode(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise BadRequest(f"The body is not UTF-8: {error}.") from error
