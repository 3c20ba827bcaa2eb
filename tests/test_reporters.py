"""Reports in every format: what their readers need, the same bytes every time."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from pyoxigraph import RdfFormat, parse

from kgraph.findings import Finding, Severity
from kgraph.validation.baseline import leave_out_known, read_baseline, write_baseline
from kgraph.validation.fingerprints import compute_fingerprints
from kgraph.validation.reporters import REPORTERS
from kgraph.validation.reporters.github import write_github, write_summary
from kgraph.validation.reporters.gitlab import write_gitlab
from kgraph.validation.reporters.json import write_json
from kgraph.validation.reporters.junit import write_junit
from kgraph.validation.reporters.sarif import write_sarif
from kgraph.validation.reporters.turtle import write_turtle
from kgraph.validation.run import validate_files, validate_repository
from kgraph.validation.run_report import RunReport
from repositories import HEAD, SHAPES, write, write_repository

DAY = date(2026, 11, 22)
SARIF_SCHEMA = Path(__file__).parents[2] / "shared" / "suites" / "sarif"
FAULTS = """
event:bare a mr:Event .
event:named a mr:Event ; rdfs:label "A"@en , "B | 50 %, <b>"@en ; mr:host authority:rheine .
event:x a mr:Evnt .
event:umlaut a mr:Event ; rdfs:label "Ü\\u0001"@de ; mr:host claim:sure .
"""


@pytest.fixture
def report(tmp_path: Path) -> RunReport:
    root = write_repository(tmp_path)
    write(root, "data/lists/faults.ttl", HEAD + FAULTS)
    write(root, "data/lists/broken one.ttl", "event:x a")
    found = validate_repository(root, [], DAY)
    assert {finding.severity for finding in found.findings} >= {
        Severity.VIOLATION,
        Severity.WARNING,
    }
    assert len(found.findings) >= 6
    return found


@pytest.mark.parametrize("form", REPORTERS)
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_format_is_the_same_every_time(tmp_path: Path, form: str, language: str) -> None:
    root = write_repository(tmp_path)
    write(root, "data/lists/faults.ttl", HEAD + FAULTS + "[] a mr:Event . [] a mr:Event .")
    texts = {REPORTERS[form](validate_repository(root, [], DAY), language) for _ in range(3)}
    assert len(texts) == 1
    (text,) = texts
    assert not text.endswith("\n")


@pytest.mark.parametrize("form", REPORTERS)
def test_every_format_can_say_that_nothing_is_wrong(tmp_path: Path, form: str) -> None:
    report = validate_repository(write_repository(tmp_path), [], DAY)
    assert report.findings == ()
    assert REPORTERS[form](report, "en")


def test_json_has_every_finding_with_place_and_rule(report: RunReport) -> None:
    content = json.loads(write_json(report, "de"))
    assert len(content["findings"]) == len(report.findings)
    shape = next(f for f in content["findings"] if f["code"] == "E01")
    assert shape["position"]["file"] == "data/lists/faults.ttl"
    assert shape["rule"]["file"] == "shapes/events.ttl"
    assert shape["message"].startswith("Eine Veranstaltung")
    assert content["summary"]["violation"] == report.count()[Severity.VIOLATION]
    assert content["summary"]["fails"] is True


def load_sarif_schema() -> Any:
    if not SARIF_SCHEMA.is_dir():
        pytest.skip("../shared/suites/sarif, which holds the schema, is absent")
    return json.loads(next(SARIF_SCHEMA.glob("*.json")).read_text(encoding="utf-8"))


def test_sarif_fits_its_schema(report: RunReport) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    validator = jsonschema.Draft7Validator(load_sarif_schema())
    log = json.loads(write_sarif(report))
    assert list(validator.iter_errors(log)) == []
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert list(validator.iter_errors(log)), "the schema is one that can say no"


def test_sarif_names_rule_place_and_fingerprint(report: RunReport) -> None:
    run = json.loads(write_sarif(report))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted({f.code for f in report.findings})
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        (print_,) = result["partialFingerprints"].values()
        assert re.fullmatch(r"[0-9a-f]{32}", print_)
        region = result["locations"][0]["physicalLocation"]["region"]
        assert region["startLine"] >= 1
        assert region.get("endColumn", 2) > region.get("startColumn", 1)
    uris = {
        r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run["results"]
    }
    assert "data/lists/broken%20one.ttl" in uris


def test_junit_fails_what_the_threshold_says(report: RunReport) -> None:
    root = Xml.fromstring(write_junit(report))
    assert len(root.findall(".//failure")) == report.count()[Severity.VIOLATION]
    assert int(root.get("failures", "")) == report.count()[Severity.VIOLATION]
    assert int(root.get("tests", "")) == len(root.findall(".//testcase"))
    clean = root.find("testsuite[@name='ontology/core.ttl']")
    assert clean is not None
    assert [case.get("name") for case in clean] == ["nothing to mend"]
    for suite in root:
        assert int(suite.get("tests", "")) == len(suite.findall("testcase"))


def test_gitlab_entries_are_unique_and_placed(report: RunReport) -> None:
    entries = json.loads(write_gitlab(report))
    assert len({entry["fingerprint"] for entry in entries}) == len(entries) == len(report.findings)
    assert {entry["severity"] for entry in entries} <= {"info", "minor", "major"}
    assert all(entry["location"]["lines"]["begin"] >= 1 for entry in entries)


def test_github_annotations_are_one_line_each_and_the_worst_first(report: RunReport) -> None:
    lines = write_github(report).split("\n")
    commands = [line for line in lines if line.startswith("::")]
    kinds = [command[2:].split(" ")[0] for command in commands]
    count = len(report.findings)
    assert kinds[:count] == sorted(kinds[:count], key=["error", "warning", "notice"].index)
    pattern = r"::\w+ file=[^,]+,line=\d+(,col=\d+,endColumn=\d+)?,title=[^:]+::.+"
    assert all(re.fullmatch(pattern, command) for command in commands[:count])


def test_github_puts_changed_lines_before_worse_findings(report: RunReport) -> None:
    mild = next(f for f in report.findings if f.severity is Severity.WARNING)
    assert mild.position
    lines = {mild.position.file: frozenset({mild.position.line})}
    changed = RunReport(report.findings, 1, 1, report.lines, changed=lines)
    assert write_github(changed).startswith("::warning ")


def test_github_summary_is_a_table_that_no_text_breaks(report: RunReport) -> None:
    rows = [line for line in write_summary(report).split("\n") if line.startswith("| ")]
    assert len(rows) == len(report.findings) + 1
    cells = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
    assert cells == {5}


def test_turtle_is_a_validation_report(report: RunReport) -> None:
    text = write_turtle(report)
    triples = list(parse(text.encode(), format=RdfFormat.TURTLE))
    kinds = [t.object.value.rpartition("#")[2] for t in triples
             if t.predicate.value.endswith("#type")]  # type: ignore[union-attr]  # fmt: skip
    assert kinds.count("ValidationReport") == 1
    assert kinds.count("ValidationResult") == len(report.results) > 0
    assert "sh:conforms false" in text
    assert "findings of other stages" in text


def test_what_cannot_be_read_does_not_conform(tmp_path: Path) -> None:
    shapes = write(tmp_path, "s.ttl", HEAD + SHAPES)
    data = write(tmp_path, "d.ttl", "event:x a")
    assert "sh:conforms false" in write_turtle(validate_files([data], [shapes]))
    good = write(tmp_path, "g.ttl", HEAD)
    assert "sh:conforms true" in write_turtle(validate_files([good], [shapes]))


def test_fingerprints_survive_moved_lines(tmp_path: Path) -> None:
    root = write_repository(tmp_path)
    file = write(root, "data/lists/faults.ttl", HEAD + FAULTS)
    before = validate_repository(root, [], DAY)
    file.write_text("# one\n# more\n" + HEAD + "\n\n" + FAULTS.replace("a mr:Ev", "a\n  mr:Ev"))
    after = validate_repository(root, [], DAY)
    assert {f.position for f in before.findings}.isdisjoint(f.position for f in after.findings)
    assert sorted(compute_fingerprints(before)) == sorted(compute_fingerprints(after))


def test_a_baseline_leaves_out_what_is_known(tmp_path: Path) -> None:
    root = write_repository(tmp_path / "r")
    file = write(root, "data/lists/faults.ttl", HEAD + FAULTS)
    report = validate_repository(root, [], DAY)
    baseline = write(tmp_path, "known.json", write_baseline(report))
    known = read_baseline(baseline)
    file.write_text(
        "\n" + HEAD + FAULTS.replace("event:bare a mr:Event .", "event:new a mr:Event .")
    )
    later = leave_out_known(validate_repository(root, [], DAY), known, "known.json")
    assert [finding.focus for finding in later.findings] == [
        "<https://w3id.org/munirel/id/event/new>"
    ]
    assert later.known == len(report.findings) - 1
    assert later.skipped == (
        "known.json names 1 findings that are gone; --write-baseline drops them",
    )
    assert f", {later.known} known in" in REPORTERS["human"](later, "en")


def test_remarks_are_counted_and_listed_where_they_are_asked_for() -> None:
    def finding(code: str, severity: Severity) -> Finding:
        return Finding(code, severity, f"{code} is wrong: mend it.")

    warning, remark = finding("A01", Severity.WARNING), finding("A02", Severity.INFO)
    report = RunReport((warning, remark, remark), 1, 1000, {})
    short = REPORTERS["human"](report, "en")
    assert "warning[A01" in short
    assert "info[A02" not in short
    assert "2 info not listed (A02 2): --format full lists them." in short
    assert REPORTERS["full"](report, "en").count("info[A02") == 2
    failing = dataclasses.replace(report, threshold=Severity.INFO)
    assert REPORTERS["human"](failing, "en").count("info[A02") == 2
