"""Canonical Turtle: one text per graph, so that nobody discusses layout and diffs stay small.

Kept: the `#` header before the first statement. Any other remark would be lost, and readers of the
published data never see one, so a file that has some is refused.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import rdflib
from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    parse,
)
from rdflib.plugins.parsers.notation3 import BadSyntax

from kgraph.errors import BrokenData
from kgraph.rdf.canonical import canonicalize
from kgraph.rdf.isomorphism import are_isomorphic
from kgraph.turtle.blocks import BlockWriter
from kgraph.turtle.reading import explain_syntax
from kgraph.turtle.spelling import TermWriter
from kgraph.turtle.turtle_tokens import BLANKS, TokenKind, read_tokens


def format_turtle(source: str, name: str) -> str:
    """Give the canonical text of a Turtle file; formatting that again gives the same text.

    Errors: BrokenData when the source is no Turtle, holds a remark outside its header, or when the
    new text, read by pyoxigraph and by rdflib, is not the graph that was read.
    """
    source = source.replace("\r\n", "\n")
    quads, prefixes = _parse(source, name)
    header, remarks = find_remarks(source)
    if remarks:
        lines = ", ".join(str(line) for line in remarks)
        raise BrokenData(
            f"a remark would be lost (line {lines}): move it into the header or into the graph, "
            "for instance as skos:editorialNote.",
            file=name,
            line=remarks[0],
        )
    terms = TermWriter(prefixes)
    writer = BlockWriter({quad.triple for quad in quads}, terms)
    if writer.has_labels:
        # Labels are seen in the text, so they must not depend on those of the source.
        writer = BlockWriter({quad.triple for quad in canonicalize(quads)}, terms)
    blocks = writer.blocks()
    heads = [f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in sorted(terms.used.items())]
    parts = [header, "".join(heads).rstrip("\n"), *blocks]
    text = "\n\n".join(part for part in parts if part) + "\n"
    _require_same_graph(quads, text, name)
    return text


def find_remarks(source: str) -> tuple[str, list[int]]:
    """Give the header, its lines trimmed, and the lines, from 1, of all remarks after it."""
    tokens = read_tokens(source)
    end = next((token.offset for token in tokens if token.kind not in BLANKS), len(source))
    lines = [line.strip() for line in source[:end].strip().splitlines()]
    header = re.sub(r"\n{3,}", "\n\n", "\n".join(lines))
    return header, [token.line for token in tokens if token.kind is TokenKind.COMMENT]


def _parse(source: str, name: str) -> tuple[list[Quad], dict[str, str]]:
    parser = parse(source.encode(), format=RdfFormat.TURTLE)
    try:
        quads = list(parser)
    except SyntaxError as error:
        raise BrokenData(
            explain_syntax(error), file=name, line=error.lineno, column=error.offset
        ) from error
    return quads, parser.prefixes


def _require_same_graph(source: list[Quad], text: str, name: str) -> None:
    """Read the new text with both parsers. Errors: BrokenData when either sees another graph."""
    quads, _ = _parse(text, name)
    for parser, other in (("pyoxigraph", quads), ("rdflib", _read_with_rdflib(text, name))):
        if not are_isomorphic(other, source):
            raise BrokenData(
                f"formatting would change the graph as {parser} reads it; the file was left as "
                "it is. Please report it with the file.",
                file=name,
            )


def _read_with_rdflib(text: str, name: str) -> list[Quad]:
    """Give the quads rdflib reads: literals as written, language tags lowered."""
    try:
        with _rdflib_left_alone():
            graph = rdflib.Graph(bind_namespaces="none").parse(data=text, format="turtle")
    except BadSyntax as error:
        raise BrokenData(f"rdflib cannot read the formatted text: {error}", file=name) from error
    return [
        Quad(_translate(subject), NamedNode(str(predicate)), _translate(value))  # type: ignore[arg-type]
        for subject, predicate, value in graph
    ]


@contextmanager
def _rdflib_left_alone() -> Iterator[None]:
    """Keep rdflib from rewriting literals, and from telling about those that are ill-typed."""
    logger, normalizing = logging.getLogger("rdflib.term"), rdflib.NORMALIZE_LITERALS
    was_disabled = logger.disabled
    rdflib.NORMALIZE_LITERALS, logger.disabled = False, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        rdflib.NORMALIZE_LITERALS, logger.disabled = normalizing, was_disabled


def _translate(term: rdflib.term.Node) -> NamedNode | BlankNode | Literal | Triple:
    if isinstance(term, rdflib.URIRef):
        return NamedNode(str(term))
    if isinstance(term, rdflib.BNode):
        return BlankNode(str(term))
    if not isinstance(term, rdflib.Literal):
        raise BrokenData(f"{term!r} is no RDF 1.1 term.")
    if term.language:
        return Literal(str(term), language=term.language.lower())
    return Literal(str(term), datatype=NamedNode(str(term.datatype)) if term.datatype else None)
