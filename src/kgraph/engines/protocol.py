"""What every engine can do: answer one read-only SPARQL query.

Terms are pyoxigraph's (`NamedNode`, `BlankNode`, `Literal`), whichever engine answered, so that no
caller needs to know which one it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pyoxigraph import Literal, NamedNode

from kgraph.rdf.terms import Term

Row = tuple[Term | None, ...]
Bindings = Mapping[str, NamedNode | Literal]


@dataclass(frozen=True)
class Rows:
    """The answer of a SELECT: the columns in order of appearance, and one tuple per row."""

    variables: tuple[str, ...]
    rows: list[Row]


class Engine(Protocol):
    """A place where a SPARQL query is evaluated.

    `bindings` are terms that become a VALUES row of the query (`kgraph.sparql.binding`), never
    pasted into the text by the caller. A blank node cannot be bound: no query can name one.
    Errors: BadQuery when the text is no query; EngineFailure when the engine could not answer.
    """

    def select(self, query: str, bindings: Bindings | None = None) -> Rows:
        """Give all rows of a SELECT query."""
        ...

    def ask(self, query: str, bindings: Bindings | None = None) -> bool:
        """Give the answer of an ASK query."""
        ...
