"""One run: the stages in their order, none of which stops another."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from os.path import realpath
from pathlib import Path
from urllib.parse import quote

from pyoxigraph import NamedNode

from kgraph.dataset.assembly import assemble, load_store
from kgraph.dataset.layout import GraphFile, list_graph_files
from kgraph.engines.embedded import EmbeddedEngine
from kgraph.findings import Finding
from kgraph.namespaces import GRAPH
from kgraph.rdf.canonical import canonicalize
from kgraph.validation.expected_answers import check_answers
from kgraph.validation.files import FileSet, read_files
from kgraph.validation.integrity import check_integrity
from kgraph.validation.positions import Positions
from kgraph.validation.run_report import RunReport
from kgraph.validation.shape_checks import Judged, check_given_shapes, check_shapes, has_targets
from kgraph.validation.style import check_style

#: Told the name of each stage as it begins.
Progress = Callable[[str], None]
BROKEN_SHAPES = "the shapes were not applied: one of their files is broken"
NO_TARGETS = "no shape has a target, so no shape was applied to anything"
_DATA = NamedNode(f"{GRAPH}data/x")


def stay_silent(_stage: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class RunOptions:
    """How a run is made: the engine for the shapes, and who is told of the stages."""

    engine: str = "kgraph"
    progress: Progress = stay_silent


DEFAULT_OPTIONS = RunOptions()


def validate_repository(
    root: Path, chosen: Sequence[Path], day: date, options: RunOptions = DEFAULT_OPTIONS
) -> RunReport:
    """Check the data set of a repository; with files chosen, tell what concerns those alone.

    The whole data set is the context in any case. A chosen file outside the layout is taken as one
    more source. Errors: BadConfig, ShapesError.
    """
    options.progress("syntax")
    entries = list_graph_files(root)
    names = {realpath(entry.file): entry.name for entry in entries}
    extra = [_place(file) for file in chosen if realpath(file) not in names]
    wanted = {names.get(realpath(file), str(file)) for file in chosen}
    files, faults = read_files([*entries, *extra])
    report = check_repository(root, files, faults, day, options, wanted, bool(extra))
    if not wanted:
        return report
    return report.keep(lambda finding: bool(finding.position and finding.position.file in wanted))


def check_repository(
    root: Path,
    files: FileSet,
    faults: Sequence[Finding],
    day: date,
    options: RunOptions,
    first: Collection[str] = (),
    has_extra: bool = False,
) -> RunReport:
    """Run all stages but syntax on files that were read; `faults` are the findings of that.

    Of a triple in several files the place in one of the files named in `first` is told. With
    `has_extra` a file is no part of the data set, and the questions are not asked.
    """
    places = Positions(files.files, first)
    skipped: list[str] = []
    asks_questions = files.is_whole and not has_extra
    with ThreadPoolExecutor(1) as beside:
        # The queries over the whole data set need nothing of the other stages.
        queried = beside.submit(_check_by_queries, root, files, day, first, asks_questions)
        options.progress("style")
        findings = [*faults, *check_style(files, places)]
        judged: list[Judged] = []
        if any(file.is_broken for file in files.in_sections("shapes")):
            skipped.append(BROKEN_SHAPES)
        else:
            options.progress("shapes")
            judged += check_shapes(files, places, options.engine, first)
        options.progress("integrity and answers")
        findings += queried.result()
    if not asks_questions:
        reason = "a file is broken" if not files.is_whole else "a file is not part of the data set"
        skipped.append(f"the questions were not asked: {reason}")
    return make_report(files, findings, judged, skipped)


def _check_by_queries(
    root: Path, files: FileSet, day: date, first: Collection[str], asks_questions: bool
) -> list[Finding]:
    quads = canonicalize(quad for file in files.files for quad in file.quads)
    engine = EmbeddedEngine(load_store(assemble(quads, day)))
    findings = list(check_integrity(root, engine, Positions(files.files, first)))
    if asks_questions:
        findings += check_answers(root, engine)
    return findings


def _place(file: Path) -> GraphFile:
    return GraphFile(file, str(file), NamedNode(f"{GRAPH}documents/{quote(file.stem)}"))


def validate_files(
    data: Sequence[Path], shapes: Sequence[Path], options: RunOptions = DEFAULT_OPTIONS
) -> RunReport:
    """Check any data against any shapes: syntax and shapes alone.

    A file that is both is read once, so that its blank nodes are the same in both graphs.
    Errors: BadConfig, ShapesError.
    """
    options.progress("syntax")
    chosen = {str(file): file for file in (*data, *shapes)}
    files, faults = read_files([GraphFile(file, name, _DATA) for name, file in chosen.items()])
    rules = [file for file in files.files if file.name in {str(path) for path in shapes}]
    checked = [file for file in files.files if file.name in {str(path) for path in data}]
    if any(file.is_broken for file in rules):
        report = make_report(files, faults, [], [])
        return dataclasses.replace(report, undecided=(BROKEN_SHAPES,))
    options.progress("shapes")
    judged = list(check_given_shapes(checked, rules, options.engine))
    return make_report(files, faults, judged, [] if has_targets(rules) else [NO_TARGETS])


def make_report(
    files: FileSet, findings: Sequence[Finding], judged: Sequence[Judged], skipped: Sequence[str]
) -> RunReport:
    """Put the findings of all stages in order, with what is said about the run as a whole."""
    ordered = sorted([*findings, *(finding for finding, _ in judged)], key=Finding.sort_key)
    return RunReport(
        tuple(ordered),
        len(files.files),
        sum(len(file.statements) for file in files.files),
        {file.name: file.lines for file in files.files},
        tuple(skipped),
        tuple(judged),
    )
