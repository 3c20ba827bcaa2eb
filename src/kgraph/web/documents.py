"""What is made here from answers, such as pages: written once, beside the event loop, and kept."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable

from fastapi import Request
from starlette.responses import Response

from kgraph import __version__
from kgraph.engines.answer import Answer
from kgraph.engines.decoding import decode_answer
from kgraph.engines.evaluation import Task
from kgraph.engines.protocol import Rows
from kgraph.errors import TooCostly
from kgraph.serving.cache import Prepared
from kgraph.web.accounting import prepare_answer
from kgraph.web.http.conditions import find_held, respond_body, respond_bytes, unchanged
from kgraph.web.site import Site

_MOST_FIXED = 64


async def send_document(
    site: Site,
    request: Request,
    task: Task,
    name: str,
    suffix: str,
    write: Callable[[Answer], bytes],
) -> Response:
    """Give a document of this format made from the answer of a task, or the 304.

    `name` tells it from others that are made of the same answer. Errors: those of `prepare_answer`.
    """
    held = find_unchanged(site, request, task, name)
    if held is not None:
        return held
    return await respond_document(
        site, request, await prepare_answer(site, request, task), name, suffix, write
    )


def find_unchanged(site: Site, request: Request, task: Task, name: str) -> Response | None:
    """Give the 304 for a client that holds a document; else None."""
    if "if-none-match" not in request.headers:
        return None
    etag = tag_document(site.generations.current.answers.validator(task), name)
    held = find_held(request, etag) if etag else None
    if held is None:
        return None
    site.metrics.count(304, kept=True)
    return unchanged(held, site.shared_seconds)


async def respond_document(
    site: Site,
    request: Request,
    prepared: Prepared,
    name: str,
    suffix: str,
    write: Callable[[Answer], bytes],
) -> Response:
    """Give a document made from an answer. It is kept with the answer; where that is not kept, the
    time it takes to write is the client's."""
    answers = site.generations.current.answers
    seconds = 0.0

    def make(_: bytes) -> bytes:
        nonlocal seconds
        started = time.thread_time()
        try:
            return write(prepared.answer)
        finally:
            prepared.answer.close()
            seconds = time.thread_time() - started

    body = await answers.encode(prepared, name, make)
    if seconds and request.client:
        site.budget.spend(request.client.host, seconds)
    etag = tag_document(prepared.etag, name)
    return await respond_body(
        request, answers, prepared, (name, body), etag, suffix, site.shared_seconds
    )


async def respond_fixed(
    site: Site, request: Request, name: str, content_type: str, write: Callable[[], bytes]
) -> Response:
    """Give a document that is the same as long as the server runs."""
    body = site.fixed.get(name)
    if body is None:
        body = await asyncio.to_thread(write)
        if len(site.fixed) >= _MOST_FIXED:
            # A name may have in it what a client says, such as the address that it asked.
            site.fixed.clear()
        site.fixed[name] = body
    return respond_bytes(request, body, content_type, site.shared_seconds)


def tag_document(etag: str | None, name: str) -> str | None:
    """Give the strong ETag of a document that is made from an answer with this one."""
    if etag is None:
        return None
    state = f"{__version__}\0{etag}\0{name}"
    return f'"{hashlib.sha256(state.encode()).hexdigest()[:32]}"'


async def ask_unless_written(
    site: Site, request: Request, prepared: Prepared, name: str, view: str
) -> Rows:
    """Give the rows of one of the program's own queries, which costs the client like any other; no
    rows where the document that needs them is kept."""
    if site.generations.current.answers.find_encoded(prepared, name) is not None:
        return Rows((), [])
    return read_rows((await prepare_answer(site, request, Task(site.views[view]))).answer)


def read_rows(answer: Answer) -> Rows:
    """Give the rows of an answer in JSON. Errors: TooCostly for one that is large."""
    if answer.file is not None:
        answer.close()
        raise TooCostly("There is too much for one description or page.", "bytes")
    rows = decode_answer(answer.body)
    assert isinstance(rows, Rows)
    return rows
