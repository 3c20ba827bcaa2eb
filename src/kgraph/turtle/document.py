"""A file of RDF as a document: its text, its tokens, its statements with lines, its prefixes."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat

from kgraph.errors import BrokenData
from kgraph.namespaces import GRAPH
from kgraph.turtle.reading import Statement, read_statements
from kgraph.turtle.turtle_tokens import (
    TokenKind,
    TurtleToken,
    list_prefixes,
    read_tokens,
    read_words,
)


class Bracket(NamedTuple):
    """A pair of brackets: line and column of the first, line of the second."""

    line: int
    column: int
    last_line: int


@dataclass(frozen=True)
class CheckedFile:
    """One file: `lines` without line ends, `statements` in file order.

    Of a broken file the statements are those that could be made out: context for the other files,
    not a thing to find faults in.
    """

    name: str
    graph: NamedNode
    lines: list[str]
    statements: list[Statement]
    is_broken: bool = False

    @property
    def quads(self) -> Iterable[Quad]:
        """The statements without their lines."""
        return (statement.quad for statement in self.statements)

    @property
    def section(self) -> str:
        """The first part of the graph's name: `documents`, `shapes`, `curated` …"""
        return name_section(self.graph)

    @cached_property
    def prefixes(self) -> list[tuple[TurtleToken, str, str]]:
        """The prefixes the file declares: the token each begins with, prefix, IRI."""
        return list_prefixes("\n".join(self.lines))

    @cached_property
    def words_by_line(self) -> dict[int, list[TurtleToken]]:
        """Line, from 1, to the tokens that end on it, without space and comments."""
        found: dict[int, list[TurtleToken]] = defaultdict(list)
        for token in read_words("\n".join(self.lines)):
            found[token.last_line].append(token)
        return dict(found)

    @cached_property
    def brackets(self) -> list[Bracket]:
        """The pairs of brackets, square and round, in the order in which they are closed."""
        words = (word for line in self.words_by_line.values() for word in line)
        return list(find_brackets(words))


def name_section(graph: NamedNode) -> str:
    """Give the first part of a graph's name, `documents` or `shapes`; empty for other graphs."""
    return graph.value.removeprefix(GRAPH).split("/")[0] if graph.value.startswith(GRAPH) else ""


def find_brackets(words: Iterable[TurtleToken]) -> Iterator[Bracket]:
    """Yield the pairs of square and round brackets among tokens, the inner ones first."""
    opened: list[TurtleToken] = []
    for word in words:
        if word.kind is not TokenKind.PUNCTUATION:
            continue
        if word.text in "[(":
            opened.append(word)
        elif word.text in "])" and opened:
            first = opened.pop()
            yield Bracket(first.line, first.column, word.line)


def read_document(
    content: bytes, name: str, graph: NamedNode, base_iri: str
) -> tuple[CheckedFile, BrokenData | None]:
    """Read a file, and give the fault at which its parser stopped, or None.

    Every statement is in `graph`, and blank nodes are named by file and order, so that no two files
    share one. Of a broken Turtle file the statements around the fault are made out; a file that is
    no UTF-8 has neither lines nor statements.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        fault = BrokenData("a byte here is not UTF-8", file=name, line=line)
        return CheckedFile(name, graph, [], [], is_broken=True), fault
    rdf_format = choose_format(name, text)
    read: list[Statement] = []
    broken = None
    try:
        read.extend(read_statements(content, name, graph, rdf_format, base_iri))
    except BrokenData as error:
        broken = error
        if rdf_format == RdfFormat.TURTLE:
            read = list(_recover(text, name, graph))
    if any(mark in text for mark in ("[", "_:", "(", "nodeID")):
        read = _name_blank_nodes(read, f"b{zlib.crc32(name.encode()):08x}n")
    return CheckedFile(name, graph, text.split("\n"), read, broken is not None), broken


def choose_format(name: str, text: str) -> RdfFormat:
    """Give the format of a file by the end of its name, else by how it begins, else Turtle.

    >>> choose_format("x.owl", "<?xml version='1.0'?>") == RdfFormat.RDF_XML
    True
    """
    known = RdfFormat.from_extension(Path(name).suffix.removeprefix(".").lower())
    if known is None and text.lstrip()[:9].startswith(("<?xml", "<rdf:RDF", "<!DOCTYPE")):
        return RdfFormat.RDF_XML
    return known or RdfFormat.TURTLE


def _name_blank_nodes(statements: list[Statement], label: str) -> list[Statement]:
    """Name blank nodes by file and order: no two files share one, and two runs agree."""
    names: dict[BlankNode, BlankNode] = {}

    def name(node: BlankNode) -> BlankNode:
        return names.setdefault(node, BlankNode(f"{label}{len(names)}"))

    named = []
    for statement in statements:
        quad = statement.quad
        subject, value = quad.subject, quad.object
        if isinstance(subject, BlankNode) or isinstance(value, BlankNode):
            new = Quad(
                name(subject) if isinstance(subject, BlankNode) else subject,
                quad.predicate,
                name(value) if isinstance(value, BlankNode) else value,
                quad.graph_name,
            )
            named.append(Statement(new, statement.line))
        else:
            named.append(statement)
    return named


def _recover(text: str, name: str, graph: NamedNode) -> Iterator[Statement]:
    """Yield the statements of those blocks, parted by blank lines, that are Turtle by themselves.

    A blank line in a string parts nothing, unless the block is broken: then the string may be one
    that was never closed, and what follows it is tried by itself.
    """
    # On one line, so that the lines of a block are counted from its first.
    head = "".join(f"@prefix {prefix}: <{iri}> . " for _, prefix, iri in list_prefixes(text))
    for before, block in _part(read_tokens(text)):
        parts = [(0, block)]
        read = _read_block(head + block, name, graph)
        if read is None:
            parts = list(_part_lines(block))
        for inner, part in parts:
            found = read if part == block else _read_block(head + part, name, graph)
            for statement in found or ():
                yield Statement(statement.quad, statement.line + before + inner)


def _part(tokens: Iterable[TurtleToken]) -> Iterator[tuple[int, str]]:
    """Yield the blocks of a text, and how many lines stand before each."""
    before, texts = 0, [""]
    for token in tokens:
        if token.kind is TokenKind.SPACE and token.text.count("\n") > 1:
            yield before, "".join(texts)
            before, texts = token.last_line - 1, [""]
        else:
            texts.append(token.text)
    yield before, "".join(texts)


def _part_lines(block: str) -> Iterator[tuple[int, str]]:
    lines = block.split("\n")
    start = 0
    for at, line in enumerate([*lines, ""]):
        if not line.strip():
            yield start, "\n".join(lines[start:at])
            start = at + 1


def _read_block(text: str, name: str, graph: NamedNode) -> list[Statement] | None:
    try:
        return list(read_statements(text.encode(), name, graph))
    except BrokenData:
        return None
