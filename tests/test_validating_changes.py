"""`--changed REF`: what a full run finds about what changed and what depends on it, no more."""

from __future__ import annotations

import os
import random
import subprocess
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from kgraph.dataset.layout import list_graph_files
from kgraph.errors import BadConfig
from kgraph.findings import Finding
from kgraph.validation.changes import validate_changes
from kgraph.validation.fingerprints import identify
from kgraph.validation.reporters.human import write_human
from kgraph.validation.run import validate_repository
from kgraph.validation.run_report import RunReport
from repositories import HEAD, write, write_repository

DAY = date(2026, 11, 22)
#: Random edits; 200 take a minute.
EDITS = int(os.environ.get("KGRAPH_RANDOM_EDITS", "60"))
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
SECOND = """
event:visit a mr:Event ; rdfs:label "Visit"@en ; mr:host authority:bonn .
event:bare a mr:Event .
event:named a mr:Event ; rdfs:label "One"@en , "Two"@en ; mr:host authority:rheine .
"""
#: Texts to take out of a file or to put into one, among them many that break a rule.
PIECES = (
    "event:visit mr:host authority:rheine .", "event:fair rdfs:label 'Other'@en .",
    "authority:bonn a mr:LocalAuthority .", "event:new a mr:Event .", "claim:sure a mr:Event .",
    "event:twin rdfs:label 'Fair'@en .", "event:x a mr:Evnt .",
    "event:named rdfs:label 'Fair'@en .",
    "event:fair schema:startDate '19.09.2011'^^xsd:date .", "authority:rheine rdfs:label 'R'@en .",
    "event:see rdfs:seeAlso event:bare .",
)  # fmt: skip


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small repository, with findings, all of it committed."""
    root = write_repository(tmp_path)
    write(root, "data/lists/visits.ttl", HEAD + SECOND)
    register = (root / "data/registers/municipalities.ttl").read_text()
    bonn = 'authority:bonn a mr:LocalAuthority ; rdfs:label "Bonn"@de .\n'
    register = register.replace("authority:rheine a", f"{bonn}authority:rheine a")
    write(root, "data/registers/municipalities.ttl", register)
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "Start")
    return root


def keys(report: RunReport, findings: Iterable[Finding] | None = None) -> Counter[str]:
    """Count findings by what they are; their line may differ between two runs."""
    chosen = report.findings if findings is None else findings
    return Counter(identify(f, report.line_of(f)).replace(_file(f), "", 1) for f in chosen)


def _file(finding: Finding) -> str:
    return finding.position.file if finding.position else ""


def read(root: Path) -> dict[str, set[Triple]]:
    """Give the triples of each file; of a broken one those before the fault."""
    found: dict[str, set[Triple]] = {}
    for entry in list_graph_files(root):
        found[entry.name] = set()
        try:
            for quad in parse(entry.file.read_bytes(), format=RdfFormat.TURTLE):
                found[entry.name].add(quad.triple)
        except SyntaxError:
            continue
    return found


def edit(root: Path, chance: random.Random) -> set[str]:
    """Put a piece into a file, take a line out of it, or remove the file; name what changed."""
    data = [e for e in list_graph_files(root) if e.name.startswith("data/")]
    changed = set()
    for entry in chance.sample(data, k=chance.choice([1, 1, 2])):
        text = entry.file.read_text()
        head, body = text[: len(HEAD)], text[len(HEAD) :]
        way = chance.random()
        if way < 0.55:
            body += chance.choice(PIECES) + "\n"
        elif way < 0.9:
            statements = body.split(" .\n")
            del statements[chance.randrange(len(statements) - 1 or 1)]
            body = " .\n".join(statements)
        else:
            body = "\n" + body
        entry.file.write_text(head + body)
        changed.add(entry.name)
    return changed


def expect(
    root: Path, before: dict[str, set[Triple]], old: RunReport, full: RunReport
) -> Counter[str]:
    """Work out what is to be told, from the definition and not from the program."""
    now = read(root)
    files = before.keys() | now.keys()
    different = set()
    # A triple that one file lost and another got has not changed in the graph of changed files.
    touched = {name for name in files if before.get(name) != now.get(name)}
    had = set().union(*(before.get(name, set()) for name in touched))
    has = set().union(*(now.get(name, set()) for name in touched))
    different = had ^ has
    described = {str(triple.subject) for triple in different}
    nodes = set(described)
    nodes |= {str(t.object) for t in different
              if t.predicate.value != TYPE and isinstance(t.object, NamedNode)}  # fmt: skip
    everything = [t for triples in (*before.values(), *now.values()) for t in triples]
    nodes |= {str(t.subject) for t in everything if str(t.object) in described}
    told = keys(full, (f for f in full.findings if f.focus in nodes))
    return told | (keys(full) - keys(old))


def test_random_edits_tell_exactly_what_concerns_them(root: Path) -> None:
    before = read(root)
    old = validate_repository(root, [], DAY)
    told_something = left_something_out = 0
    for number in range(EDITS):
        changed = edit(root, random.Random(number))
        full = validate_repository(root, [], DAY)
        told = validate_changes(root, "HEAD", DAY)
        wanted = expect(root, before, old, full)
        if any(finding.stage == "syntax" for finding in full.findings):
            # Of a broken file the program makes out more than a parser: only the bounds hold.
            assert not (keys(full) - keys(old)) - keys(told), number
            assert not keys(told) - keys(full), number
        else:
            assert keys(told) == wanted, f"edit {number} of {changed}\n{write_human(told)}"
        told_something += bool(told.findings)
        left_something_out += len(told.findings) < len(full.findings)
        git(root, "checkout", "--quiet", ".")
    assert told_something > EDITS // 3
    assert left_something_out > EDITS // 2


def test_nothing_changed_tells_nothing(root: Path) -> None:
    assert validate_repository(root, [], DAY).findings
    assert validate_changes(root, "HEAD", DAY).findings == ()


def test_a_change_is_told_where_it_takes_effect(root: Path) -> None:
    register = root / "data/registers/municipalities.ttl"
    register.write_text(
        register.read_text().replace(
            "authority:bonn a mr:LocalAuthority", "authority:bonn a mr:Place"
        )
    )
    found = validate_changes(root, "HEAD", DAY)
    effect = next(f for f in found.findings if f.code == "E01")
    assert _file(effect) == "data/lists/visits.ttl"
    assert effect.focus == "<https://w3id.org/munirel/id/event/visit>"
    assert not any("event/bare" in (f.focus or "") for f in found.findings)


def test_nodes_without_names_stay_apart_in_the_data_set_as_it_was(root: Path) -> None:
    for name in ("a", "b"):
        write(root, f"data/lists/{name}.ttl", HEAD + '[] rdfs:label "x"@en ; a mr:Event .')
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "Add")
    write(root, "data/lists/b.ttl", HEAD + '[] rdfs:label "y"@en ; a mr:Event .')
    full, found = validate_repository(root, [], DAY), validate_changes(root, "HEAD", DAY)
    assert keys(found) == keys(full, (f for f in full.findings if _file(f).endswith("b.ttl")))


def test_the_changed_file_is_told_of_a_triple_in_two(root: Path) -> None:
    write(
        root, "data/lists/zz.ttl", HEAD + "event:bare a mr:Event .\nevent:bare rdfs:comment 'x' ."
    )
    found = validate_changes(root, "HEAD", DAY)
    assert {_file(f) for f in found.findings} == {"data/lists/zz.ttl"}
    assert all(found.is_changed(f) for f in found.findings)


def test_a_changed_rule_and_a_changed_question_are_told(root: Path) -> None:
    shapes = root / "shapes/events.ttl"
    shapes.write_text(shapes.read_text().replace("sh:maxCount 1", "sh:maxCount 0"))
    question = root / "queries/questions/hosts.rq"
    question.write_text(question.read_text().replace("at least 1", "at least 99"))
    codes = Counter(f.code for f in validate_changes(root, "HEAD", DAY).findings)
    assert codes["E02"] == 3, "two are new, one was there before and its rule changed"
    assert codes["Q02"] == 1


def test_changed_lines_are_those_of_git(root: Path) -> None:
    file = root / "data/lists/visits.ttl"
    text = file.read_text()
    file.write_text(text.replace("event:visit a", "event:visit\n  a"))
    write(root, "data/lists/new one.ttl", HEAD)
    changed = validate_changes(root, "HEAD", DAY).changed
    line = text[: text.index("event:visit a")].count("\n") + 1
    assert changed["data/lists/visits.ttl"] == {line, line + 1}
    assert max(changed["data/lists/new one.ttl"]) >= HEAD.count("\n")


@pytest.mark.parametrize("ref", ["nothing", "--help", "HEAD:data", ""])
def test_a_revision_that_is_none_is_refused(root: Path, ref: str) -> None:
    with pytest.raises(BadConfig, match="no such revision"):
        validate_changes(root, ref, DAY)


def test_a_folder_that_git_does_not_know_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="git"):
        validate_changes(write_repository(tmp_path), "HEAD", DAY)


def test_the_data_set_may_be_a_folder_of_a_larger_repository(tmp_path: Path) -> None:
    root = write_repository(tmp_path / "inner")
    write(tmp_path, "outside.txt", "one")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "Start")
    write(tmp_path, "outside.txt", "two")
    file = root / "data/documents/2024-fair.ttl"
    file.write_text(file.read_text().replace("mr:host authority:rheine ;", ""))
    found = validate_changes(root, "HEAD", DAY)
    assert "E01" in {finding.code for finding in found.findings}
    assert set(found.changed) == {"data/documents/2024-fair.ttl"}
