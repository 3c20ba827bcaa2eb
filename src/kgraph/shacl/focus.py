"""Sets of focus nodes, described by a graph pattern and never listed one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyoxigraph import NamedNode

from kgraph.shacl.paths import Path

# Stands for the variable in the text of a pattern; no query holds this character.
HOLE = "\x00"


@dataclass(frozen=True)
class Focus:
    """A set of nodes. `text` is a graph pattern with HOLE for the variable.

    `is_distinct` says that the pattern gives each node once; `depth` counts the steps from a
    target and keeps variable names apart. `is_portable` says that the pattern gives the same
    nodes in the view as valued: there are no literals among them and no node sets in the text.
    """

    text: str
    is_distinct: bool
    depth: int = 0
    is_portable: bool = False
    # The predicates in the text, known where it is portable.
    predicates: frozenset[NamedNode] = frozenset()

    def pattern(self, var: str) -> str:
        """Write the pattern for a variable such as `?this`."""
        return self.text.replace(HOLE, var)

    def distinct(self, var: str) -> str:
        """Write a pattern that gives each node exactly once."""
        text = self.pattern(var)
        return text if self.is_distinct else f"{{ SELECT DISTINCT {var} WHERE {{ {text} }} }}"

    def reaching(self, path: Path, start: str, end: str) -> str:
        """Write the pattern of these nodes as `start` and what they reach as `end`.

        A node that is in no triple still reaches itself by `p*` (SHACL 2.3.1.4), but a SPARQL
        variable on both sides of `p*` ranges over the nodes of the graph only: hence the UNION.
        """
        steps = f"{self.pattern(start)} {start} {path.sparql()} {end} ."
        if path.is_nullable():
            return f"{{ {self.pattern(start)} BIND({start} AS {end}) }} UNION {{ {steps} }}"
        return steps

    def reached_by(self, path: Path) -> Focus:
        """Give the set of all nodes that these nodes reach."""
        steps = self.reaching(path, f"?f{self.depth}", HOLE)
        text = f"{{ SELECT DISTINCT {HOLE} WHERE {{ {steps} }} }}"
        return Focus(text, is_distinct=True, depth=self.depth + 1)


def focus_of(
    pattern: Callable[[str], str], is_distinct: bool = True, is_portable: bool = False
) -> Focus:
    """Give the set described by a function from variable to pattern."""
    return Focus(pattern(HOLE), is_distinct, is_portable=is_portable)
