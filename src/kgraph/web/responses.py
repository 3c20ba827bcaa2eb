"""An answer as an HTTP response: validators, streams from disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import IO

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from kgraph.engines.prepared import Prepared
from kgraph.web.negotiation import media_type

_CHUNK_BYTES = 1 << 18


def respond(prepared: Prepared) -> Response:
    """Give the response that carries a whole answer; its length is always said."""
    answer = prepared.answer
    headers = _headers(prepared.etag)
    headers["Content-Type"] = media_type(answer.suffix)
    if answer.file is None:
        return Response(answer.body, headers=headers)
    headers["Content-Length"] = str(answer.size)
    return StreamingResponse(_chunks(answer.file, answer.size), headers=headers)


def unchanged(etag: str) -> Response:
    """Give the 304 for a client that holds these very bytes."""
    return Response(status_code=304, headers=_headers(etag))


def holds(request: Request, etag: str) -> bool:
    """Tell whether the client holds the answer with this validator already."""
    if request.method not in ("GET", "HEAD"):
        return False
    held = request.headers.get("if-none-match", "")
    return "*" in held or etag in {tag.strip().removeprefix("W/") for tag in held.split(",")}


def _headers(etag: str | None) -> dict[str, str]:
    if etag is None:
        return {"Vary": "Accept", "Cache-Control": "no-store"}
    return {"Vary": "Accept", "Cache-Control": "no-cache", "ETag": etag}


def _chunks(file: IO[bytes], size: int) -> Iterator[bytes]:
    """Read the spool by position: several responses may read one file at once."""
    for start in range(0, size, _CHUNK_BYTES):
        yield os.pread(file.fileno(), min(_CHUNK_BYTES, size - start), start)
