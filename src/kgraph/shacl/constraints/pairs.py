"""sh:equals, sh:disjoint, sh:lessThan and sh:lessThanOrEquals: values of two properties."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from pyoxigraph import Literal, NamedNode

from kgraph.rdf.literals import compare, write_rewritable
from kgraph.rdf.terms import Term
from kgraph.shacl.constraints.readers import Reader, component, iri, need_path
from kgraph.shacl.context import Context
from kgraph.shacl.focus import Focus
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.shapes import Shape, Violation


@dataclass(frozen=True)
class Equals:
    """The value nodes are exactly the values of the other property."""

    other: NamedNode
    component = component("Equals")

    def violations(self, context: Context, shape: Shape, focus: Focus) -> Iterator[Violation]:
        """Give every value that only one side has."""
        text, var = context.answers.where(shape, focus)
        _note_forms(context, shape, f"{text} ?this {self.other} {var}", var, self.component)
        columns = "?this" if var == "?this" else f"?this {var}"
        ours = (
            f"SELECT {columns} WHERE {{ {text} FILTER NOT EXISTS {{ ?this {self.other} {var} }} }}"
        )
        tests = []
        if shape.path is None or shape.path.is_nullable():
            tests.append("FILTER(!sameTerm(?this, ?o_value))")
        if shape.path is not None:
            tests.append(f"FILTER NOT EXISTS {{ ?this {shape.path.sparql()} ?o_value }}")
        theirs = (
            f"SELECT ?this ?o_value WHERE {{ {focus.pattern('?this')} "
            f"?this {self.other} ?o_value . {' '.join(tests)} }}"
        )
        for query in (ours, theirs):
            for row in dict.fromkeys(context.answers.rows(query)):
                if row[0] is not None:
                    yield Violation(row[0], row[-1])


@dataclass(frozen=True)
class Disjoint:
    """No value node is a value of the other property."""

    other: NamedNode
    component = component("Disjoint")

    def violations(self, context: Context, shape: Shape, focus: Focus) -> Iterator[Violation]:
        """Give every value that both sides have."""
        text, var = context.answers.where(shape, focus)
        _note_forms(context, shape, f"{text} ?this {self.other} {var}", var, self.component)
        columns = "?this" if var == "?this" else f"?this {var}"
        query = f"SELECT {columns} WHERE {{ {text} FILTER EXISTS {{ ?this {self.other} {var} }} }}"
        for row in dict.fromkeys(context.answers.rows(query)):
            if row[0] is not None:
                yield Violation(row[0], row[-1])


@dataclass(frozen=True)
class Less:
    """Every value node can be compared with, and is less than, every value of the other."""

    component: NamedNode
    other: NamedNode
    operator: str

    def violations(self, context: Context, shape: Shape, focus: Focus) -> Iterator[Violation]:
        """Give one violation per pair of values that does not hold (SHACL 4.5.3)."""
        text, var = context.answers.where(shape, focus)
        query = (
            f"SELECT ?this {var} ?o_value WHERE {{ {text} ?this {self.other} ?o_value . "
            f"FILTER(!COALESCE({var} {self.operator} ?o_value, false)) }}"
        )
        suspects = [row for row in dict.fromkeys(context.answers.rows(query)) if row[0] is not None]
        decode = context.data.decode
        literals = [
            (decode(v), decode(o)) for _, v, o in suspects if v is not None and o is not None
        ]
        pairs = {
            (value, other)
            for value, other in literals
            if isinstance(value, Literal) and isinstance(other, Literal)
        }
        ordered = list(pairs)
        holds = {
            pair for pair, yes in zip(ordered, compare(ordered, self.operator), strict=True) if yes
        }
        for (this, value, _), pair in zip(suspects, literals, strict=True):
            if this is not None and pair not in holds:
                yield Violation(this, value)


def _note_forms(context: Context, shape: Shape, text: str, var: str, name: NamedNode) -> None:
    """Note that values which are one to an endpoint may have been written in two forms."""
    if not context.data.rewrites:
        return
    query = f"SELECT {var} WHERE {{ {text} FILTER({write_rewritable(var)}) }} LIMIT 1"
    if context.answers.rows(query):
        context.note_undecided(
            shape, name, "Values that the endpoint gives as one may have been written as two."
        )


def _read_equals(graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    shape.constraints += [Equals(iri(shape, "equals", value)) for value in values]


def _read_disjoint(graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    shape.constraints += [Disjoint(iri(shape, "disjoint", value)) for value in values]


def _read_less(
    parameter: str, operator: str, graph: ShapesGraph, shape: Shape, values: list[Term]
) -> None:
    need_path(shape, parameter)
    name = component(parameter[0].upper() + parameter[1:])
    shape.constraints += [Less(name, iri(shape, parameter, value), operator) for value in values]


READERS: dict[str, Reader] = {
    "equals": _read_equals,
    "disjoint": _read_disjoint,
    "lessThan": partial(_read_less, "lessThan", "<"),
    "lessThanOrEquals": partial(_read_less, "lessThanOrEquals", "<="),
}
