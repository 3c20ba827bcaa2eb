"""An answer as an HTTP response: validators, codings, streams from disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from functools import lru_cache
from typing import IO

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from kgraph.serving.cache import Prepared, PreparedAnswers
from kgraph.web.http.compression import CODINGS, choose_coding, compress_chunks
from kgraph.web.http.negotiation import media_type

_CHUNK_BYTES = 1 << 18
#: Compressing fewer bytes saves no packet.
WORTH_BYTES = 1 << 10


async def respond(request: Request, answers: PreparedAnswers, prepared: Prepared) -> Response:
    """Give the response that carries a whole answer, compressed where the client takes that.

    Each coding is a representation of its own, so its validator says which one it is.
    """
    answer = prepared.answer
    coding = choose_coding(request.headers.get("accept-encoding"))
    streamed = answer.file is not None
    if answer.size < WORTH_BYTES or (streamed and request.scope["http_version"] == "1.0"):
        # Of a stream that is compressed nobody knows the length, and HTTP/1.0 has no chunks.
        coding = None
    etag = prepared.etag
    if etag and _holds_any(request):
        return unchanged(etag)
    headers = _headers(_mark(etag, coding) if etag and coding else etag)
    headers["Content-Type"] = media_type(answer.suffix)
    if coding is not None:
        headers["Content-Encoding"] = coding
    if answer.file is None:
        body = answer.body
        if coding is not None:
            body = await answers.encode(prepared, coding, CODINGS[coding])
        return Response(body, headers=headers)
    chunks = _chunks(answer.file, answer.size)
    if coding is not None:
        return StreamingResponse(compress_chunks(coding, chunks), headers=headers)
    headers["Content-Length"] = str(answer.size)
    return StreamingResponse(chunks, headers=headers)


def plain_head(prepared: Prepared) -> bytes:
    """Give the headers with which `respond` sends a small answer as it is, to any origin, as the
    lines that go over the wire."""
    head = _plain_head(prepared.answer.suffix, prepared.etag is not None)
    return head % ((prepared.etag or "").encode(), prepared.answer.size)


@lru_cache(maxsize=32)
def _plain_head(suffix: str, tagged: bool) -> bytes:
    headers = _headers("%s" if tagged else None)
    headers["Vary"] += ", Origin"
    headers["Content-Type"] = media_type(suffix)
    lines = [f"{name.lower()}: {value}\r\n" for name, value in headers.items()]
    # One that has no validator takes up no more than its place.
    return "".join([*lines, "" if tagged else "%.0s", "content-length: %d\r\n"]).encode()


def respond_bytes(request: Request, body: bytes, content_type: str) -> Response:
    """Give the response that carries a document made here, or the 304 for one that is held."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    held = etag if _holds_any(request) else find_held(request, etag)
    if held is not None:
        return unchanged(held)
    return Response(body, headers=_headers(etag) | {"Content-Type": content_type})


def unchanged(etag: str) -> Response:
    """Give the 304 for a client that holds these very bytes."""
    return Response(status_code=304, headers=_headers(etag))


def find_held(request: Request, etag: str) -> str | None:
    """Give the validator, in any coding, under which the client holds an answer; else None."""
    if request.method not in ("GET", "HEAD"):
        return None
    held = request.headers.get("if-none-match")
    if held is None:
        return None
    tags = {tag.strip().removeprefix("W/") for tag in held.split(",")}
    ours = [etag, *(_mark(etag, coding) for coding in CODINGS)]
    return next((tag for tag in ours if tag in tags), None)


def _holds_any(request: Request) -> bool:
    """Say whether the client wants nothing if there is anything, which is known afterwards."""
    held = request.headers.get("if-none-match", "").strip()
    return held == "*" and request.method in ("GET", "HEAD")


def _mark(etag: str, coding: str) -> str:
    return f'{etag[:-1]}-{coding}"'


def _headers(etag: str | None) -> dict[str, str]:
    vary = {"Vary": "Accept, Accept-Encoding"}
    if etag is None:
        return vary | {"Cache-Control": "no-store"}
    return vary | {"Cache-Control": "no-cache", "ETag": etag}


def _chunks(file: IO[bytes], size: int) -> Iterator[bytes]:
    """Read the spool by position: several responses may read one file at once."""
    for start in range(0, size, _CHUNK_BYTES):
        yield os.pread(file.fileno(), min(_CHUNK_BYTES, size - start), start)
