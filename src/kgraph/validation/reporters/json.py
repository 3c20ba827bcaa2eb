"""Findings as JSON: every field of a finding, and the sums. Keys: docs/validation.md."""

from __future__ import annotations

import json
from typing import Any

from kgraph.findings import Finding, Position, Severity
from kgraph.validation.fingerprints import compute_fingerprints
from kgraph.validation.run_report import RunReport


def write_json(report: RunReport, language: str = "en") -> str:
    """Give the report as one JSON object."""
    counts = report.count()
    prints = compute_fingerprints(report)
    content = {
        "findings": [
            _write_finding(finding, print_, language)
            for finding, print_ in zip(report.findings, prints, strict=True)
        ],
        "summary": {
            **{severity.value: counts[severity] for severity in reversed(Severity)},
            "known": report.known,
            "files": report.files,
            "triples": report.triples,
            "fails": report.fails(),
        },
        "skipped": list(report.skipped),
        "undecided": list(report.undecided),
    }
    return json.dumps(content, ensure_ascii=False, indent=2)


def _write_finding(finding: Finding, print_: str, language: str) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "stage": finding.stage,
        "message": finding.message_in(language),
        "help": finding.help,
        "position": _write_place(finding.position),
        "related": [_write_place(place) for place in finding.related],
        "rule": _write_place(finding.rule_position),
        "focus": finding.focus,
        "path": finding.path,
        "value": finding.value,
        "component": finding.component,
        "sourceShape": finding.source_shape,
        "fingerprint": print_,
    }


def _write_place(place: Position | None) -> dict[str, Any] | None:
    if place is None:
        return None
    return {"file": place.file, "line": place.line, "column": place.column or None}
