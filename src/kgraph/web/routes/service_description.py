"""The endpoint's description of itself, which a request without a query gets."""

from __future__ import annotations

import asyncio

from fastapi import Request
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
    graphs = (await site.table("graphs")).rows
    triples = (await site.table("default-graph")).rows
    names = [(row[0].iri, int(row[1].text)) for row in graphs if row[0] and row[0].iri and row[1]]
    count = sum(int(row[0].text) for row in triples if row[0])
    federates = bool(site.settings.service_endpoints or site.settings.service_private)

    def write() -> bytes:
        description = describe_endpoint(endpoint, site.title, names, count, federates)
        return description.serialize(format=DESCRIPTION_FORMATS[suffix], encoding="utf-8")

    body = await asyncio.to_thread(write)
    return respond_bytes(request, body, media_type(suffix), site.shared_seconds)
