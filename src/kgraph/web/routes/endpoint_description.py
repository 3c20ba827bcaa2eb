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
from kgraph.web.accounting import prepare_answer
from kgraph.web.documents import (
    ask_unless_written,
    find_unchanged,
    read_rows,
    respond_document,
)
from kgraph.web.http.negotiation import choose_suffix
from kgraph.web.site import Site

#: suffix -> what rdflib calls the format.
DESCRIPTION_FORMATS = {suffix: each.rdflib for suffix, each in GRAPH_TYPES.items() if each.rdflib}


async def answer_description(site: Site, request: Request, endpoint: str) -> Response:
    """Give the description in the format asked for. Errors: NotAcceptable."""
    suffix = choose_suffix(request.headers.get("accept"), tuple(DESCRIPTION_FORMATS))
    if suffix is None:
        raise NotAcceptable("the description of this endpoint is an RDF graph")
    name, task = f"service {endpoint} {suffix}", Task(site.views["graphs"])
    held = find_unchanged(site, request, task, name)
    if held is not None:
        return held
    prepared = await prepare_answer(site, request, task)
    triples = await ask_unless_written(site, request, prepared, name, "default-graph")
    federates = bool(site.settings.service_endpoints or site.settings.service_private)

    def write(answer: Answer) -> bytes:
        names = [
            (name.value, int(size.value))
            for name, size in read_rows(answer).rows
            if isinstance(name, NamedNode) and isinstance(size, Literal)
        ]
        count = sum(int(size.value) for (size,) in triples.rows if isinstance(size, Literal))
        description = describe_endpoint(endpoint, site.title, names, count, federates)
        return description.serialize(format=DESCRIPTION_FORMATS[suffix], encoding="utf-8")

    return await respond_document(site, request, prepared, name, suffix, write)
