"""Terms as a page shows them: a text, where it leads, its language and datatype."""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kgraph.names import find_prefixed_name
from kgraph.namespaces import GRAPH, ID
from kgraph.rdf.terms import RDF_LANG_STRING, XSD_STRING, Term
from kgraph.resources.addresses import find_path
from kgraph.resources.labels import Labels

#: The languages of the pages, best first.
LANGUAGES = ("en", "de")
_DOCUMENT = f"{ID}document/"
_CHARACTERS = "#char="
#: A term within terms is shown as text; nobody reads more of it than this.
_MOST_TERM_CHARACTERS = 1_000
#: How an address begins to which a page may lead; any other could be a script.
_STARTS = ("http://", "https://")


@dataclass(frozen=True)
class Cell:
    """One cell: the text shown; the path below the site or the address elsewhere it leads to; the
    language it is in; its datatype, where that is no plain text's; the IRI it stands for.

    A text that is made of addresses alone, as questions give the sources of a row, has a cell for
    each of them in `parts`.
    """

    text: str
    path: str | None = None
    address: str | None = None
    language: str | None = None
    datatype: str | None = None
    iri: str | None = None
    parts: tuple[Cell, ...] = ()


def show_term(term: Term, labels: Labels | None = None) -> Cell:
    """Give the cell of a term; an IRI by its name in the languages of the pages, where it has one.

    >>> show_term(NamedNode("https://w3id.org/munirel/id/document/001#char=4,180"))
    ... # doctest: +ELLIPSIS
    Cell(text='document 001, characters 4 to 180', path='/doc/document/001#char=4,180', ...)
    >>> show_term(Literal("Köln", language="de")).language
    'de'
    """
    if isinstance(term, NamedNode):
        return _show_iri(term, labels)
    if isinstance(term, Literal):
        return _show_literal(term)
    if isinstance(term, BlankNode):
        return Cell(str(term))
    return Cell(_show_triple(term))


def _name_iri(iri: str) -> str:
    return find_prefixed_name(iri) or iri


def _show_literal(term: Literal) -> Cell:
    if term.datatype == XSD_STRING:
        return Cell(term.value, parts=_split_addresses(term.value))
    datatype = None if term.datatype == RDF_LANG_STRING else _name_iri(term.datatype.value)
    return Cell(term.value, language=term.language, datatype=datatype)


def _split_addresses(text: str) -> tuple[Cell, ...]:
    """Give a cell for each address of a text that has nothing but addresses; else none."""
    pieces = text.split(" ") if text.startswith(_STARTS) else []
    if not all(piece.startswith(_STARTS) for piece in pieces):
        return ()
    try:
        return tuple(_show_iri(NamedNode(piece), None) for piece in pieces)
    except ValueError:
        return ()


def _show_iri(name: NamedNode, labels: Labels | None) -> Cell:
    iri = name.value
    path = find_path(iri)
    address = iri if path is None and iri.startswith(_STARTS) else None
    label = labels.choose(name, LANGUAGES) if labels else None
    if label is not None:
        return Cell(label.value, path, address, label.language, iri=iri)
    return Cell(_name_passage(iri) or _name_graph(iri) or _name_iri(iri), path, address, iri=iri)


def _name_passage(iri: str) -> str | None:
    """Give the words for a passage of a document, by character positions (RFC 5147)."""
    if not iri.startswith(_DOCUMENT) or _CHARACTERS not in iri:
        return None
    document, _, between = iri.removeprefix(_DOCUMENT).partition(_CHARACTERS)
    start, _, end = between.partition(",")
    return f"document {document}, characters {start} to {end}" if end else None


def _name_graph(iri: str) -> str | None:
    return iri.removeprefix(GRAPH) if iri.startswith(GRAPH) and iri != GRAPH else None


def _show_triple(triple: Triple) -> str:
    text = f"<<( {triple} )>>"
    if len(text) <= _MOST_TERM_CHARACTERS:
        return text
    return f"{text[:_MOST_TERM_CHARACTERS]} … ({len(text):,} characters)"
