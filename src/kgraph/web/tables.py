"""Answers as pages show them: terms shortened by their prefixes, literals with their language."""

from __future__ import annotations

import json
from dataclasses import dataclass

from kgraph.engines.answer import Answer
from kgraph.namespaces import PREFIXES

_NAMES = {iri: prefix for prefix, iri in PREFIXES.items()}


@dataclass(frozen=True)
class Cell:
    """One cell: the text shown, the IRI it links to, the language it is in."""

    text: str
    iri: str | None = None
    language: str | None = None


@dataclass(frozen=True)
class Table:
    """Columns in order and rows of cells; None where a variable is unbound."""

    columns: list[str]
    rows: list[list[Cell | None]]


def read_table(answer: Answer) -> Table:
    """Read an answer in SPARQL's JSON: the rows of a SELECT, or the one cell of an ASK."""
    content = json.loads(answer.body)
    if "boolean" in content:
        return Table(["answer"], [[Cell("yes" if content["boolean"] else "no")]])
    columns = content["head"]["vars"]
    rows = [
        [_cell(binding[name]) if name in binding else None for name in columns]
        for binding in content["results"]["bindings"]
    ]
    return Table(columns, rows)


def join_labels(table: Table) -> Table:
    """Give the table with each column `xLabel` shown in place of `x`, linked to x's IRI."""
    places = {name: place for place, name in enumerate(table.columns)}
    labels = {n: places[f"{n}Label"] for n in table.columns if f"{n}Label" in places}
    shown = [n for n in table.columns if not (n.endswith("Label") and n[:-5] in labels)]
    rows = [
        [_join(row[places[n]], row[labels[n]] if n in labels else None) for n in shown]
        for row in table.rows
    ]
    return Table(shown, rows)


def shorten(iri: str) -> str:
    """Write an IRI with its prefix where the table has one, else in full.

    >>> shorten("https://w3id.org/munirel/id/authority/duesseldorf")
    'authority:duesseldorf'
    """
    cut = max(iri.rfind("/"), iri.rfind("#")) + 1
    prefix = _NAMES.get(iri[:cut])
    return f"{prefix}:{iri[cut:]}" if prefix and iri[cut:] else iri


def _join(cell: Cell | None, label: Cell | None) -> Cell | None:
    if label is None:
        return cell
    return Cell(label.text, cell.iri if cell else None, label.language)


def _cell(term: dict[str, str]) -> Cell:
    if term["type"] == "uri":
        return Cell(shorten(term["value"]), iri=term["value"])
    if term["type"] == "bnode":
        return Cell(f"_:{term['value']}")
    return Cell(str(term["value"]), language=term.get("xml:lang"))
