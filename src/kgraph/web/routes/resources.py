"""Addresses of things: `/id` leads to `/doc`; `/doc`, `/def`, `/shapes`, `/voc` and `/graph`
describe, in every format of graphs and as a page."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pyoxigraph import NamedNode
from starlette.responses import RedirectResponse, Response

from kgraph.engines.evaluation import Task
from kgraph.errors import UnknownResource
from kgraph.namespaces import OWL
from kgraph.resources.addresses import (
    DESCRIPTION_SUFFIXES,
    ONTOLOGY,
    PAGE_SUFFIX,
    SHAPES_DOCUMENT,
    find_path,
    read_path,
)
from kgraph.web.accounting import send_answer
from kgraph.web.descriptions import (
    answer_resource,
    choose_description_suffix,
    describe_resource,
    require_mention,
)
from kgraph.web.http.negotiation import media_type
from kgraph.web.site import Site

#: Addresses of descriptions, with or without the suffix of a format.
_DESCRIBED = (
    "/doc/{name:path}",
    "/voc/{name:path}",
    "/def",
    "/def.{suffix}",
    "/shapes",
    "/shapes.{suffix}",
)
_VERSION = NamedNode(f"{OWL}versionIRI")
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The description",
        "content": {media_type(s).split(";")[0]: {} for s in DESCRIPTION_SUFFIXES},
    },
    304: {"description": "The client holds it"},
    404: {"description": "Nothing here mentions it"},
    406: {"description": "No format that was asked for"},
}


def make_resource_router(site: Site) -> APIRouter:
    """Give the routes of things, terms, concepts and graphs."""
    router = APIRouter()

    @router.get("/id/{name:path}", status_code=303, responses={404: _RESPONSES[404]})
    async def identifier(name: str, request: Request) -> Response:
        """Lead from the name of a thing to its description."""
        located = read_path(f"/id/{name}")
        if located.suffix:
            raise UnknownResource(f"/id/{name}: suffixes go with /doc/, not with /id/.")
        await require_mention(site, request, located.resource)
        place = site.pages.root + (find_path(located.resource.value) or "/")
        return RedirectResponse(place, 303, {"Link": f'<{place}>; rel="describedby"'})

    async def document(request: Request) -> Response:
        """Describe a thing, a term, a concept, or a list of them."""
        return await answer_resource(site, request, request.scope["path"])

    @router.get("/def/{version}", responses=_RESPONSES, response_class=Response)
    async def ontology(version: str, request: Request) -> Response:
        """Describe the ontology in its current version."""
        return await _answer_version(site, request, ONTOLOGY)

    @router.get("/shapes/{version}", responses=_RESPONSES, response_class=Response)
    async def shapes(version: str, request: Request) -> Response:
        """Describe the shapes in their current version."""
        return await _answer_version(site, request, SHAPES_DOCUMENT)

    for place in _DESCRIBED:
        router.add_api_route(place, document, responses=_RESPONSES, response_class=Response)

    @router.get("/graph/{name:path}", responses=_RESPONSES, response_class=Response)
    async def graph(name: str, request: Request) -> Response:
        """Give one of the project's own graphs, or the page that says where it is from."""
        located = read_path(f"/graph/{name}")
        suffix = choose_description_suffix(request, located.suffix)
        if suffix == PAGE_SUFFIX:
            return await answer_resource(site, request, request.scope["path"])
        task = Task("", graph_format=suffix, graph=located.resource.value)
        return await send_answer(site, request, task)

    return router


async def _answer_version(site: Site, request: Request, terms: NamedNode) -> Response:
    """Answer the address of a version, which is that of the terms as long as it is the current one.

    Errors: UnknownResource.
    """
    located = read_path(request.scope["path"])
    place = find_path(terms.value) or ""
    # What is said about the version is little; what is said about the terms is not.
    description = await describe_resource(site, request, located.resource)
    if (terms, _VERSION) not in description.references.rows:
        raise UnknownResource(f"This is no version of them; {place} gives the current one.")
    suffix = f".{located.suffix}" if located.suffix else ""
    return await answer_resource(site, request, place + suffix)
