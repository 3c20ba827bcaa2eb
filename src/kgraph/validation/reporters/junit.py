"""Findings as JUnit XML: one suite per file, one case per finding, one that passes if clean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from kgraph.findings import Finding
from kgraph.validation.run_report import RunReport

#: Characters that XML 1.0 has no way to write.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(report: RunReport, language: str = "en") -> str:
    """Give the report as XML; only findings at or above the threshold are failures."""
    by_file: dict[str, list[Finding]] = {name: [] for name in sorted(report.lines)}
    for finding in report.findings:
        by_file.setdefault(finding.position.file if finding.position else "", []).append(finding)
    failures = sum(finding.severity >= report.threshold for finding in report.findings)
    root = Xml.Element("testsuites", name="kgraph validate", failures=str(failures))
    root.set("errors", str(len(report.undecided)))
    total = 0
    for file, findings in by_file.items():
        suite = Xml.SubElement(root, "testsuite", name=file or "data set")
        for finding in findings:
            _add_case(suite, file, finding, report, language)
        if not findings:
            Xml.SubElement(suite, "testcase", classname=file, name="nothing to mend")
        bad = sum(finding.severity >= report.threshold for finding in findings)
        count = max(len(findings), 1)
        total += count
        for name, number in (("tests", count), ("failures", bad), ("errors", 0), ("skipped", 0)):
            suite.set(name, str(number))
    if report.undecided:
        total += len(report.undecided)
        _add_undecided(root, report.undecided)
    root.set("tests", str(total))
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode")


def _add_case(
    suite: Xml.Element, file: str, finding: Finding, report: RunReport, language: str
) -> None:
    line = finding.position.line if finding.position else 0
    title = " ".join(filter(None, [finding.code, finding.name, f"line {line}" if line else ""]))
    case = Xml.SubElement(suite, "testcase", classname=file or "data set", name=_clean(title))
    if file:
        case.set("file", file)
    if line:
        case.set("line", str(line))
    message = _clean(finding.message_in(language))
    places = [f"{place.file}:{place.line}" for place in (finding.position, finding.rule_position)
              if place]  # fmt: skip
    text = [message, *places, *filter(None, [finding.focus, finding.help])]
    if finding.severity >= report.threshold:
        inside = Xml.SubElement(case, "failure", message=message, type=finding.severity.value)
    else:
        inside = Xml.SubElement(case, "system-out")
    inside.text = _clean("\n".join(text))


def _add_undecided(root: Xml.Element, undecided: Sequence[str]) -> None:
    count = str(len(undecided))
    suite = Xml.SubElement(root, "testsuite", name="undecided", tests=count, failures="0")
    suite.set("errors", count)
    suite.set("skipped", "0")
    for text in undecided:
        case = Xml.SubElement(suite, "testcase", classname="undecided", name=_clean(text))
        Xml.SubElement(case, "error", message=_clean(text), type="undecided")


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
