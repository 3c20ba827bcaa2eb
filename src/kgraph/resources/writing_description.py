"""A description written as RDF."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, serialize

from kgraph.engines.writing import GRAPH_FORMATS
from kgraph.errors import NotAcceptable
from kgraph.namespaces import PREFIXES, RDFS, VOCABULARIES
from kgraph.rdf.terms import Term
from kgraph.resources.addresses import find_document
from kgraph.resources.description import Description

_TOPIC = NamedNode(f"{VOCABULARIES['foaf']}primaryTopic")
_COMMENT = NamedNode(f"{RDFS}comment")
#: Formats that say in which graph a statement stands.
_WITH_GRAPHS = ("trig", "nq")


def write_description(description: Description, suffix: str) -> bytes:
    """Give a description in a format of graphs.

    Out: its statements, the first statements that point to the thing, and the names of all that is
    named; in TriG and N-Quads each statement about the thing in the graphs that hold it, once for
    each. Where there are more statements than are given, a comment on the document says so.
    Errors: NotAcceptable where a format cannot hold what there is to say.
    """
    chosen = GRAPH_FORMATS[suffix]
    quads = list(_list_sourced(description) if suffix in _WITH_GRAPHS else _list_plain(description))
    try:
        written = serialize(quads, format=chosen, prefixes=_find_prefixes(quads, chosen))
    except (OSError, ValueError) as error:
        raise NotAcceptable(
            f"this description cannot be written as {chosen.name}: {error}; take N-Triples"
        ) from error
    assert written is not None
    return written


def _list_sourced(description: Description) -> Iterator[Quad]:
    """Yield the statements graph by graph, then what stands around them."""
    statements = description.statements
    for graph in description.graphs:
        for each in statements:
            if graph in each.graphs:
                yield Quad(each.subject, each.predicate, each.object, graph)
    said = {each.triple for each in statements if each.graphs}
    bare = [each.triple for each in statements if not each.graphs]
    around = dict.fromkeys([*bare, *_list_around(description)])
    yield from (_unsourced(each) for each in around if each not in said)


def _list_plain(description: Description) -> Iterator[Quad]:
    said = [each.triple for each in description.statements]
    return (_unsourced(each) for each in dict.fromkeys([*said, *_list_around(description)]))


def _list_around(description: Description) -> Iterator[Triple]:
    """Yield what points to the thing, the names of what is named, and the document itself."""
    for subject, predicate in description.references.rows:
        yield Triple(subject, predicate, description.resource)
    for thing, names in description.labels.names.items():
        yield from (Triple(thing, prop, name) for prop, name in names)
    document = find_document(description.resource)
    if document != description.resource:
        yield Triple(document, _TOPIC, description.resource)
    for text in say_cuts(description):
        yield Triple(document, _COMMENT, Literal(text, language="en"))


def say_cuts(description: Description) -> Iterator[str]:
    """Yield a sentence for each part of a description that is not whole."""
    shown, total = len(description.references.rows), description.references.total
    if description.is_cut:
        yield f"More is said about this than the {len(description.statements):,} statements given."
    if shown < total:
        yield f"Of {total:,} statements that refer to this, {shown:,} are given."


def _unsourced(triple: Triple) -> Quad:
    return Quad(triple.subject, triple.predicate, triple.object)


def _find_prefixes(quads: list[Quad], chosen: RdfFormat) -> dict[str, str]:
    """Give the prefixes of which an IRI is in use, where the format has prefixes."""
    used: set[str] = set()
    for quad in quads:
        terms: tuple[Term, ...] = (quad.subject, quad.predicate, quad.object)
        used |= {_cut(each) for each in terms if isinstance(each, NamedNode)}
        if isinstance(quad.object, Literal):
            used.add(_cut(quad.object.datatype))
        if isinstance(quad.graph_name, NamedNode):
            used.add(_cut(quad.graph_name))
    return {prefix: iri for prefix, iri in PREFIXES.items() if iri in used}


def _cut(name: NamedNode) -> str:
    return name.value[: max(name.value.rfind("/"), name.value.rfind("#")) + 1]
