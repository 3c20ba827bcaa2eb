"""A run on changes: what a full run finds about what changed and about what depends on it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from pathlib import Path

from pyoxigraph import BlankNode, NamedNode, Triple

from kgraph.dataset.layout import GraphFile, list_graph_files, name_graph
from kgraph.findings import Finding
from kgraph.rdf.terms import RDF_TYPE, Term
from kgraph.validation.files import CheckedFile, FileSet, read_files
from kgraph.validation.fingerprints import identify
from kgraph.validation.revisions import find_revision
from kgraph.validation.run import DEFAULT_OPTIONS, RunOptions, check_repository
from kgraph.validation.run_report import RunReport


def validate_changes(
    root: Path, ref: str, day: date, options: RunOptions = DEFAULT_OPTIONS
) -> RunReport:
    """Check the whole data set, and tell what concerns the difference from a revision.

    Told are findings (1) about a node whose description changed, (2) about a node linked to one
    by a triple that changed or that refers to it, (3) in a changed file, where no node is known,
    (4) that the revision itself did not have, wherever they are. Errors: BadConfig, ShapesError.
    """
    revision = find_revision(root, ref)
    changed = revision.list_changed()
    options.progress("syntax")
    files, faults = read_files(list_graph_files(root))
    report = check_repository(root, files, faults, day, options, changed)
    before_files, before_faults = _read_before(
        files,
        {name: revision.read(name) for name in sorted(changed & revision.list_files())
         if name_graph(name)},
        changed,
    )  # fmt: skip
    options.progress("the data set as it was")
    silent = dataclasses.replace(options, progress=lambda _stage: None)
    before = check_repository(root, before_files, before_faults, day, silent, changed)
    nodes = {str(node) for node in find_concerned(files, before_files, changed)}
    new = _find_new(report, before)

    def is_wanted(finding: Finding) -> bool:
        if id(finding) in new or finding.focus in nodes or finding.source_shape in nodes:
            return True
        places = (finding.position, finding.rule_position)
        is_about_file = finding.focus is None or finding.stage == "answers"
        return is_about_file and any(place and place.file in changed for place in places)

    told = report.keep(is_wanted)
    return dataclasses.replace(told, changed=revision.find_changed_lines())


def _read_before(
    now: FileSet, contents: Mapping[str, bytes], changed: Collection[str]
) -> tuple[FileSet, list[Finding]]:
    """Give the files of the revision: those that did not change are not read again."""
    entries = []
    for name in contents:
        graph = name_graph(name)
        assert graph is not None
        entries.append(GraphFile(Path(name), name, graph))
    old, faults = read_files(entries, contents)
    same = [file for file in now.files if file.name not in changed]
    files = sorted([*same, *old.files], key=lambda file: file.name)
    return FileSet(tuple(files)), faults


def find_concerned(now: FileSet, before: FileSet, changed: Collection[str]) -> set[Term]:
    """Give the nodes whose description changed, and those that depend on them.

    A node depends on what it refers to, then or now, and on a triple that leads to it.
    """
    new, old = (_triples(files.files, changed) for files in (now, before))
    different = new ^ old
    described: set[Term] = {triple.subject for triple in different}
    led_to: set[Term] = {
        triple.object
        for triple in different
        if triple.predicate != RDF_TYPE and isinstance(triple.object, NamedNode | BlankNode)
    }
    everything = (*now.files, *(file for file in before.files if file.name in changed))
    referring: set[Term] = {
        quad.subject for file in everything for quad in file.quads if quad.object in described
    }
    return described | led_to | referring


def _triples(files: Iterable[CheckedFile], names: Collection[str]) -> set[Triple]:
    """Give the triples of these files; one that only moved to another file has not changed."""
    return {quad.triple for file in files if file.name in names for quad in file.quads}


def _find_new(report: RunReport, before: RunReport) -> set[int]:
    """Give the findings, by identity, that the revision did not have."""
    had = Counter(identify(f, before.line_of(f)) for f in before.findings)
    new = set()
    for finding in report.findings:
        key = identify(finding, report.line_of(finding))
        if had[key]:
            had[key] -= 1
        else:
            new.add(id(finding))
    return new
