"""Triples passed on to a writer as long as its format can hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast
from xml.etree import ElementTree

from pyoxigraph import NamedNode, Quad, RdfFormat, Triple, serialize

from kgraph.errors import NotAcceptable
from kgraph.rdf.terms import Term

_ANY = NamedNode("urn:x")


#: Triples, or quads, which are passed on as they are.
Graph = Iterable[Triple] | Iterable[Quad]


def check_predicates(graph: Graph, remedy: str) -> Iterator[Triple]:
    """Pass on what RDF/XML can hold. Errors: NotAcceptable with the remedy, for a predicate that
    is no name of an element: one without a local name, or one that the syntax keeps for itself."""
    known: set[NamedNode] = set()
    for each in cast("Iterable[Triple]", graph):
        # A triple within a triple has a predicate of its own.
        inner: Term | Triple | Quad = each
        while isinstance(inner, Triple | Quad):
            if inner.predicate not in known:
                if not _is_element(inner.predicate):
                    raise NotAcceptable(
                        f"the answer has the predicate {inner.predicate}, which RDF/XML cannot "
                        f"write as an element; {remedy}"
                    )
                known.add(inner.predicate)
            inner = inner.object
        yield each


def check_objects(graph: Graph, remedy: str) -> Iterator[Triple]:
    """Pass on what JSON-LD can hold. Errors: NotAcceptable with the remedy for a triple term."""
    for each in cast("Iterable[Triple]", graph):
        if isinstance(each.object, Triple):
            raise NotAcceptable(
                f"the answer has a triple as an object, which JSON-LD cannot hold; {remedy}"
            )
        yield each


def _is_element(predicate: NamedNode) -> bool:
    """Tell whether the writer makes an element of a predicate that a reader takes for it."""
    try:
        content = serialize([Triple(_ANY, predicate, _ANY)], format=RdfFormat.RDF_XML) or b""
        name = ElementTree.fromstring(content)[0][0].tag
    except (OSError, ElementTree.ParseError):
        return False
    return name.replace("{", "", 1).replace("}", "", 1) == predicate.value
