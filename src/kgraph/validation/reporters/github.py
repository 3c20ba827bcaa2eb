"""Findings as annotations of a GitHub workflow run, and as a table for its summary."""

from __future__ import annotations

from kgraph.findings import Finding, Severity
from kgraph.turtle.columns import measure_token
from kgraph.validation.reporters.human import summarize
from kgraph.validation.run_report import RunReport

ANNOTATIONS = {Severity.VIOLATION: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
#: The summary of a step may have one mebibyte; so many rows stay well below it.
MAX_ROWS = 1000


def write_github(report: RunReport, language: str = "en") -> str:
    """Give one workflow command per finding: on changed lines first, then the worst.

    GitHub shows about ten of a kind for a step; the others are in the summary.
    """
    commands = [_write_command(finding, report, language) for finding in rank(report)]
    notes = [f"::notice title=kgraph::{_escape(text)}" for text in report.remarks]
    return "\n".join([*commands, *notes, summarize(report)])


def write_summary(report: RunReport, language: str = "en") -> str:
    """Give the Markdown of a step summary: all findings up to MAX_ROWS, in the same order."""
    lines = ["### kgraph validate", "", summarize(report), ""]
    ranked = rank(report)
    if ranked:
        lines += ["| | rule | where | what |", "|---|---|---|---|"]
    for finding in ranked[:MAX_ROWS]:
        place = finding.position
        where = f"`{place.file}:{place.line}`" if place else ""
        cells = [finding.severity.value, finding.code, where, finding.message_in(language)]
        lines.append("| " + " | ".join(_escape_cell(cell) for cell in cells) + " |")
    if len(ranked) > MAX_ROWS:
        lines.append(f"\n{len(ranked) - MAX_ROWS:,} more findings are not shown here.")
    return "\n".join([*lines, *(f"\n{text}" for text in report.remarks)])


def rank(report: RunReport) -> list[Finding]:
    """Give the findings, those on changed lines first, then the worst, then by place."""
    return sorted(
        report.findings,
        key=lambda finding: (not report.is_changed(finding), -finding.severity.weight),
    )


def _write_command(finding: Finding, report: RunReport, language: str) -> str:
    place = finding.position or finding.rule_position
    properties = {}
    if place:
        properties = {"file": place.file, "line": str(place.line)}
        if place.column:
            properties["col"] = str(place.column)
            line = report.line_of(finding)
            if line and place == finding.position:
                end = place.column + measure_token(line, place.column)
                properties["endColumn"] = str(end)
    properties["title"] = f"{finding.code} {finding.name}".strip()
    written = ",".join(f"{key}={_escape(text, ':,')}" for key, text in properties.items())
    text = finding.message_in(language)
    if finding.help:
        text += f"\n{finding.help}"
    return f"::{ANNOTATIONS[finding.severity]} {written}::{_escape(text)}"


def _escape(text: str, more: str = "") -> str:
    """Write what a workflow command must not contain as %XX.

    >>> _escape("50 %, or so", ",")
    '50 %25%2C or so'
    """
    for character in "%\r\n" + more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def _escape_cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
