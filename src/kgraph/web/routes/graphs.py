"""Graphs read one by one: the read half of the SPARQL 1.1 Graph Store Protocol."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from kgraph.engines.evaluation import DEFAULT_GRAPH, WHOLE_DATASET, Task
from kgraph.errors import (
    BadRequest,
    Busy,
    NotAcceptable,
    OverBudget,
    TooCostly,
    UnknownResource,
)
from kgraph.formats import DATASET_FORMATS, GRAPH_TYPES, choose_graph_suffix
from kgraph.web.accounting import send_answer
from kgraph.web.http.negotiation import choose_suffix
from kgraph.web.routes.dependencies import AcceptHeader, CurrentSite, WantedSuffix
from kgraph.web.routes.schemas import GRAPH_MEDIA, describe_responses
from kgraph.web.site import Site

router = APIRouter(tags=["graphs"])
_RESPONSES = describe_responses(
    GRAPH_MEDIA, BadRequest, UnknownResource, NotAcceptable, TooCostly, OverBudget, Busy
)


@router.get("/data", operation_id="read_graph", responses=_RESPONSES, response_class=Response)
async def answer_graph(
    request: Request,
    site: CurrentSite,
    wanted: WantedSuffix,
    accept: AcceptHeader = None,
    graph: Annotated[list[str] | None, Query(description="The IRI of a named graph.")] = None,
    default: Annotated[list[str] | None, Query(description="The default graph.")] = None,
) -> Response:
    """Give one graph (SPARQL 1.1 Graph Store Protocol), or all of them.

    Errors: BadRequest for both or several; UnknownResource for a graph that is not held.
    """
    named, defaults = graph or [], default or []
    if len(named) + len(defaults) > 1:
        raise BadRequest("Ask for one graph: either graph=<IRI> once, or default.")
    if named and (":" not in named[0] or not named[0].isprintable()):
        raise BadRequest(f"graph={named[0]} is no full IRI.")
    name = named[0] if named else DEFAULT_GRAPH if defaults else WHOLE_DATASET
    return await _answer(site, request, name, wanted, accept)


async def _answer(
    site: Site, request: Request, name: str, wanted: str | None, accept: str | None
) -> Response:
    offered = DATASET_FORMATS if name == WHOLE_DATASET else tuple(GRAPH_TYPES)
    suffix = choose_suffix(accept, offered) if wanted is None else choose_graph_suffix(wanted)
    if suffix not in offered:
        types = ", ".join(GRAPH_TYPES[each].type for each in offered)
        raise NotAcceptable(f"{'all graphs' if name == WHOLE_DATASET else 'a graph'}: {types}")
    return await send_answer(site, request, Task("", graph_format=suffix, graph=name))
