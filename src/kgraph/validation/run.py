"""One run: the stages in their order, none of which stops another."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from pathlib import Path

from pyoxigraph import NamedNode

from kgraph.dataset.assembly import assemble, load_store
from kgraph.dataset.canonical import canonicalize
from kgraph.dataset.layout import GraphFile, list_graph_files, name_graph
from kgraph.engines.embedded import EmbeddedEngine
from kgraph.findings import Finding
from kgraph.namespaces import GRAPH
from kgraph.validation.answers import check_answers
from kgraph.validation.files import FileSet, read_files
from kgraph.validation.integrity import check_integrity
from kgraph.validation.places import Places
from kgraph.validation.report import Report
from kgraph.validation.shapes import check_given_shapes, check_shapes
from kgraph.validation.style import check_style


def validate_repository(root: Path, chosen: Sequence[Path], day: date) -> Report:
    """Check the data set of a repository; with files chosen, tell what concerns those alone.

    The whole data set is the context in any case. A chosen file outside the layout is taken as one
    more source. Errors: BadConfig, ShapesError.
    """
    entries = list_graph_files(root)
    names = {entry.file.resolve(): entry.name for entry in entries}
    extra = [_place(file) for file in chosen if file.resolve() not in names]
    entries += extra
    wanted = {names.get(file.resolve(), str(file)) for file in chosen}
    files, findings = read_files(entries)
    places = Places(files.files)
    findings += check_style(files, places)
    skipped = []
    if any(file.is_broken for file in files.in_sections("shapes")):
        skipped.append("the shapes were not applied: one of their files is broken")
    else:
        findings += check_shapes(files, places)
    quads = canonicalize(quad for file in files.files for quad in file.quads)
    engine = EmbeddedEngine(load_store(assemble(quads, day)))
    findings += check_integrity(root, engine, places)
    if files.is_whole and not extra:
        findings += check_answers(root, engine)
    else:
        reason = "a file is broken" if not files.is_whole else "a file is not part of the data set"
        skipped.append(f"the questions were not asked: {reason}")
    return _report(files, findings, wanted, skipped)


def _place(file: Path) -> GraphFile:
    return GraphFile(file, str(file), NamedNode(f"{GRAPH}documents/{file.stem}"))


def validate_files(data: Sequence[Path], shapes: Sequence[Path]) -> Report:
    """Check any data against any shapes: syntax and shapes alone.

    Errors: BadConfig, ShapesError; BrokenData when a shapes file is no Turtle.
    """
    rules, faults = read_files([_as_graph(file, "shapes") for file in shapes])
    files, findings = read_files([_as_graph(file, "data") for file in data])
    if not faults:
        findings += check_given_shapes(files.files, rules.files)
    merged = FileSet((*files.files, *rules.files))
    return _report(merged, [*faults, *findings], set(), [])


def _as_graph(file: Path, section: str) -> GraphFile:
    return GraphFile(file, str(file), name_graph(str(file)) or NamedNode(f"{GRAPH}{section}/x"))


def _report(
    files: FileSet, findings: Iterable[Finding], wanted: Collection[str], skipped: list[str]
) -> Report:
    kept = [f for f in findings if not wanted or (f.position and f.position.file in wanted)]
    lines = {file.name: file.lines for file in files.files}
    triples = sum(len(file.statements) for file in files.files)
    ordered = tuple(sorted(kept, key=Finding.sort_key))
    return Report(ordered, len(files.files), triples, lines, tuple(skipped))
