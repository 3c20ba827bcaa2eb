"""Answers of queries as text for people: a table, a yes or no, or Turtle with prefixes."""

from __future__ import annotations

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

from kgraph.engines.protocol import Rows
from kgraph.names import shorten
from kgraph.namespaces import PREFIXES
from kgraph.rdf.terms import Term


def write_table(rows: Rows) -> str:
    """Give the rows in columns, IRIs shortened, and their number below."""
    cells = [[f"?{name}" for name in rows.variables]]
    cells += [[_show(term) for term in row] for row in rows.rows]
    widths = [max(len(row[at]) for row in cells) for at in range(len(rows.variables))]
    lines = [
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    count = len(rows.rows)
    return "\n".join([*lines, f"{count} row{'' if count == 1 else 's'}", ""])


def write_answer(answer: Rows | bool | list[Triple]) -> str:
    """Give the answer of a query of any kind."""
    if isinstance(answer, Rows):
        return write_table(answer)
    if isinstance(answer, bool):
        return f"{str(answer).lower()}\n"
    return (serialize(answer, format=RdfFormat.TURTLE, prefixes=PREFIXES) or b"").decode()


def _show(term: Term | None) -> str:
    if term is None:
        return ""
    if isinstance(term, NamedNode):
        return shorten(term.value)
    text = term.value if isinstance(term, Literal) else str(term)
    return text.replace("\n", " ")
