"""Answers written in the format asked for: the one set of writers, whichever engine gave them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import IO, cast

from pyoxigraph import (
    Literal,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    serialize,
)

from kgraph.engines.graph_checks import Graph, check_objects, check_predicates
from kgraph.engines.preview import PREVIEW, write_preview
from kgraph.engines.xml_file import XmlFile
from kgraph.errors import NotAcceptable
from kgraph.formats import GRAPH_TYPES, RESULT_TYPES, MediaType

RESULT_FORMATS: dict[str, QueryResultsFormat] = {
    suffix: getattr(QueryResultsFormat, each.pyoxigraph) for suffix, each in RESULT_TYPES.items()
}
GRAPH_FORMATS: dict[str, RdfFormat] = {
    suffix: getattr(RdfFormat, each.pyoxigraph) for suffix, each in GRAPH_TYPES.items()
}
_ROWS_AT_A_TIME = 256
_VALUED = frozenset((NamedNode, Literal))


@dataclass(frozen=True)
class Written:
    """What was written: `kind` is bindings, boolean or graph; `suffix` the format's key."""

    kind: str
    suffix: str


def write_results(
    results: QuerySolutions | QueryBoolean,
    suffix: str | None,
    out: IO[bytes],
    begin_rows: Callable[[str], None] = lambda _: None,
) -> Written:
    """Write the rows of a SELECT or the answer of an ASK.

    `begin_rows` is told the format before rows are written. Errors: NotAcceptable when no format
    is given, or the one given cannot hold a value.
    """
    chosen = accept_suffix(suffix, "rows or a yes or no (SELECT or ASK)")
    if chosen == PREVIEW:
        write_preview(results, out)
        return Written("boolean" if isinstance(results, QueryBoolean) else "bindings", chosen)
    if isinstance(results, QueryBoolean):
        if chosen in ("csv", "tsv"):
            # The standard has no CSV or TSV for ASK; one cell with a header reads well in a sheet.
            out.write(f"_askResult\r\n{str(bool(results)).lower()}\r\n".encode())
        else:
            results.serialize(out, RESULT_FORMATS[chosen])
        return Written("boolean", chosen)
    begin_rows(chosen)
    if chosen == "csv":
        _write_csv(results, out)
    elif chosen == "xml":
        file = cast(IO[bytes], XmlFile(out, _advise(RESULT_TYPES, "xml")))
        results.serialize(file, RESULT_FORMATS[chosen])
    else:
        results.serialize(out, RESULT_FORMATS[chosen])
    return Written("bindings", chosen)


def write_graph(graph: Graph, suffix: str | None, out: IO[bytes]) -> Written:
    """Write triples or quads, in their order and without prefixes.

    Errors: NotAcceptable when no format is given, or the one given cannot hold a term.
    """
    chosen = accept_suffix(suffix, "a graph (CONSTRUCT or DESCRIBE)")
    if chosen == "rdf":
        remedy = _advise(GRAPH_TYPES, "rdf")
        file = cast(IO[bytes], XmlFile(out, remedy))
        serialize(check_predicates(graph, remedy), file, GRAPH_FORMATS[chosen])
    elif chosen == "jsonld":
        remedy = _advise(GRAPH_TYPES, "jsonld")
        serialize(check_objects(graph, remedy), out, GRAPH_FORMATS[chosen])
    elif isinstance(graph, QueryTriples):
        graph.serialize(out, GRAPH_FORMATS[chosen])
    else:
        serialize(graph, out, GRAPH_FORMATS[chosen])
    return Written("graph", chosen)


def accept_suffix(suffix: str | None, what: str) -> str:
    """Give the suffix, if there is one. Errors: NotAcceptable naming what the answer is."""
    if suffix is None:
        raise NotAcceptable(
            f"the answer is {what}, and none of its formats is among those asked for"
        )
    return suffix


def _write_csv(results: QuerySolutions, out: IO[bytes]) -> None:
    """Write the values of rows, quoted where they need it (SPARQL 1.1 CSV, section 3.2; RFC 4180).

    pyoxigraph's own writer, some three times as fast, quotes no IRI: one with a comma would be two
    cells. A row of one unbound cell is `""`, not an empty line, which readers skip.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(variable.value for variable in results.variables)
    rows = (
        [t if t is None else t.value if type(t) in _VALUED else str(t) for t in row]
        for row in results
    )
    while True:
        batch = list(islice(rows, _ROWS_AT_A_TIME))
        writer.writerows(batch)
        out.write(text.getvalue().encode())
        if len(batch) < _ROWS_AT_A_TIME:
            return
        text.seek(0)
        text.truncate()


def _advise(formats: Mapping[str, MediaType], *but: str) -> str:
    """Say which formats to take instead of some."""
    *most, last = (f"{each.label} ({name})" for name, each in formats.items() if name not in but)
    return f"take {', '.join(most)} or {last}"
