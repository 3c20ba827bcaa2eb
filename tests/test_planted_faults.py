"""Faults planted in the project's own data: every one is found, nearly all on their line."""

from __future__ import annotations

import os
import random
import re
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest

from kgraph.dataset.layout import GraphFile, list_graph_files
from kgraph.findings import Finding
from kgraph.validation.files import CheckedFile, FileSet, read_files
from kgraph.validation.fingerprints import identify
from kgraph.validation.run import DEFAULT_OPTIONS, check_repository
from kgraph.validation.run_report import RunReport
from planted_faults import KINDS, Kind, Planted

ROOT = Path(__file__).parents[1]
DAY = date(2026, 11, 22)
#: Rounds of one fault of each kind; ten are more than 300 faults and take some minutes.
ROUNDS = int(os.environ.get("KGRAPH_PLANTED_ROUNDS", "2"))
LEAST_ON_LINE = 0.98


def check(files: FileSet, faults: list[Finding]) -> RunReport:
    """Run all stages but the questions, whose answers are no business of a planted fault."""
    return check_repository(ROOT, files, faults, DAY, DEFAULT_OPTIONS, has_extra=True)


def plant(
    files: FileSet, entries: dict[str, GraphFile], chance: random.Random
) -> tuple[FileSet, list[Finding], dict[str, tuple[Kind, Planted]]]:
    """Plant a fault of each kind, each in a file of its own."""
    free = [file.name for file in files.files]
    chance.shuffle(free)
    planted: dict[str, tuple[Kind, Planted]] = {}
    for kind in sorted(KINDS, key=lambda kind: -len(kind.where)):
        for name in free:
            file = files.find(name)
            assert file
            done = kind.mutate(file.lines, chance) if re.search(kind.where, name) else None
            if done and name not in planted:
                planted[name] = (kind, done)
                break
    contents = {name: "\n".join(done.lines).encode() for name, (_, done) in planted.items()}
    changed, faults = read_files([entries[name] for name in contents], contents)
    merged: list[CheckedFile] = [changed.find(file.name) or file for file in files.files]
    return FileSet(tuple(merged)), faults, planted


@pytest.fixture(scope="module")
def outcome() -> list[tuple[str, str, bool, bool]]:
    """Kind and file of each planted fault, whether it was found, and whether on its line."""
    entries = {entry.name: entry for entry in list_graph_files(ROOT)}
    files, faults = read_files(list(entries.values()))
    before = check(files, faults)
    had = {identify(finding, before.line_of(finding)) for finding in before.findings}
    told = []
    for number in range(ROUNDS):
        mutated, broken, planted = plant(files, entries, random.Random(number))
        report = check(mutated, broken)
        new: dict[str, list[Finding]] = defaultdict(list)
        for finding in report.findings:
            if identify(finding, report.line_of(finding)) not in had:
                # The first of two values may stand in another file; then ours is related.
                for file in {place.file for place in (finding.position, *finding.related) if place}:
                    new[file].append(finding)
        for name, (kind, done) in planted.items():
            shown = [finding for finding in new[name] if kind.shows(finding)]
            lines = {f.position.line for f in shown if f.position and f.position.file == name}
            told.append(
                (kind.name, f"{name}:{sorted(done.at)}", bool(shown), bool(lines & done.at))
            )
    return told


def test_there_are_enough_kinds_and_all_are_planted(
    outcome: list[tuple[str, str, bool, bool]],
) -> None:
    assert len(KINDS) >= 30
    counts = Counter(kind for kind, _, _, _ in outcome)
    assert {kind.name: counts[kind.name] for kind in KINDS} == {kind.name: ROUNDS for kind in KINDS}


def test_every_planted_fault_is_found(outcome: list[tuple[str, str, bool, bool]]) -> None:
    assert [(kind, place) for kind, place, is_found, _ in outcome if not is_found] == []


def test_planted_faults_are_found_on_their_line(
    outcome: list[tuple[str, str, bool, bool]],
) -> None:
    missed = [(kind, place) for kind, place, _, is_on_line in outcome if not is_on_line]
    assert len(missed) <= (1 - LEAST_ON_LINE) * len(outcome), missed
