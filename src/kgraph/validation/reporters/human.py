"""Findings for people in a terminal: rule, sentence, place, the line itself, what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from kgraph.findings import Finding, Position, Severity
from kgraph.turtle.columns import measure_token
from kgraph.validation.run_report import RunReport

#: Of longer lines a part is shown.
MAX_WIDTH = 240
SEVERITY_WORDS = {Severity.VIOLATION: "error", Severity.WARNING: "warning", Severity.INFO: "info"}


def write_human(report: RunReport, language: str = "en") -> str:
    """Give the report as text; remarks (info) are counted by rule, unless the run fails on them.

    Errors: none; a place without a known line has no excerpt.
    """
    if report.threshold is Severity.INFO:
        return write_full(report, language)
    listed = [f for f in report.findings if f.severity is not Severity.INFO]
    left = Counter(f.code for f in report.findings if f.severity is Severity.INFO)
    codes = ", ".join(f"{code} {count:,}" for code, count in sorted(left.items()))
    note = [f"note: {left.total():,} info not listed ({codes}): --format full lists them.\n"]
    return _write(listed, report, language, note if left else [])


def write_full(report: RunReport, language: str = "en") -> str:
    """Give the report as text, with every remark (info) in it. Errors: none."""
    return _write(report.findings, report, language, [])


def _write(
    findings: Sequence[Finding], report: RunReport, language: str, notes: Sequence[str]
) -> str:
    parts = [_write_finding(finding, report, language) for finding in findings]
    parts += [f"note: {text}\n" for text in report.remarks]
    return "\n".join([*parts, *notes, summarize(report)])


def summarize(report: RunReport) -> str:
    """Give the last line: how many findings, in how much.

    >>> summarize(RunReport((), 1, 1000, {}))
    'Found nothing to mend in 1 file (1,000 triples).'
    """
    counts = report.count()
    found = [
        _plural(counts[severity], SEVERITY_WORDS[severity])
        for severity in reversed(Severity)
        if counts[severity]
    ]
    if report.undecided:
        found.append(f"{_plural(len(report.undecided), 'constraint')} undecided")
    what = ", ".join(found) or "nothing to mend"
    place = report.source or _plural(report.files, "file")
    where = f"{place} ({_plural(report.triples, 'triple')})"
    known = f", {report.known:,} known" if report.known else ""
    time = f" in {report.seconds:.1f} s" if report.seconds is not None else ""
    return f"Found {what}{known} in {where}{time}."


def _plural(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 or word == 'info' else 's'}"


def _write_finding(finding: Finding, report: RunReport, language: str) -> str:
    rule = f"{finding.code} {finding.name}".strip()
    lines = [f"{SEVERITY_WORDS[finding.severity]}[{rule}]: {finding.message_in(language)}"]
    gutter = "   "
    if finding.position:
        gutter = " " * (len(str(finding.position.line)) + 1)
        lines += _excerpt(finding.position, report, gutter)
    elif finding.focus:
        lines.append(f"{gutter}= about: {finding.focus}")
    for place in finding.related[:3]:
        lines.append(f"{gutter}= see also: {_name(place)}")
    if finding.help:
        lines.append(f"{gutter}= help: {finding.help}")
    if finding.rule_position:
        place = finding.rule_position
        lines.append(f"{gutter}= rule: {place.file}:{place.line}")
    return "\n".join(lines) + "\n"


def _excerpt(place: Position, report: RunReport, gutter: str) -> list[str]:
    lines = [f"{gutter[:-1]}--> {_name(place)}"]
    texts = report.lines.get(place.file, [])
    if not 0 < place.line <= len(texts):
        return lines
    text, column = _crop(texts[place.line - 1].rstrip().expandtabs(1), place.column)
    lines += [f"{gutter}|", f"{place.line} | {text}"]
    if column:
        marks = "^" * max(min(measure_token(text, column), len(text)), 1)
        lines.append(f"{gutter}| {' ' * (column - 1)}{marks}")
    return lines


def _crop(text: str, column: int) -> tuple[str, int]:
    """Give the part of a long line around a column, and the column in it.

    A file on one line is shown once per finding otherwise, all of it.
    """
    if len(text) <= MAX_WIDTH:
        return text, column
    start = max(column - 1 - MAX_WIDTH // 4, 0)
    cut = text[start : start + MAX_WIDTH]
    left, right = "… " if start else "", " …" if start + MAX_WIDTH < len(text) else ""
    return f"{left}{cut}{right}", column - start + len(left) if column else 0


def _name(place: Position) -> str:
    return f"{place.file}:{place.line}" + (f":{place.column}" if place.column else "")
