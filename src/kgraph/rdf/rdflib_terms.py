"""Terms of rdflib as terms of pyoxigraph, and back."""

from __future__ import annotations

import rdflib
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple
from rdflib.term import Node

from kgraph.errors import EngineFailure


def from_rdflib(term: Node | None) -> NamedNode | BlankNode | Literal | None:
    """Give a term of rdflib as pyoxigraph's; None stays None. Errors: EngineFailure."""
    if term is None:
        return None
    if isinstance(term, rdflib.URIRef):
        return NamedNode(str(term))
    if isinstance(term, rdflib.BNode):
        return BlankNode(str(term))
    if isinstance(term, rdflib.Literal):
        if term.language:
            return Literal(str(term), language=term.language)
        return Literal(str(term), datatype=NamedNode(str(term.datatype)) if term.datatype else None)
    raise EngineFailure(f"{term!r} is no term of RDF 1.1")


def to_rdflib(term: NamedNode | BlankNode | Literal | Triple) -> Node:
    """Give a term of pyoxigraph as rdflib's. Errors: EngineFailure for a triple term."""
    if isinstance(term, NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, BlankNode):
        return rdflib.BNode(term.value)
    if isinstance(term, Literal):
        if term.language:
            return rdflib.Literal(term.value, lang=term.language)
        # RDF 1.1 (section 3.3) knows one string, rdflib two: a query's "DE" finds the plain one.
        is_plain = term.datatype.value == str(rdflib.XSD.string)
        return rdflib.Literal(
            term.value, datatype=None if is_plain else rdflib.URIRef(term.datatype.value)
        )
    raise EngineFailure(f"{term} is no term of RDF 1.1")


def load_dataset(quads: list[Quad]) -> rdflib.Dataset:
    """Give an rdflib data set with the quads' default and named graphs kept."""
    dataset = rdflib.Dataset()
    for quad in quads:
        named = quad.graph_name
        graph = dataset.default_graph
        if not isinstance(named, DefaultGraph):
            graph = dataset.graph(rdflib.URIRef(named.value))
        graph.add((to_rdflib(quad.subject), to_rdflib(quad.predicate), to_rdflib(quad.object)))
    return dataset
