"""The words of SHACL and RDF that the validator reads, and how a term is written in SPARQL."""

from __future__ import annotations

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kgraph.errors import BrokenData

Term = NamedNode | BlankNode | Literal | Triple

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SH = "http://www.w3.org/ns/shacl#"
# Before the datatype of a literal that is kept as it was written (see loaded.py).
AS_WRITTEN = "urn:x-as-written:"

RDF_TYPE = NamedNode(RDF + "type")
RDF_FIRST = NamedNode(RDF + "first")
RDF_REST = NamedNode(RDF + "rest")
RDF_NIL = NamedNode(RDF + "nil")
RDF_LANG_STRING = NamedNode(RDF + "langString")
RDFS_CLASS = NamedNode(RDFS + "Class")
RDFS_SUBCLASS = NamedNode(RDFS + "subClassOf")
OWL_CLASS = NamedNode(OWL + "Class")
OWL_IMPORTS = NamedNode(OWL + "imports")
XSD_STRING = NamedNode(XSD + "string")
XSD_BOOLEAN = NamedNode(XSD + "boolean")
XSD_INTEGER = NamedNode(XSD + "integer")


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


def show(term: Term | None) -> str:
    """Write a term for a message: N-Triples notation.

    >>> show(sh("path"))
    '<http://www.w3.org/ns/shacl#path>'
    """
    return "nothing" if term is None else str(term)


def sort_key(term: object) -> tuple[int, str]:
    """Order of terms in a report: none, IRIs, literals, blank nodes, each by its text."""
    if term is None:
        return (0, "")
    rank = {NamedNode: 1, Literal: 2, BlankNode: 3}.get(type(term), 4)
    return (rank, str(term))
