"""One request to an endpoint elsewhere, read to its end within a time and a size."""

from __future__ import annotations

import http.client
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO
from urllib.parse import urlencode

from pyoxigraph import QueryBoolean, QueryResultsFormat, QuerySolutions, parse_query_results

from kgraph.errors import BadQuery, Busy, EndpointFailure, TooCostly

_READ_BYTES = 1 << 16
SHOWN_CHARACTERS = 300
_VIRTUOSO_ASK = "__ASK_RETVAL"
_LATE = (408, 504)
_BUSY = (429, 503)


def read_results(
    content: IO[bytes] | bytes, results_format: QueryResultsFormat
) -> QuerySolutions | QueryBoolean:
    """Read the rows of a SELECT or the answer of an ASK.

    Virtuoso answers ASK with a row of one number; that is read as what it means.
    Errors: SyntaxError.
    """
    results = parse_query_results(content, results_format)
    if isinstance(results, QuerySolutions):
        names = [variable.value for variable in results.variables]
        if names == [_VIRTUOSO_ASK]:
            values = [getattr(row[0], "value", "") for row in results]
            answer = b"true" if values == ["1"] else b"false"
            text = b'{"head":{},"boolean":' + answer + b"}"
            return parse_query_results(text, QueryResultsFormat.JSON)
    return results


@dataclass(frozen=True)
class RemoteAnswer:
    """A whole answer: its media type without parameters, and a file that stands at its start."""

    address: str
    media_type: str
    file: IO[bytes]

    def failure(self, reason: str) -> EndpointFailure:
        """Give the error that names the endpoint."""
        return EndpointFailure(f"{self.address}: {reason}.")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The operator named one address; nothing the endpoint says leads to another one."""

    def redirect_request(self, *_: object) -> None:
        """Follow none."""


@contextmanager
def ask_remote(
    address: str,
    form: Sequence[tuple[str, str]],
    accept: str,
    deadline: float,
    allowed: float,
    most_bytes: int,
) -> Iterator[RemoteAnswer]:
    """Send a form and give the whole answer; `deadline` is on the monotonic clock.

    Errors: BadQuery for what the endpoint refuses; TooCostly for an answer too late or too large;
    Busy; EndpointFailure for everything else.
    """
    request = urllib.request.Request(
        address,
        urlencode(form).encode(),
        {"Accept": accept, "Content-Type": "application/x-www-form-urlencoded"},
    )
    late = TooCostly(
        f"the query took longer than {allowed:.3g} seconds; ask for less", limit="seconds"
    )
    opener = urllib.request.build_opener(_NoRedirects)
    with tempfile.TemporaryFile() as file:
        try:
            with opener.open(request, timeout=max(deadline - time.monotonic(), 0.001)) as answer:
                _copy(answer, file, deadline, most_bytes, late)
                media_type = answer.headers.get_content_type()
        except urllib.error.HTTPError as error:
            raise _explain(address, error, late) from error
        except TimeoutError as error:
            raise late from error
        except (http.client.HTTPException, OSError) as error:
            if isinstance(getattr(error, "reason", None), TimeoutError):
                raise late from error
            raise EndpointFailure(f"{address}: {_shorten(str(error))}.") from error
        file.seek(0)
        yield RemoteAnswer(address, media_type, file)


def _copy(
    answer: http.client.HTTPResponse,
    file: IO[bytes],
    deadline: float,
    most_bytes: int,
    late: TooCostly,
) -> None:
    size = 0
    while chunk := answer.read1(_READ_BYTES):
        size += len(chunk)
        if size > most_bytes:
            raise TooCostly(f"the answer is larger than {most_bytes >> 20} MiB", limit="bytes")
        if time.monotonic() > deadline:
            raise late
        file.write(chunk)
    if answer.length:
        raise http.client.IncompleteRead(b"", answer.length)


def _explain(address: str, error: urllib.error.HTTPError, late: TooCostly) -> Exception:
    with error:
        text = _shorten(error.read(4096).decode(errors="replace"))
    if error.code == 400:
        return BadQuery(f"the endpoint refuses the query: {text}")
    if error.code in _LATE:
        return late
    if error.code in _BUSY:
        return Busy("the endpoint behind this one is busy; try again in a few seconds")
    return EndpointFailure(f"{address}: it answered with status {error.code}: {text}")


def _shorten(text: str) -> str:
    return " ".join(text.split())[:SHOWN_CHARACTERS]
