"""sh:minCount and sh:maxCount."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kgraph.rdf.terms import Term
from kgraph.shacl.constraints.readers import Reader, component, integer, need_path
from kgraph.shacl.context import Context
from kgraph.shacl.focus import Focus
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.shapes import Shape, Violation


@dataclass(frozen=True)
class MinCount:
    """There are at least so many value nodes."""

    limit: int
    component = component("MinCount")

    def violations(self, context: Context, shape: Shape, focus: Focus) -> Iterator[Violation]:
        """Give the focus nodes with too few values."""
        assert shape.path is not None
        if self.limit <= 0:
            return
        # A path that may be empty leads somewhere from every node.
        text = (
            context.answers.where(shape, focus)[0]
            if shape.path.is_nullable()
            else f"{focus.pattern('?this')} OPTIONAL {{ ?this {shape.path.sparql()} ?value }}"
        )
        query = (
            f"SELECT ?this WHERE {{ {text} }} "
            f"GROUP BY ?this HAVING (COUNT(DISTINCT ?value) < {self.limit})"
        )
        for (this,) in dict.fromkeys(context.answers.rows(query)):
            if this is not None:
                yield Violation(this)


@dataclass(frozen=True)
class AtLeast:
    """There is a value node, or two: a missing value is seen without a mark."""

    limit: int
    component = component("MinCount")
    wants_missing = True

    def mark(self, context: Context, shape: Shape, var: str) -> str:
        """Mark the value that stands alone where two are wanted."""
        assert shape.path is not None
        if self.limit == 1:
            return "false"
        other = f"?this {shape.path.sparql()} ?second"
        return f"NOT EXISTS {{ {other} FILTER(!sameTerm(?second, {var})) }}"

    def of_marked(self, found: list[tuple[Term, Term | None]]) -> Iterator[Violation]:
        """Give one violation per focus node."""
        for this, _ in found:
            yield Violation(this)


@dataclass(frozen=True)
class AtMostOne:
    """There is no second value node: sh:maxCount 1 on one property."""

    component = component("MaxCount")
    wants_missing = False

    def mark(self, context: Context, shape: Shape, var: str) -> str:
        """Mark values beside which there is another."""
        assert shape.path is not None
        other = f"?this {shape.path.sparql()} ?second"
        return f"EXISTS {{ {other} FILTER(!sameTerm(?second, {var})) }}"

    def of_marked(self, found: list[tuple[Term, Term | None]]) -> Iterator[Violation]:
        """Give one violation per focus node."""
        for this in dict.fromkeys(this for this, _ in found):
            yield Violation(this)


@dataclass(frozen=True)
class MaxCount:
    """There are at most so many value nodes."""

    limit: int
    component = component("MaxCount")

    def violations(self, context: Context, shape: Shape, focus: Focus) -> Iterator[Violation]:
        """Give the focus nodes with too many values."""
        assert shape.path is not None
        text, _ = context.answers.where(shape, focus)
        if self.limit <= 0:
            query = f"SELECT DISTINCT ?this WHERE {{ {text} }}"
        else:
            # A triple is there once, so a plain property needs no DISTINCT, which is slower.
            plain = shape.path.kind == "predicate" and focus.is_distinct
            counted = "?value" if plain else "DISTINCT ?value"
            query = (
                f"SELECT ?this WHERE {{ {text} }} "
                f"GROUP BY ?this HAVING (COUNT({counted}) > {self.limit})"
            )
        for (this,) in context.answers.rows(query):
            if this is not None:
                yield Violation(this)


def _read_min(graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    need_path(shape, "minCount")
    limit = integer(shape, "minCount", values)
    assert shape.path is not None
    is_plain = shape.path.kind == "predicate"
    if (limit == 1 and not shape.path.is_nullable()) or (limit == 2 and is_plain):
        shape.marked.append(AtLeast(limit))
    else:
        shape.constraints.append(MinCount(limit))


def _read_max(graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    need_path(shape, "maxCount")
    limit = integer(shape, "maxCount", values)
    if limit == 1 and shape.path is not None and shape.path.kind == "predicate":
        shape.marked.append(AtMostOne())
    else:
        shape.constraints.append(MaxCount(limit))


READERS: dict[str, Reader] = {"minCount": _read_min, "maxCount": _read_max}
