"""Rows of an answer as a page shows them."""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import Literal

from kgraph.engines.protocol import Rows
from kgraph.pages.cells import Cell, show_term
from kgraph.rdf.terms import Term

_LABEL = "Label"


@dataclass(frozen=True)
class Table:
    """Columns in order and rows of cells; None where a variable is unbound."""

    columns: list[str]
    rows: list[list[Cell | None]]


def make_table(answer: Rows | bool) -> Table:
    """Give the table of the rows of a SELECT, or of the one cell of an ASK."""
    if isinstance(answer, bool):
        return Table(["answer"], [[Cell("yes" if answer else "no")]])
    rows = [[None if term is None else show_term(term) for term in row] for row in answer.rows]
    return Table(list(answer.variables), rows)


def join_labels(answer: Rows | bool) -> Table:
    """Give the table with each column `xLabel` in place of `x`, leading where x leads."""
    if isinstance(answer, bool):
        return make_table(answer)
    places = {name: place for place, name in enumerate(answer.variables)}
    labels = {name: places[name + _LABEL] for name in places if name + _LABEL in places}
    shown = [name for name in places if name.removesuffix(_LABEL) not in labels or name in labels]
    rows = [
        [_join(row[places[n]], row[labels[n]] if n in labels else None) for n in shown]
        for row in answer.rows
    ]
    return Table(shown, rows)


def _join(term: Term | None, label: Term | None) -> Cell | None:
    if term is None or not isinstance(label, Literal):
        found = label if term is None else term
        return None if found is None else show_term(found)
    cell = show_term(term)
    return Cell(label.value, cell.path, cell.address, label.language, iri=cell.iri)
