"""The endpoint's description of itself, which a request without a query gets."""

from __future__ import annotations

import asyncio

from fastapi import Request
from pyoxigraph import Literal, NamedNode
from starlette.responses import Response

from kgraph.errors import NotAcceptable
from kgraph.formats import GRAPH_TYPES
from kgraph.publish.service_description import describe_endpoint
from kgraph.web.http.conditions import respond_bytes
from kgraph.web.http.negotiation import choose_suffix, media_type
from kgraph.web.site import Site

#: suffix -> what rdflib calls the format.
DESCRIPTION_FORMATS = {suffix: each.rdflib for suffix, each in GRAPH_TYPES.items() if each.rdflib}


async def answer_description(site: Site, request: Request, endpoint: str) -> Response:
    """Give the description in the format asked for. Errors: NotAcceptable."""
    suffix = choose_suffix(request.headers.get("accept"), tuple(DESCRIPTION_FORMATS))
    if suffix is None:
        raise NotAcceptable("the description of this endpoint is an RDF graph")
    graphs = (await site.rows("graphs")).rows
    triples = (await site.rows("default-graph")).rows
    names = [
        (name.value, int(size.value))
        for name, size in graphs
        if isinstance(name, NamedNode) and isinstance(size, Literal)
    ]
    count = sum(int(size.value) for (size,) in triples if isinstance(size, Literal))
    federates = bool(site.settings.service_endpoints or site.settings.service_private)

    def write() -> bytes:
        description = describe_endpoint(endpoint, site.title, names, count, federates)
        return description.serialize(format=DESCRIPTION_FORMATS[suffix], encoding="utf-8")

    body = await asyncio.to_thread(write)
    return respond_bytes(request, body, media_type(suffix), site.shared_seconds)
