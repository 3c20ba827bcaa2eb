"""Answers compressed for the way: RFC 9110, section 8.4.1 and 12.5.3."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import zstandard

_GZIP_LEVEL = 6
_ZSTD_LEVEL = 6
#: Levels for what is compressed while it is sent.
_FAST_GZIP_LEVEL = 1
_FAST_ZSTD_LEVEL = 1
_GZIP_WINDOW = 31


class _Squeeze(Protocol):
    """What both libraries give to compress with."""

    def compress(self, data: bytes, /) -> bytes:
        """Give what is ready after these bytes."""
        ...

    def flush(self) -> bytes:
        """Give the rest."""
        ...


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, _GZIP_LEVEL, mtime=0)


def _zstd(body: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(body)


#: Content coding -> how a whole body is compressed, best first.
CODINGS: dict[str, Callable[[bytes], bytes]] = {"zstd": _zstd, "gzip": _gzip}


def choose_coding(accept_encoding: str | None) -> str | None:
    """Give the coding a client likes best; None for the plain bytes.

    >>> choose_coding("gzip, deflate, br, zstd"), choose_coding("gzip;q=1, zstd;q=0.5")
    ('zstd', 'gzip')
    >>> choose_coding("br"), choose_coding("*"), choose_coding(None), choose_coding("gzip;q=0")
    (None, 'zstd', None, None)
    """
    weights: dict[str, float] = {}
    for entry in (accept_encoding or "").split(","):
        name, _, parameter = (part.strip().lower() for part in entry.partition(";"))
        key, _, value = parameter.partition("=")
        try:
            weights[name] = float(value) if key.strip() == "q" else 1.0
        except ValueError:
            weights[name] = 0.0
    best, chosen = 0.0, None
    for name in CODINGS:
        weight = weights.get(name, weights.get("*", 0.0))
        if weight > best:
            best, chosen = weight, name
    return chosen if best >= weights.get("identity", 0.0) else None


def compress_chunks(coding: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Give the chunks of a large body compressed one after the other, quickly rather than well."""
    squeeze: _Squeeze
    if coding == "zstd":
        squeeze = zstandard.ZstdCompressor(level=_FAST_ZSTD_LEVEL).compressobj()
    else:
        squeeze = zlib.compressobj(_FAST_GZIP_LEVEL, wbits=_GZIP_WINDOW)
    for chunk in chunks:
        if part := squeeze.compress(chunk):
            yield part
    yield squeeze.flush()
