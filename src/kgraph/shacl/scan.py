"""One look at all value nodes of a shape, for every constraint that can judge them one by one.

The query gives only suspects: rows for which some constraint has a doubt. What a constraint doubts
without a graph (datatype, pattern, …) is judged again here, exactly, on the literal as written;
what needs the graph (class, a second value) comes back as a column of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode

from kgraph.rdf.terms import Term
from kgraph.shacl.context import Context
from kgraph.shacl.focus import Focus
from kgraph.shacl.shapes import LocalConstraint, Shape, Violation

Suspect = tuple[Term, Term | None]


def write_scan(context: Context, shape: Shape, focus: Focus) -> str:
    """Write the query: focus, value, and one column per marked constraint."""
    text, var = context.answers.where(shape, focus)
    doubts = [f"({constraint.suspicion(context, var)})" for constraint in shape.local]
    marks = [f"({constraint.mark(context, shape, var)})" for constraint in shape.marked]
    if any(constraint.wants_missing for constraint in shape.marked):
        assert shape.path is not None
        text = f"{focus.pattern('?this')} OPTIONAL {{ ?this {shape.path.sparql()} {var} }}"
        doubts.insert(0, f"!BOUND({var})")
        # With no value at hand, EXISTS would look at the whole graph.
        marks = [f"BOUND({var}) && {mark}" for mark in marks]
    columns = " ".join(f"({mark} AS ?mark{index})" for index, mark in enumerate(marks))
    nodes = "?this" if var == "?this" else f"?this {var}"
    return f"SELECT {nodes} {columns} WHERE {{ {text} FILTER({' || '.join(doubts + marks)}) }}"


def scan(
    context: Context, shape: Shape, focus: Focus
) -> Iterator[tuple[NamedNode, list[Violation], int]]:
    """Give the violations of all local and marked constraints, by component.

    The number counts values left out because an endpoint may have rewritten them.
    """
    rows = dict.fromkeys(context.answers.rows(write_scan(context, shape, focus)))
    first = 1 if shape.path is None else 2
    suspects: list[Suspect] = []
    marked: list[list[Suspect]] = [[] for _ in shape.marked]
    for row in rows:
        this = row[0]
        if this is None:
            continue
        suspect = (this, row[first - 1])
        suspects.append(suspect)
        for pairs, constraint, mark in zip(marked, shape.marked, row[first:], strict=True):
            if _is_true(mark) or (constraint.wants_missing and suspect[1] is None):
                pairs.append(suspect)
    values = {value: context.data.decode(value) for _, value in suspects if value is not None}
    for local in shape.local:
        failing = local.failing(set(values.values()))
        unsure = set()
        if context.data.may_rewrite:
            unsure = {value for value in failing if not local.is_sure(value)}
        bad = failing - unsure
        found = [Violation(t, v) for t, v in suspects if v is not None and values[v] in bad]
        yield local.component, found, len(unsure) + _count_hidden(context, shape, focus, local)
    for constraint, pairs in zip(shape.marked, marked, strict=True):
        if pairs:
            yield constraint.component, list(constraint.of_marked(pairs)), 0


def _count_hidden(context: Context, shape: Shape, focus: Focus, local: LocalConstraint) -> int:
    """Count the values that pass, where those of another form might have been written."""
    text, var = context.answers.where(shape, focus)
    hidden = local.hides(var) if context.data.rewrites else None
    if hidden is None:
        return 0
    query = f"SELECT (COUNT(DISTINCT {var}) AS ?n) WHERE {{ {text} FILTER({hidden}) }}"
    return sum(
        int(row[0].value) for row in context.answers.rows(query) if isinstance(row[0], Literal)
    )


def _is_true(term: Term | None) -> bool:
    return isinstance(term, Literal) and term.value == "true"
