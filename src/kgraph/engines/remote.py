"""Any SPARQL 1.1 endpoint as an engine, through SPARQLWrapper."""

from __future__ import annotations

import http.client
import time
from urllib.error import URLError

from pyoxigraph import (
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse,
)
from SPARQLWrapper import JSON, N3, POST, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import EndPointNotFound, QueryBadFormed, SPARQLWrapperException

from kgraph.engines.protocol import Bindings, Rows
from kgraph.engines.remote_request import read_results
from kgraph.errors import BadConfig, BadQuery, EngineFailure
from kgraph.sparql.binding import bind_parameters

CHUNK_BYTES = 1 << 20
RESULTS_TYPE = "application/sparql-results+json"


class RemoteEngine:
    """Answers from an endpoint by POST; `seconds` is how long one answer may take."""

    def __init__(self, address: str, seconds: int) -> None:
        if not address.startswith(("http://", "https://")):
            raise BadConfig(f"{address}: an endpoint's address begins with http:// or https://.")
        self.address = address
        self.seconds = seconds

    def select(self, query: str, bindings: Bindings | None = None) -> Rows:
        """Give all rows of a SELECT query."""
        results = self._results(bind_parameters(query, bindings))
        if not isinstance(results, QuerySolutions):
            raise BadQuery("the query is no SELECT")
        names = tuple(variable.value for variable in results.variables)
        try:
            # Rows are parsed as they are taken out, so a cut in the middle shows only here.
            return Rows(names, [tuple(row) for row in results])
        except SyntaxError as error:
            raise self._failure(f"its answer is cut or broken: {error.msg}") from error

    def ask(self, query: str, bindings: Bindings | None = None) -> bool:
        """Give the answer of an ASK query."""
        results = self._results(bind_parameters(query, bindings))
        if not isinstance(results, QueryBoolean):
            raise BadQuery("the query is no ASK")
        return bool(results)

    def construct(self, query: str, bindings: Bindings | None = None) -> list[Triple]:
        """Give the triples of a CONSTRUCT or DESCRIBE query, in the engine's order."""
        content, media_type = self._fetch(bind_parameters(query, bindings), N3)
        rdf_format = RdfFormat.from_media_type(media_type)
        if rdf_format is None:
            raise self._failure(f"it answered with {media_type or 'no media type'}, not with RDF")
        try:
            return [quad.triple for quad in parse(content, format=rdf_format)]
        except SyntaxError as error:
            raise self._failure(f"its answer is cut or broken: {error.msg}") from error

    def _results(self, query: str) -> QuerySolutions | QueryBoolean:
        content, media_type = self._fetch(query, JSON)
        if media_type not in (RESULTS_TYPE, "application/json"):
            raise self._failure(
                f"it answered with {media_type or 'no media type'}, not {RESULTS_TYPE}"
            )
        try:
            return read_results(content, QueryResultsFormat.JSON)
        except SyntaxError as error:
            raise self._failure(f"its answer is cut or broken: {error.msg}") from error

    def _fetch(self, query: str, wanted: str) -> tuple[bytes, str]:
        """Give the body of the answer and its media type without parameters."""
        wrapper = SPARQLWrapper(self.address)
        wrapper.setMethod(POST)
        wrapper.setReturnFormat(wanted)
        wrapper.setTimeout(self.seconds)
        wrapper.setQuery(query)
        try:
            until = time.monotonic() + self.seconds
            answer = wrapper.query().response
            content = _read_until(answer, until)
        except QueryBadFormed as error:
            raise BadQuery(f"{self.address} refuses the query: {_first_lines(error)}") from error
        except EndPointNotFound as error:
            raise self._failure("there is no endpoint at this address (404)") from error
        except TimeoutError as error:
            raise self._failure(f"no answer within {self.seconds} seconds") from error
        except URLError as error:
            if isinstance(error.reason, TimeoutError):
                raise self._failure(f"no answer within {self.seconds} seconds") from error
            raise self._failure(
                f"it cannot be reached ({_first_lines(error)}); check the address, and that the "
                "server is running"
            ) from error
        except (SPARQLWrapperException, http.client.HTTPException, OSError) as error:
            raise self._failure(_first_lines(error)) from error
        return content, answer.headers.get_content_type()

    def _failure(self, reason: str) -> EngineFailure:
        return EngineFailure(f"{self.address}: {reason}.")


def _read_until(answer: http.client.HTTPResponse, until: float) -> bytes:
    """Give the body; a server that sends a byte now and then does not outlast the time limit."""
    parts = []
    while part := answer.read1(CHUNK_BYTES):
        parts.append(part)
        if time.monotonic() > until:
            raise TimeoutError
    return b"".join(parts)


def _first_lines(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]
