"""A description as an HTTP response: format, validator, links to its other forms."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Generator

from fastapi import Request
from pyoxigraph import NamedNode
from starlette.responses import Response

from kgraph import __version__
from kgraph.engines.evaluation import Task
from kgraph.engines.protocol import Rows
from kgraph.errors import NotAcceptable, UnknownResource
from kgraph.formats import GRAPH_TYPES, choose_graph_suffix
from kgraph.pages.resource_page import write_resource_page
from kgraph.resources.addresses import (
    DESCRIPTION_SUFFIXES,
    PAGE_SUFFIX,
    find_document,
    find_path,
    read_path,
)
from kgraph.resources.description import Description, ask_description
from kgraph.resources.writing_description import write_description
from kgraph.serving.cache import Prepared
from kgraph.web.accounting import prepare_answer
from kgraph.web.documents import read_rows
from kgraph.web.http.conditions import find_held, respond_body, unchanged
from kgraph.web.http.negotiation import choose_suffix, known_suffix, media_type
from kgraph.web.site import Site


async def answer_resource(site: Site, request: Request, path: str) -> Response:
    """Give the description of what a path names, or the 304 for a client that holds it."""
    resource, wanted = read_path(path)
    suffix = choose_description_suffix(request, wanted)
    place = find_path(resource.value)
    if place is None:
        raise UnknownResource(f"{path} is no address of a thing.")
    etag = _make_validator(site, resource, suffix)
    links = _write_links(site.pages.root + place, resource, suffix)
    held = find_held(request, etag) if etag else None
    if held is not None:
        answer = unchanged(held, site.shared_seconds)
        answer.headers.update(links)
        return answer
    found, form, body = await _write(site, request, resource, suffix, place)
    answers = site.generations.current.answers
    answer = await respond_body(
        request, answers, found, (form, body), etag, suffix, site.shared_seconds
    )
    answer.headers.update(links)
    return answer


async def _write(
    site: Site, request: Request, resource: NamedNode, suffix: str, place: str
) -> tuple[Prepared, str, bytes]:
    """Give the bytes of a description and the name under which they are kept with the answer of its
    first query, which comes with them."""
    found = await _ask_first(site, request, resource)
    description: Description | None = None

    def write(_: bytes) -> bytes:
        assert description is not None
        if suffix == PAGE_SUFFIX:
            return write_resource_page(site.pages, description, place).encode()
        return write_description(description, suffix)

    answers = site.generations.current.answers
    form = f"description {suffix}"
    body = answers.find_encoded(found, form)
    if body is None:
        description = await describe_resource(site, request, resource)
        body = await answers.encode(found, form, write)
    return found, form, body


async def require_mention(site: Site, request: Request, resource: NamedNode) -> None:
    """Do nothing where a thing has a description. Errors: UnknownResource."""
    first = await _ask_first(site, request, resource)
    if not (await asyncio.to_thread(read_rows, first.answer)).rows:
        # Nothing is said about it; something may refer to it, or it may be a graph.
        await describe_resource(site, request, resource)


async def _ask_first(site: Site, request: Request, resource: NamedNode) -> Prepared:
    """Give the prepared answer of the first query of a description."""
    return await prepare_answer(site, request, Task(next(ask_description(resource))))


async def describe_resource(site: Site, request: Request, resource: NamedNode) -> Description:
    """Give the description of a thing, each of its queries answered like any other."""
    asking = ask_description(resource)
    found: str | Description = next(asking)
    while isinstance(found, str):
        prepared = await prepare_answer(site, request, Task(found))
        # Many rows take a while to read; others are answered meanwhile.
        found = await asyncio.to_thread(_go_on, asking, prepared)
    return found


def _go_on(asking: Generator[str, Rows, Description], prepared: Prepared) -> str | Description:
    """Give the next query of a description, or the description itself."""
    try:
        return asking.send(read_rows(prepared.answer))
    except StopIteration as end:
        found: Description = end.value
        return found


def choose_description_suffix(request: Request, wanted: str | None) -> str:
    """Give the format by the suffix of the address, else by `format=`, else by Accept.

    Errors: NotAcceptable.
    """
    named = request.query_params.get("format")
    chosen = wanted or (known_suffix(named) if named else None)
    if chosen is None and not named:
        chosen = choose_suffix(request.headers.get("accept"), DESCRIPTION_SUFFIXES)
    if chosen and chosen != PAGE_SUFFIX:
        chosen = choose_graph_suffix(chosen)
    if chosen not in DESCRIPTION_SUFFIXES:
        types = ", ".join(media_type(each) for each in DESCRIPTION_SUFFIXES)
        raise NotAcceptable(f"a description is there as {types}")
    return chosen


def _write_links(place: str, resource: NamedNode, suffix: str) -> dict[str, str]:
    """Give the headers that lead to the other forms of a description and to what it describes."""
    links = [f'<{place}>; rel="canonical"']
    if find_document(resource) != resource:
        links.append(f'<{resource.value}>; rel="describes"')
    for each, media in GRAPH_TYPES.items():
        relation = "describedby alternate" if suffix == PAGE_SUFFIX else "alternate"
        if each != suffix:
            links.append(f'<{place}.{each}>; rel="{relation}"; type="{media.type}"')
    if suffix != PAGE_SUFFIX:
        links.append(f'<{place}.{PAGE_SUFFIX}>; rel="alternate"; type="text/html"')
    return {"Link": ", ".join(links), "Content-Location": f"{place}.{suffix}"}


def _make_validator(site: Site, resource: NamedNode, suffix: str) -> str | None:
    """Give the strong ETag of a description; None where the data may change."""
    digest = site.generations.current.digest
    if not digest:
        return None
    state = f"{__version__}\0{digest}\0{resource.value}\0{suffix}\0{site.pages.root}"
    return f'"{hashlib.sha256(state.encode()).hexdigest()[:32]}"'
