"""The endpoint's description of itself, which a request without a query gets."""

from __future__ import annotations

from fastapi import Request
from pyoxigraph import Literal, NamedNode
from starlette.responses import Response

from kgraph.engines.answer import Answer
from kgraph.engines.evaluation import Task
from kgraph.errors import NotAcceptable
from kgraph.formats import GRAPH_TYPES
from kgraph.publish.service_description import describe_endpoint
from kgraph.web.documents import ask_view, read_rows, send_document
from kgraph.web.http.negotiation import choose_suffix
from kgraph.web.site import Site

#: suffix -> what rdflib calls the format.
DESCRIPTION_FORMATS = {suffix: each.rdflib for suffix, each in GRAPH_TYPES.items() if each.rdflib}


async def answer_description(site: Site, request: Request, endpoint: str) -> Response:
    """Give the description in the format asked for. Errors: NotAcceptable."""
    suffix = choose_suffix(request.headers.get("accept"), tuple(DESCRIPTION_FORMATS))
    if suffix is None:
        raise NotAcceptable("the description of this endpoint is an RDF graph")
    triples = await ask_view(site, request, "default-graph")
    count = sum(int(size.value) for (size,) in triples.rows if isinstance(size, Literal))
    federates = bool(site.settings.service_endpoints or site.settings.service_private)

    def write(answer: Answer) -> bytes:
        names = [
            (name.value, int(size.value))
            for name, size in read_rows(answer).rows
            if isinstance(name, NamedNode) and isinstance(size, Literal)
        ]
        description = describe_endpoint(endpoint, site.title, names, count, federates)
        return description.serialize(format=DESCRIPTION_FORMATS[suffix], encoding="utf-8")

    name = f"service {endpoint} {suffix}"
    return await send_document(site, request, Task(site.views["graphs"]), name, suffix, write)
