"""Terms as pyoxigraph has them, the words of RDF, RDFS, OWL and XSD, and how terms are ordered."""

from __future__ import annotations

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kgraph.namespaces import OWL, RDF, RDFS, XSD

Term = NamedNode | BlankNode | Literal | Triple

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


def show(term: Term | None) -> str:
    """Write a term for a message: N-Triples notation.

    >>> show(RDF_TYPE)
    '<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>'
    """
    return "nothing" if term is None else str(term)


def sort_key(term: object) -> tuple[int, str]:
    """Order of terms in a report: none, IRIs, literals, blank nodes, each by its text."""
    if term is None:
        return (0, "")
    rank = {NamedNode: 1, Literal: 2, BlankNode: 3}.get(type(term), 4)
    return (rank, str(term))
