"""The answer of an endpoint as a table within a query: SPARQL's JSON becomes a VALUES block."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode

from kgraph.errors import EndpointFailure, TooCostly
from kgraph.rdf.terms import Term

#: The function that makes blank nodes of a table, in which they stand as IRIs.
BLANK = NamedNode("urn:x-kgraph:blank")
_LABEL = f"{BLANK.value}:"


class OutsideAnswer(NamedTuple):
    """What an endpoint answered to the SERVICE clause from `start` to `end`.

    `content` is its JSON, packed; None where it failed and the clause says SILENT. `columns` are
    the variables the clause can bind. It goes to a worker as a list in JSON.
    """

    start: int
    end: int
    endpoint: str
    columns: Sequence[str]
    content: str | None
    silent: bool
    most_rows: int


def pack(content: bytes) -> str:
    """Give an answer as a short text, which waits and travels lightly; it takes a while."""
    return base64.b64encode(zlib.compress(content, 1)).decode("ascii")


class _Broken(Exception):
    """The answer is not what SPARQL's JSON is; its text says why."""


def write_table(answer: OutsideAnswer, number: int) -> str:
    """Give the rows of an answer as a part of a query; `number` tells its blank nodes from others.

    A column that the clause does not have is left out, one that the answer does not have is
    unbound. A failure of a SILENT clause is one row that binds nothing (SPARQL 1.1 Federated Query,
    section 2.3).
    Errors: EndpointFailure when the answer cannot be read; TooCostly for too many rows.
    """
    try:
        rows = [{}] if answer.content is None else _read_rows(answer.content)
        if len(rows) > answer.most_rows:
            raise TooCostly(
                f"the answer of <{answer.endpoint}> has more than {answer.most_rows:,} rows; "
                "ask for less within SERVICE",
                limit="rows",
            )
        cells = [[_read_cell(row, name, number) for name in answer.columns] for row in rows]
    except _Broken as error:
        if not answer.silent:
            raise EndpointFailure(f"<{answer.endpoint}>: {error}") from error
        cells = [[None] * len(answer.columns)]
    return _write(answer.columns, cells)


def restore_blank(*terms: Term) -> Term:
    """Give the blank node that an IRI of a table stands for; any other term as it is."""
    (term,) = terms
    if isinstance(term, NamedNode) and term.value.startswith(_LABEL):
        return BlankNode(term.value.removeprefix(_LABEL))
    return term


def _read_rows(packed: str) -> list[dict[str, Any]]:
    content = zlib.decompress(base64.b64decode(packed))
    try:
        rows = json.loads(content.decode())["results"]["bindings"]
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise _Broken("its answer is cut, or no SPARQL results in JSON") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _Broken("its answer is no SPARQL results in JSON")
    return rows


def _read_cell(row: dict[str, Any], name: str, number: int) -> Term | None:
    """Give a term, checked so that its text is a term and nothing else; None where unbound."""
    if name not in row:
        return None
    try:
        return _read_term(row[name], number)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _Broken(f"its answer has a value of ?{name} that is no RDF term") from error


def _read_term(term: dict[str, Any], number: int) -> Term:
    kind, value = term["type"], term["value"]
    if not isinstance(value, str):
        raise TypeError(value)
    if kind == "uri" and not value.startswith(_LABEL):
        return NamedNode(value)
    if kind == "bnode":
        # Any label will do that is the same for the same node; hexadecimal is always one.
        return NamedNode(f"{_LABEL}s{number}x{value.encode().hex()}")
    if kind not in ("literal", "typed-literal") or "its:dir" in term:
        raise ValueError(kind)
    if "xml:lang" in term:
        return Literal(value, language=term["xml:lang"])
    return Literal(value, datatype=NamedNode(term["datatype"]) if "datatype" in term else None)


def _write(columns: Sequence[str], cells: list[list[Term | None]]) -> str:
    blank = {
        at
        for row in cells
        for at, term in enumerate(row)
        if isinstance(term, NamedNode) and term.value.startswith(_LABEL)
    }
    plain = "_".join(["plain", *columns])
    heads = [f"?{plain}_{at}" if at in blank else f"?{name}" for at, name in enumerate(columns)]
    rows = (" ".join("UNDEF" if term is None else str(term) for term in row) for row in cells)
    table = f"VALUES ({' '.join(heads)}) {{ {' '.join(f'({row})' for row in rows)} }}"
    if not blank:
        return table
    shown = (
        f"({BLANK}({head}) AS ?{name})" if at in blank else head
        for at, (head, name) in enumerate(zip(heads, columns, strict=True))
    )
    return f"{{ SELECT {' '.join(shown)} WHERE {{ {table} }} }}"
