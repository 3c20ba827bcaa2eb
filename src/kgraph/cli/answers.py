"""Answers of queries as text: a table for people, CSV and JSON for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, serialize

from kgraph.engines.protocol import Rows
from kgraph.errors import BadConfig
from kgraph.namespaces import PREFIXES, XSD
from kgraph.rdf.terms import Term

_BY_LENGTH = sorted(PREFIXES.items(), key=lambda entry: -len(entry[1]))


def write_table(rows: Rows) -> str:
    """Give the rows in columns, IRIs shortened, and their number below."""
    cells = [[f"?{name}" for name in rows.variables]]
    cells += [[_shorten(term) for term in row] for row in rows.rows]
    widths = [max(len(row[at]) for row in cells) for at in range(len(rows.variables))]
    lines = [
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    count = len(rows.rows)
    return "\n".join([*lines, f"{count} row{'' if count == 1 else 's'}", ""])


def write_csv(rows: Rows) -> str:
    """Give the rows as the SPARQL 1.1 CSV results format has them."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(rows.variables)
    for row in rows.rows:
        writer.writerow([_plain(term) for term in row])
    return out.getvalue()


def write_json(rows: Rows) -> str:
    """Give the rows as the SPARQL 1.1 JSON results format has them."""
    bindings = [
        {name: _json(term) for name, term in zip(rows.variables, row, strict=True) if term}
        for row in rows.rows
    ]
    document = {"head": {"vars": list(rows.variables)}, "results": {"bindings": bindings}}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


#: --format -> the writer of rows.
WRITERS: dict[str, Callable[[Rows], str]] = {
    "table": write_table,
    "csv": write_csv,
    "json": write_json,
}


def write_answer(answer: Rows | bool | list[Triple], name: str) -> str:
    """Give the answer of a query of any kind. Errors: BadConfig for a graph as CSV."""
    if isinstance(answer, Rows):
        return WRITERS[name](answer)
    if isinstance(answer, bool):
        document = json.dumps({"head": {}, "boolean": answer}) if name == "json" else None
        return f"{document or str(answer).lower()}\n"
    if name == "csv":
        raise BadConfig("the answer is a graph, which is no CSV; take --format table or json.")
    rdf_format = RdfFormat.JSON_LD if name == "json" else RdfFormat.TURTLE
    quads = (Quad(t.subject, t.predicate, t.object) for t in answer)
    return (serialize(quads, format=rdf_format, prefixes=PREFIXES) or b"").decode()


def _shorten(term: Term | None) -> str:
    if isinstance(term, NamedNode):
        for prefix, iri in _BY_LENGTH:
            if term.value.startswith(iri):
                return f"{prefix}:{term.value[len(iri) :]}"
        return f"<{term.value}>"
    return _plain(term).replace("\n", " ")


def _plain(term: Term | None) -> str:
    if term is None:
        return ""
    if isinstance(term, NamedNode | Literal):
        return term.value
    return str(term)


def _json(term: Term) -> dict[str, Any]:
    if isinstance(term, NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, BlankNode):
        return {"type": "bnode", "value": term.value}
    if isinstance(term, Triple):
        parts = {"subject": term.subject, "predicate": term.predicate, "object": term.object}
        return {"type": "triple", "value": {name: _json(part) for name, part in parts.items()}}
    found = {"type": "literal", "value": term.value}
    if term.language:
        found["xml:lang"] = term.language
    elif term.datatype.value != f"{XSD}string":
        found["datatype"] = term.datatype.value
    return found
