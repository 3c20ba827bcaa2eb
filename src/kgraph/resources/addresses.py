"""Canonical IRIs of the project, and the addresses of a site at which they are described.

An identifier is the same wherever a site stands; its address there is a path below the site's own.
`/id/…` names a thing and leads on to `/doc/…`, which describes it; terms, concepts and graphs are
information themselves and answer under their own names.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, unquote

from pyoxigraph import NamedNode

from kgraph.errors import UnknownResource
from kgraph.formats import GRAPH_TYPES
from kgraph.namespaces import BASE, GRAPH, ID, MR, MRS, VOC

ONTOLOGY = NamedNode(MR.removesuffix("#"))
SHAPES_DOCUMENT = NamedNode(MRS.removesuffix("#"))
#: Where an identifier of a thing is described: the same path, below another word.
DOCUMENT = BASE + "doc/"
#: Beginnings of IRIs that a site answers for -> the path that takes their place.
_PLACES = {ID: "/doc/", DOCUMENT: "/doc/", VOC: "/voc/", GRAPH: "/graph/"}
#: What has its terms as fragments of its address, and an address for each version.
_VERSIONED = (ONTOLOGY.value, SHAPES_DOCUMENT.value)
#: Suffixes of the forms that a description has, besides the page.
PAGE_SUFFIX = "html"
DESCRIPTION_SUFFIXES: tuple[str, ...] = (*GRAPH_TYPES, PAGE_SUFFIX)
#: What may stand in a path as it is; what else an address may not hold is percent-encoded.
_SAFE = "/:@!$&'()*+,;=~"
_SAFE_IRI = _SAFE + "%#?"


class Located(NamedTuple):
    """What an address of the site names, and the format that its suffix asks for."""

    resource: NamedNode
    suffix: str | None


def find_path(iri: str) -> str | None:
    """Give the path below a site at which it describes an IRI; None where the IRI is not ours.

    >>> find_path("https://w3id.org/munirel/id/document/001#char=4,180")
    '/doc/document/001#char=4,180'
    >>> find_path("https://w3id.org/munirel/def#Place")
    '/def#Place'
    >>> find_path("https://w3id.org/munirel/voc/theme/culture")
    '/voc/theme/culture'
    >>> find_path("https://schema.org/name") is None
    True
    """
    for start, place in _PLACES.items():
        if iri.startswith(start) and len(iri) > len(start):
            return place + quote(iri.removeprefix(start), safe=_SAFE_IRI)
    page, _, _ = iri.partition("#")
    if any(page == each or page.startswith(f"{each}/") for each in _VERSIONED):
        return quote(iri.removeprefix(BASE.removesuffix("/")), safe=_SAFE_IRI)
    return None


def read_path(path: str) -> Located:
    """Give what a path names, percent-encoding taken off it or not: the thing of `/id/…` and
    `/doc/…`, else the IRI of the same path. A suffix of a format at its end asks for that format.

    Errors: UnknownResource for a path that makes no IRI.

    >>> read_path("/doc/document/001.ttl").resource.value
    'https://w3id.org/munirel/id/document/001'
    >>> read_path("/voc/theme"), read_path("/def.jsonld").suffix
    (Located(resource=<NamedNode value=https://w3id.org/munirel/voc/theme>, suffix=None), 'jsonld')
    """
    stem, dot, suffix = path.rpartition(".")
    if not dot or suffix not in DESCRIPTION_SUFFIXES or stem.endswith("/"):
        stem, suffix = path, ""
    name = quote(unquote(stem.lstrip("/")), safe=_SAFE)
    if name.startswith("doc/"):
        name = f"id/{name.removeprefix('doc/')}"
    try:
        return Located(NamedNode(BASE + name), suffix or None)
    except ValueError as error:
        raise UnknownResource(f"{path} is no address of a thing: {error}") from error


def find_document(resource: NamedNode) -> NamedNode:
    """Give the canonical IRI of the document that describes a thing.

    >>> find_document(NamedNode("https://w3id.org/munirel/id/place/bonn")).value
    'https://w3id.org/munirel/doc/place/bonn'
    """
    page, _, _ = resource.value.partition("#")
    return NamedNode(DOCUMENT + page.removeprefix(ID) if page.startswith(ID) else page)
