"""The files under validation: their text, their statements with lines, their prefixes."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from os.path import realpath
from pathlib import Path

from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat

from kgraph.dataset.layout import GraphFile
from kgraph.errors import BrokenData
from kgraph.findings import Finding
from kgraph.turtle.reading import Statement, read_bytes, read_statements
from kgraph.validation.syntax import explain_fault

_PREFIX = re.compile(r"\s*(?:@prefix|PREFIX)\s+(?P<prefix>[\w.-]*):\s*<(?P<iri>[^>]*)>", re.I)
_BLOCKS = re.compile(r"\n[ \t]*\n")


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
        return self.graph.value.partition("/graph/")[2].split("/")[0]


@dataclass(frozen=True)
class FileSet:
    """All files of one run, the broken ones too."""

    files: tuple[CheckedFile, ...]
    _by_name: dict[str, CheckedFile] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_name.update((file.name, file) for file in self.files)

    def find(self, name: str) -> CheckedFile | None:
        """Give the file of this name."""
        return self._by_name.get(name)

    def whole(self) -> list[CheckedFile]:
        """Give the files that could be read to their end."""
        return [file for file in self.files if not file.is_broken]

    def in_sections(self, *sections: str) -> list[CheckedFile]:
        """Give the files of these sections, broken ones included."""
        return [file for file in self.files if file.section in sections]

    @property
    def is_whole(self) -> bool:
        """Whether no file is broken."""
        return not any(file.is_broken for file in self.files)


def read_files(
    entries: Sequence[GraphFile], contents: Mapping[str, bytes] | None = None
) -> tuple[FileSet, list[Finding]]:
    """Read all files, and give one finding for each that is broken. Errors: BadConfig.

    `contents` holds the bytes of files, by name, that are not to be read from the disk.
    """
    files, findings = [], []
    for entry in entries:
        content = (contents or {}).get(entry.name)
        if content is None:
            content = read_bytes(entry.file, entry.name)
        file, finding = _read(entry, content)
        files.append(file)
        if finding:
            findings.append(finding)
    return FileSet(tuple(files)), findings


def _read(entry: GraphFile, content: bytes) -> tuple[CheckedFile, Finding | None]:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        fault = BrokenData("a byte here is not UTF-8", file=entry.name, line=line)
        return CheckedFile(entry.name, entry.graph, [], [], is_broken=True), explain_fault(
            fault, []
        )
    lines = text.split("\n")
    rdf_format = choose_format(entry.name, text)
    read: list[Statement] = []
    finding = None
    try:
        read.extend(
            read_statements(
                content,
                entry.name,
                entry.graph,
                rdf_format,
                Path(realpath(entry.file)).as_uri(),
            )
        )
    except BrokenData as error:
        finding = explain_fault(error, lines, rdf_format)
        if rdf_format == RdfFormat.TURTLE:
            read = _recover(text, entry)
    if any(mark in text for mark in ("[", "_:", "(", "nodeID")):
        read = _name_blank_nodes(read, f"b{zlib.crc32(entry.name.encode()):08x}n")
    return CheckedFile(entry.name, entry.graph, lines, read, finding is not None), finding


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


def _recover(text: str, entry: GraphFile) -> list[Statement]:
    """Give the statements of those blocks, parted by blank lines, that are Turtle by themselves."""
    head = "".join(line + " " for line in text.split("\n") if _PREFIX.match(line))
    found: list[Statement] = []
    start = 0
    for block in _BLOCKS.split(text):
        before = text.count("\n", 0, start)
        start += len(block) + 2
        if _PREFIX.search(block):
            continue
        try:
            read = list(read_statements((head + block).encode(), entry.name, entry.graph))
        except BrokenData:
            continue
        found += [Statement(statement.quad, statement.line + before) for statement in read]
    return found


def find_prefixes(file: CheckedFile) -> list[tuple[int, str, str]]:
    """Give the prefixes a file declares: line, prefix, IRI."""
    found = []
    for number, line in enumerate(file.lines, start=1):
        match = _PREFIX.match(line)
        if match:
            found.append((number, match["prefix"], match["iri"]))
    return found
