"""The endpoints that SERVICE may name, and one request to one of them."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from urllib.parse import urlencode, urlsplit

import httpcore

from kgraph.endpoints.checked_addresses import (
    CheckedBackend,
    Resolve,
    Resolver,
    is_one_host,
    is_public,
)
from kgraph.errors import BadConfig, Busy, EndpointFailure, TooCostly

_log = logging.getLogger("kgraph.outside")
_TYPES = ("application/sparql-results+json", "application/json")


@dataclass(frozen=True)
class OutsideLimits:
    """What asking elsewhere may cost.

    Seconds, bytes and rows are those of one request, `clauses` those of one query; `queries` with
    SERVICE are under way at once.
    """

    seconds: float = 10.0
    answer_bytes: int = 8 << 20
    rows: int = 10_000
    clauses: int = 4
    queries: int = 8


def read_allowed(public: str, private: str) -> dict[str, bool]:
    """Give the endpoints of two lists, and for each whether its address may be a private one.

    In: addresses separated by spaces. Errors: BadConfig for one that is no plain HTTP address.

    >>> read_allowed("https://a.example/sparql", "http://localhost:3030/ds")
    {'https://a.example/sparql': False, 'http://localhost:3030/ds': True}
    """
    allowed = dict.fromkeys(public.split(), False) | dict.fromkeys(private.split(), True)
    for endpoint in allowed:
        _check_endpoint(endpoint)
    return allowed


class OutsideEndpoints:
    """The endpoints that may be asked, each by its whole address.

    Nothing leads elsewhere: no redirect is followed, no proxy or password of the surroundings is
    used, and a name is dialled only at addresses that were checked. Each request has a connection
    of its own. `on_end` is told how each request ended: `answered`, `failed` or `limit`.
    """

    def __init__(
        self,
        allowed: Mapping[str, bool],
        limits: OutsideLimits,
        on_end: Callable[[str], None] = lambda _: None,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.limits = limits
        self._allowed = allowed
        self._on_end = on_end
        self._resolve = resolve or Resolver(limits.queries).resolve
        self._tls = tls or ssl.create_default_context()
        self._turns = asyncio.Semaphore(limits.queries)

    def allows(self, endpoint: str) -> bool:
        """Tell whether an endpoint is one of the list, letter by letter."""
        return endpoint in self._allowed

    @asynccontextmanager
    async def turn(self, deadline: float) -> AsyncIterator[None]:
        """Have a place among the queries that ask elsewhere, waited for until `deadline`.

        What was answered is held for as long, so this bounds the memory too. Errors: Busy.
        """
        left = max(deadline - time.monotonic(), 0.001)
        try:
            await asyncio.wait_for(self._turns.acquire(), left)
        except TimeoutError:
            raise Busy("too many queries ask other endpoints; try again soon") from None
        try:
            yield
        finally:
            self._turns.release()

    async def ask(self, endpoint: str, query: str, deadline: float) -> bytes:
        """Give the JSON of an answer, whole, before `deadline` on the monotonic clock.

        Errors: EndpointFailure naming the endpoint; TooCostly when the answer is too large or the
        query's own time is over.
        """
        try:
            content = await self._ask_in_time(endpoint, query, deadline)
        except TooCostly:
            self._on_end("limit")
            raise
        except EndpointFailure as error:
            self._on_end("failed")
            # The client is told less.
            _log.warning("%s (%r)", error, error.__cause__)
            raise
        self._on_end("answered")
        return content

    async def _ask_in_time(self, endpoint: str, query: str, deadline: float) -> bytes:
        left = max(deadline - time.monotonic(), 0.001)
        try:
            async with asyncio.timeout(min(left, self.limits.seconds)):
                return await self._fetch(endpoint, query)
        except (TimeoutError, httpcore.TimeoutException) as error:
            if left < self.limits.seconds:
                late = f"<{endpoint}> did not answer in the time that the query had left"
                raise TooCostly(late, limit="seconds") from error
            seconds = f"no answer within {self.limits.seconds:g} seconds"
            raise EndpointFailure(f"<{endpoint}>: {seconds}") from error
        except (httpcore.NetworkError, ssl.SSLError) as error:
            raise EndpointFailure(f"<{endpoint}>: it cannot be reached, or broke off") from error
        except httpcore.ProtocolError as error:
            raise EndpointFailure(f"<{endpoint}>: its answer is cut or broken") from error
        except EndpointFailure as error:
            raise EndpointFailure(f"<{endpoint}>: {error}") from error.__cause__

    async def _fetch(self, endpoint: str, query: str) -> bytes:
        backend = CheckedBackend(
            self._resolve, is_one_host if self._allowed[endpoint] else is_public
        )
        headers = {
            "Accept": f"{_TYPES[0]}, {_TYPES[1]};q=0.5",
            # An answer that grows when it is unpacked cannot come.
            "Accept-Encoding": "identity",
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": f"kgraph/{version('kgraph')}",
        }
        body = urlencode([("query", query)]).encode()
        async with (
            httpcore.AsyncConnectionPool(self._tls, network_backend=backend) as connections,
            connections.stream(
                "POST", endpoint, headers=list(headers.items()), content=body
            ) as answer,
        ):
            _check_head(answer)
            parts, size = [], 0
            async for part in answer.aiter_stream():
                size += len(part)
                if size > self.limits.answer_bytes:
                    most = f"{self.limits.answer_bytes >> 20} MiB"
                    raise TooCostly(
                        f"the answer of <{endpoint}> is larger than {most}; "
                        "ask for less within SERVICE",
                        limit="bytes",
                    )
                parts.append(part)
            return b"".join(parts)


def _check_head(answer: httpcore.Response) -> None:
    """See that what comes can be an answer. Errors: EndpointFailure, its text is ours alone."""
    if 300 <= answer.status < 400:
        raise EndpointFailure(
            f"it answered with a redirect (status {answer.status}), and none is followed"
        )
    if answer.status != 200:
        raise EndpointFailure(f"it answered with status {answer.status}")
    headers = {name.lower(): value for name, value in answer.headers}
    if headers.get(b"content-encoding", b"identity").strip().lower() not in (b"", b"identity"):
        raise EndpointFailure("its answer is packed, although that was not asked for")
    kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    if kind.decode("latin-1") not in _TYPES:
        raise EndpointFailure("its answer is no SPARQL results in JSON")


def _check_endpoint(endpoint: str) -> None:
    try:
        parts = urlsplit(endpoint)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise BadConfig(f"{endpoint} cannot be asked by SERVICE: {error}") from error
    if not right or not endpoint.isascii() or not endpoint.isprintable():
        raise BadConfig(
            f"{endpoint} cannot be asked by SERVICE: it must be an address with http:// or "
            "https:// and a host, in ASCII"
        )
    if "@" in parts.netloc or "#" in endpoint or "\\" in endpoint:
        raise BadConfig(
            f"{parts.scheme}://…{parts.path} cannot be asked by SERVICE: "
            "no user, password or fragment may be in its address"
        )
