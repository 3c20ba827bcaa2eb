"""An answer as an HTTP response: validators, codings, streams from disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from typing import IO

from fastapi import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from kgraph.serving.cache import AnswerCache, Prepared
from kgraph.serving.generations import Generations
from kgraph.web.http.compression import CODINGS, choose_coding, compress_chunks
from kgraph.web.http.negotiation import CONTENT_TYPES

_CHUNK_BYTES = 1 << 18
#: Compressing fewer bytes saves no packet.
WORTH_BYTES = 1 << 10


async def respond(
    request: Request, generations: Generations, prepared: Prepared, shared_seconds: int
) -> Response:
    """Give the response that carries a whole answer, compressed where the client takes that. A
    proxy may give it to others for so many seconds.

    Each coding is a representation of its own, so its validator says which one it is.
    """
    answer = prepared.answer
    streamed = answer.file is not None
    coding = None
    # Of a stream that is compressed nobody knows the length, and HTTP/1.0 has no chunks.
    if answer.size >= WORTH_BYTES and not (streamed and request.scope["http_version"] == "1.0"):
        coding = choose_coding(request.headers.get("accept-encoding"))
    etag = prepared.etag
    if etag and _holds_any(request):
        answer.close()
        return unchanged(etag, shared_seconds)
    headers = write_headers(_mark(etag, coding) if etag and coding else etag, shared_seconds)
    headers["Content-Type"] = CONTENT_TYPES[answer.suffix]
    if coding is not None:
        headers["Content-Encoding"] = coding
    if answer.file is None:
        body = answer.body
        if coding is not None:
            body = await generations.current.answers.encode(prepared, coding, CODINGS[coding])
        return Response(body, headers=headers)
    chunks = _chunks(answer.file, answer.size)
    if coding is not None:
        return _FileResponse(answer.file, compress_chunks(coding, chunks), headers)
    headers["Content-Length"] = str(answer.size)
    return _FileResponse(answer.file, chunks, headers)


async def respond_body(
    request: Request,
    answers: AnswerCache,
    prepared: Prepared,
    made: tuple[str, bytes],
    etag: str | None,
    suffix: str,
    shared_seconds: int,
) -> Response:
    """Give the response that carries what was `made` from an answer, its name and its bytes,
    compressed where the client takes that."""
    name, body = made
    coding = choose_coding(request.headers.get("accept-encoding"))
    if coding is None or len(body) < WORTH_BYTES:
        coding = None
    else:
        plain, code = body, CODINGS[coding]
        body = await answers.encode(prepared, f"{name} {coding}", lambda _: code(plain))
    if etag and _holds_any(request):
        return unchanged(etag, shared_seconds)
    headers = write_headers(_mark(etag, coding) if etag and coding else etag, shared_seconds)
    headers["Content-Type"] = CONTENT_TYPES[suffix]
    if coding is not None:
        headers["Content-Encoding"] = coding
    return Response(body, headers=headers)


def respond_bytes(
    request: Request, body: bytes, content_type: str, shared_seconds: int
) -> Response:
    """Give the response that carries a document made here, or the 304 for one that is held."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    held = etag if _holds_any(request) else find_held(request, etag)
    if held is not None:
        return unchanged(held, shared_seconds)
    return Response(
        body, headers=write_headers(etag, shared_seconds) | {"Content-Type": content_type}
    )


def unchanged(etag: str, shared_seconds: int) -> Response:
    """Give the 304 for a client that holds these very bytes."""
    return Response(status_code=304, headers=write_headers(etag, shared_seconds))


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


def write_headers(etag: str | None, shared_seconds: int) -> dict[str, str]:
    """Give the headers of an answer with a validator, or of one that may differ each time."""
    headers = {"Vary": "Accept, Accept-Encoding"}
    if etag is None:
        return headers | {"Cache-Control": "no-store"}
    # A client asks each time whether its copy is still good. What a proxy gives to many may be as
    # old as the answers of this server when there is a new snapshot.
    cached = f"public, max-age=0, must-revalidate, s-maxage={shared_seconds}"
    return headers | {"Cache-Control": cached, "ETag": etag}


class _FileResponse(StreamingResponse):
    """A stream from a file that is off the disk once the stream ends, however it ends."""

    def __init__(self, file: IO[bytes], chunks: Iterator[bytes], headers: dict[str, str]) -> None:
        super().__init__(chunks, headers=headers)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


def _chunks(file: IO[bytes], size: int) -> Iterator[bytes]:
    """Read the spool by position: several responses may read one file at once."""
    for start in range(0, size, _CHUNK_BYTES):
        if file.closed:
            # The thread that reads ahead is not told that the client left.
            return
        yield os.pread(file.fileno(), min(_CHUNK_BYTES, size - start), start)
