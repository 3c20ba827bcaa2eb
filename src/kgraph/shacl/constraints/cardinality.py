"""sh:minCount and sh:maxCount."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kgraph.shacl.constraints.reading import Reader, component, integer, need_path
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.shapes import Shape, Violation
from kgraph.shacl.terms import Term

if TYPE_CHECKING:
    from kgraph.shacl.evaluation import Run
    from kgraph.shacl.focus import Focus


@dataclass(frozen=True)
class MinCount:
    """There are at least so many value nodes."""

    limit: int
    component = component("MinCount")

    def violations(self, run: Run, shape: Shape, focus: Focus) -> Iterator[Violation]:
        """Give the focus nodes with too few values."""
        assert shape.path is not None
        nullable = shape.path.is_nullable()
        if self.limit <= 0 or (nullable and self.limit == 1):
            return
        reach = f"?this {shape.path.sparql()} ?value"
        if self.limit == 1:
            where = f"{focus.pattern('?this')} FILTER NOT EXISTS {{ {reach} }}"
            query = f"SELECT ?this WHERE {{ {where} }}"
        else:
            text = (
                run.where(shape, focus)[0]
                if nullable
                else f"{focus.pattern('?this')} OPTIONAL {{ {reach} }}"
            )
            query = (
                f"SELECT ?this WHERE {{ {text} }} "
                f"GROUP BY ?this HAVING (COUNT(DISTINCT ?value) < {self.limit})"
            )
        for (this,) in dict.fromkeys(run.rows(query)):
            if this is not None:
                yield Violation(this)


@dataclass(frozen=True)
class MaxCount:
    """There are at most so many value nodes."""

    limit: int
    component = component("MaxCount")

    def violations(self, run: Run, shape: Shape, focus: Focus) -> Iterator[Violation]:
        """Give the focus nodes with too many values."""
        assert shape.path is not None
        text, _ = run.where(shape, focus)
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
        for (this,) in run.rows(query):
            if this is not None:
                yield Violation(this)


def _read_min(graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    need_path(shape, "minCount")
    shape.constraints.append(MinCount(integer(shape, "minCount", values)))


def _read_max(graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    need_path(shape, "maxCount")
    shape.constraints.append(MaxCount(integer(shape, "maxCount", values)))


READERS: dict[str, Reader] = {"minCount": _read_min, "maxCount": _read_max}
