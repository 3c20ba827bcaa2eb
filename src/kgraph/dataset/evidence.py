"""Evidence addresses: `<document>#char=start,end`, a passage of a source text.

Characters are counted from 0 in the text as stored, decoded as UTF-8; `end` is exclusive.
Source: RFC 5147; Web Annotation Data Model section 4.2.4 (TextPositionSelector).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Triple

from kgraph.namespaces import ID, OA, RDF, XSD

ADDRESS = re.compile(
    rf"(?P<document>{re.escape(ID)}document/(?P<name>[^/#]+))#char=([0-9]+),([0-9]+)"
)
#: An IRI that means to be such an address, well-formed or not.
LOOKS_LIKE = re.compile(rf"{re.escape(ID)}document/[^#]*#.*")


@dataclass(frozen=True, order=True)
class Passage:
    """A range of characters in a document; `document` is its IRI, `name` the last part of that."""

    document: str
    name: str
    start: int
    end: int

    @property
    def iri(self) -> str:
        """The address itself."""
        return f"{self.document}#char={self.start},{self.end}"


def read_passage(iri: str) -> Passage | None:
    """Give the passage an address stands for; None when it is no such address.

    >>> read_passage("https://w3id.org/munirel/id/document/001#char=812,901").end
    901
    """
    match = ADDRESS.fullmatch(iri)
    if match is None:
        return None
    passage = Passage(match["document"], match["name"], int(match[3]), int(match[4]))
    return passage if passage.start < passage.end and passage.iri == iri else None


def describe_passage(passage: Passage) -> Iterator[Triple]:
    """Yield the six triples of a passage: specific resource, its document, its selector."""
    here = NamedNode(passage.iri)
    selector = NamedNode(f"{ID}selector/{passage.name}/{passage.start}-{passage.end}")
    kind = NamedNode(f"{RDF}type")
    yield Triple(here, kind, NamedNode(f"{OA}SpecificResource"))
    yield Triple(here, NamedNode(f"{OA}hasSource"), NamedNode(passage.document))
    yield Triple(here, NamedNode(f"{OA}hasSelector"), selector)
    yield Triple(selector, kind, NamedNode(f"{OA}TextPositionSelector"))
    for name, number in (("start", passage.start), ("end", passage.end)):
        count = Literal(str(number), datatype=NamedNode(f"{XSD}nonNegativeInteger"))
        yield Triple(selector, NamedNode(f"{OA}{name}"), count)
