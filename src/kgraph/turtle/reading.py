"""Turtle files as quads with the line each object ends on.

The parser is pyoxigraph's. It reads a file object lazily, so a source that hands over one line at
a time knows on which line the parser stands when a quad comes out.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, parse

from kgraph.errors import BadConfig, BrokenData


@dataclass(frozen=True)
class Statement:
    """One quad and the line, counted from 1, on which its object ends."""

    quad: Quad
    line: int


class LineFeed:
    """A binary file whose `read` gives at most one line, and counts them in `line`.

    Never more than was asked for: pyoxigraph ends the process when a read gives too much, so a long
    line comes in pieces.
    """

    def __init__(self, content: bytes) -> None:
        self._lines = io.BytesIO(content).readlines()
        self._rest = b""
        self.line = 0

    def read(self, size: int = -1) -> bytes:
        """Give the next line or a piece of it, empty at the end."""
        if not self._rest and self.line < len(self._lines):
            self._rest = self._lines[self.line]
            self.line += 1
        end = len(self._rest) if size < 0 else size
        piece, self._rest = self._rest[:end], self._rest[end:]
        return piece


def read_bytes(file: Path, name: str | None = None) -> bytes:
    """Give the content of a file. Errors: BadConfig when it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadConfig(f"{name or file}: cannot be read ({reason}); check the path.") from error


def read_text(file: Path, name: str | None = None) -> str:
    """Give the text of a UTF-8 file, line ends as written. Errors: BrokenData when it is none."""
    content = read_bytes(file, name)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BrokenData(
            "a byte here is not UTF-8; save the file as UTF-8.", file=name or str(file), line=line
        ) from error


def read_statements(
    content: bytes,
    name: str,
    graph: NamedNode | DefaultGraph | None = None,
    rdf_format: RdfFormat = RdfFormat.TURTLE,
    base_iri: str | None = None,
) -> Iterator[Statement]:
    """Yield the statements of a text in file order, all of them in `graph`.

    `graph` None keeps the graphs of a format that has some. Literals keep the form they are written
    in. A relative address is an error unless there is a `base_iri`. Errors: BrokenData with line
    and column at the first syntax fault, after the statements before it.
    """
    feed = LineFeed(content)
    try:
        for quad in parse(feed, format=rdf_format, base_iri=base_iri):  # type: ignore[arg-type]
            placed = quad
            if graph is not None:
                placed = Quad(quad.subject, quad.predicate, quad.object, graph)
            yield Statement(placed, feed.line)
    except SyntaxError as error:
        raise BrokenData(
            explain_syntax(error), file=name, line=error.lineno, column=error.offset
        ) from error
    except MemoryError as error:
        # The parser's own bound on one token, not the memory of this machine.
        raise BrokenData(
            "a text or name here is longer than 16 MiB, more than the parser takes; split it",
            file=name,
            line=feed.line,
        ) from error
    if rdf_format == RdfFormat.RDF_XML:
        _refuse_cut_xml(content, name)


def _refuse_cut_xml(content: bytes, name: str) -> None:
    """Raise BrokenData for XML that is not well-formed: pyoxigraph takes a cut file for a whole.

    Entities from elsewhere are not fetched, and expat bounds what those of the file grow to.
    """
    try:
        expat.ParserCreate().Parse(content, True)
    except expat.ExpatError as error:
        raise BrokenData(
            f"this is no well-formed XML: {expat.ErrorString(error.code)}",
            file=name,
            line=error.lineno,
            column=error.offset + 1,
        ) from error


def explain_syntax(error: SyntaxError) -> str:
    """Give the parser's sentence without its "line … column …", which is told separately."""
    text = error.msg
    if text.startswith("Parser error at line"):
        _, _, tail = text.partition(": ")
        return tail or text
    return text
