"""sh:minInclusive, sh:minExclusive, sh:maxInclusive and sh:maxExclusive."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from pyoxigraph import Literal, NamedNode

from kgraph.rdf.literals import compare
from kgraph.rdf.terms import Term
from kgraph.shacl.constraints.readers import Reader, complain, component, only
from kgraph.shacl.context import Context
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.shapes import Shape

# Parameter to the operator that must hold between value and limit.
OPERATORS = {
    "minExclusive": ">",
    "minInclusive": ">=",
    "maxExclusive": "<",
    "maxInclusive": "<=",
}


@dataclass(frozen=True)
class Range:
    """The value can be compared with the limit and lies on the right side of it."""

    component: NamedNode
    operator: str
    limit: Literal

    def suspicion(self, context: Context, var: str) -> str:
        """Suspect what does not compare as it should, and all coded literals."""
        return f"!COALESCE({var} {self.operator} {self.limit}, false)"

    def failing(self, values: set[Term]) -> set[Term]:
        """Compare again, as literals with values."""
        literals = [value for value in values if isinstance(value, Literal)]
        holds = compare(((literal, self.limit) for literal in literals), self.operator)
        return values - {literal for literal, yes in zip(literals, holds, strict=True) if yes}

    def is_sure(self, value: Term) -> bool:
        """Every form of a value gives the same answer."""
        return True

    def hides(self, var: str) -> str | None:
        """Forms of one value compare alike."""
        return None


def _read(parameter: str, graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    limit = only(shape, parameter, values)
    if not isinstance(limit, Literal):
        raise complain(shape, parameter, "a literal", limit)
    name = component(parameter[0].upper() + parameter[1:])
    shape.local.append(Range(name, OPERATORS[parameter], limit))


READERS: dict[str, Reader] = {name: partial(_read, name) for name in OPERATORS}
