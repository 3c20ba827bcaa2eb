"""One text and one digest per data set, whatever the order of its files and triples.

Source: RDF Dataset Canonicalization (RDFC-1.0), W3C Recommendation 2024.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    Quad,
    RdfFormat,
    serialize,
)


def canonicalize(quads: Iterable[Quad]) -> list[Quad]:
    """Give the quads once each, blank nodes relabelled by RDFC-1.0."""
    dataset = Dataset(quads)
    if any(_has_blank_node(quad) for quad in dataset):
        dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return list(dataset)


def _has_blank_node(quad: Quad) -> bool:
    return any(isinstance(t, BlankNode) for t in (quad.subject, quad.object, quad.graph_name))


def write_lines(quads: Iterable[Quad]) -> bytes:
    """Give N-Quads lines (N-Triples for the default graph), sorted by code point.

    Of canonical quads this is the canonical form of their data set.
    """
    content = serialize(quads, format=RdfFormat.N_QUADS) or b""
    return b"".join(sorted(content.splitlines(keepends=True)))


def compute_digest(lines: bytes) -> str:
    """Give the SHA-256 of canonical lines in hexadecimal."""
    return hashlib.sha256(lines).hexdigest()
