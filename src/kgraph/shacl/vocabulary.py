"""The words of SHACL, and shapes that cannot be used."""

from __future__ import annotations

from pyoxigraph import NamedNode

from kgraph.errors import BrokenData
from kgraph.namespaces import SH
from kgraph.rdf.terms import Term

# Before the datatype of a literal that is kept as it was written (see loaded.py).
AS_WRITTEN = "urn:x-as-written:"


def sh(name: str) -> NamedNode:
    """Give the SHACL term of that local name.

    >>> sh("path").value
    'http://www.w3.org/ns/shacl#path'
    """
    return NamedNode(SH + name)


class ShapesError(BrokenData):
    """Shapes that cannot be used: not well-formed, or recursive. `node` is the shape at fault."""

    def __init__(self, message: str, node: Term | None = None) -> None:
        super().__init__(message)
        self.node = node
