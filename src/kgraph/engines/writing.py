"""Answers written in the format asked for, whichever engine gave them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from pyoxigraph import QueryBoolean, QueryResultsFormat, QuerySolutions, RdfFormat

from kgraph.errors import NotAcceptable

RESULT_FORMATS: dict[str, QueryResultsFormat] = {
    "json": QueryResultsFormat.JSON,
    "xml": QueryResultsFormat.XML,
    "csv": QueryResultsFormat.CSV,
    "tsv": QueryResultsFormat.TSV,
}
GRAPH_FORMATS: dict[str, RdfFormat] = {
    "ttl": RdfFormat.TURTLE,
    "nt": RdfFormat.N_TRIPLES,
    "jsonld": RdfFormat.JSON_LD,
    "rdf": RdfFormat.RDF_XML,
    "trig": RdfFormat.TRIG,
    "nq": RdfFormat.N_QUADS,
}


@dataclass(frozen=True)
class Written:
    """What was written: `kind` is bindings, boolean or graph; `suffix` the format's key."""

    kind: str
    suffix: str


def write_results(
    results: QuerySolutions | QueryBoolean,
    suffix: str | None,
    out: IO[bytes],
    begin_rows: Callable[[str], None],
) -> Written:
    """Write the rows of a SELECT or the answer of an ASK.

    `begin_rows` is told the format before rows are written. Errors: NotAcceptable.
    """
    chosen = accept_suffix(suffix, "rows or a yes or no (SELECT or ASK)")
    if isinstance(results, QueryBoolean) and chosen in ("csv", "tsv"):
        # The standard has no CSV or TSV for ASK; one cell with a header reads well in a sheet.
        out.write(f"_askResult\r\n{str(bool(results)).lower()}\r\n".encode())
        return Written("boolean", chosen)
    if isinstance(results, QueryBoolean):
        results.serialize(out, RESULT_FORMATS[chosen])
        return Written("boolean", chosen)
    begin_rows(chosen)
    results.serialize(out, RESULT_FORMATS[chosen])
    return Written("bindings", chosen)


def accept_suffix(suffix: str | None, what: str) -> str:
    """Give the suffix, if there is one. Errors: NotAcceptable naming what the answer is."""
    if suffix is None:
        raise NotAcceptable(
            f"the answer is {what}, and none of its formats is among those asked for"
        )
    return suffix
