"""Triples passed on to a writer as long as its format can hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast
from xml.etree import ElementTree

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse, serialize

from kgraph.errors import NotAcceptable
from kgraph.namespaces import RDF
from kgraph.rdf.terms import Term

_TYPE = NamedNode(f"{RDF}type")
_ANY, _NOTHING = NamedNode("urn:x:y"), Literal("")


#: Triples, or quads, which are passed on as they are.
Graph = Iterable[Triple] | Iterable[Quad]


def check_predicates(graph: Graph, remedy: str) -> Iterator[Triple]:
    """Pass on what RDF/XML can hold. Errors: NotAcceptable with the remedy, for a predicate or
    class that is no name of an element: without a local name, or kept by the syntax for itself."""
    # Predicates, and classes.
    known: tuple[set[NamedNode], set[NamedNode]] = (set(), set())
    for each in cast("Iterable[Triple]", graph):
        # A triple within a triple has a predicate of its own.
        inner: Term | Triple | Quad = each
        while isinstance(inner, Triple | Quad):
            value = inner.object
            # A class becomes an element too.
            is_class = inner.predicate == _TYPE and isinstance(value, NamedNode)
            name = cast(NamedNode, value) if is_class else inner.predicate
            if name not in known[is_class]:
                if not _is_element(Triple(_ANY, inner.predicate, value if is_class else _NOTHING)):
                    raise NotAcceptable(
                        f"the answer has the {'class' if is_class else 'predicate'} {name}, which "
                        f"RDF/XML cannot write as an element; {remedy}"
                    )
                known[is_class].add(name)
            inner = value
        yield each


def check_objects(graph: Graph, remedy: str) -> Iterator[Triple]:
    """Pass on what JSON-LD can hold. Errors: NotAcceptable with the remedy for a triple term."""
    for each in cast("Iterable[Triple]", graph):
        if isinstance(each.object, Triple):
            raise NotAcceptable(
                f"the answer has a triple as an object, which JSON-LD cannot hold; {remedy}"
            )
        yield each


def _is_element(triple: Triple) -> bool:
    """Tell whether what the writer makes of a triple is XML that a reader takes for it."""
    try:
        content = serialize([triple], format=RdfFormat.RDF_XML) or b""
        ElementTree.fromstring(content)
        return [quad.triple for quad in parse(content, format=RdfFormat.RDF_XML)] == [triple]
    except (OSError, SyntaxError):
        return False
