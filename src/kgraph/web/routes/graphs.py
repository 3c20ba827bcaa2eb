"""Graphs read one by one: the read half of the SPARQL 1.1 Graph Store Protocol."""

from __future__ import annotations

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from kgraph.engines.evaluation import DEFAULT_GRAPH, WHOLE_DATASET, Task
from kgraph.errors import NotAcceptable
from kgraph.formats import GRAPH_TYPES
from kgraph.web.answering import send_answer
from kgraph.web.http.negotiation import choose_suffix
from kgraph.web.http.protocol import Parameters, find_wanted_suffix, read_address
from kgraph.web.site import Site

_QUADS = ("trig", "nq", "jsonld")


async def answer_graph(site: Site, request: Request) -> Response:
    """Answer /data: `?graph=IRI`, `?default`, or the whole data set without either.

    Errors (as HTTP): 400 for both or several; 404 for a graph that is not held.
    """
    parameters = read_address(request.scope["query_string"])
    named, default = parameters.get("graph", []), parameters.get("default", [])
    if len(named) + len(default) > 1:
        raise HTTPException(400, "Ask for one graph: either graph=<IRI> once, or default.")
    if named and (":" not in named[0] or not named[0].isprintable()):
        raise HTTPException(400, f"graph={named[0]} is no full IRI.")
    name = named[0] if named else DEFAULT_GRAPH if default else WHOLE_DATASET
    return await _answer(site, request, parameters, name)


async def _answer(site: Site, request: Request, parameters: Parameters, name: str) -> Response:
    wanted = find_wanted_suffix(parameters)
    offered = _QUADS if name == WHOLE_DATASET else tuple(GRAPH_TYPES)
    if wanted is None:
        suffix = choose_suffix(request.headers.get("accept"), offered)
    else:
        suffix = {"xml": "rdf", "json": "jsonld"}.get(wanted, wanted)
    if suffix not in offered:
        types = ", ".join(GRAPH_TYPES[each].type for each in offered)
        raise NotAcceptable(f"{'all graphs' if name == WHOLE_DATASET else 'a graph'}: {types}")
    return await send_answer(site, request, Task("", graph_format=suffix, graph=name))
