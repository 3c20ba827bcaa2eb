"""Findings as SARIF 2.1.0, for code scanning. Source: OASIS SARIF Version 2.1.0."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

import kgraph
from kgraph.findings import Finding, Position, Severity
from kgraph.turtle.columns import measure_token
from kgraph.validation.fingerprints import SCHEME, compute_fingerprints
from kgraph.validation.run_report import RunReport

SARIF_LEVELS = {Severity.VIOLATION: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
ROOT = "%SRCROOT%"


def write_sarif(report: RunReport, language: str = "en") -> str:
    """Give the report as one SARIF log with one run; rules are those that found something."""
    rules = _list_rules(report, language)
    numbers = {rule["id"]: number for number, rule in enumerate(rules)}
    results = [
        _write_result(finding, print_, numbers, report, language)
        for finding, print_ in zip(report.findings, compute_fingerprints(report), strict=True)
    ]
    notes = [{"level": "warning", "message": {"text": text}} for text in report.remarks]
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {"name": "kgraph", "version": kgraph.__version__, "rules": rules}
                },
                "invocations": [
                    {
                        "executionSuccessful": not report.undecided,
                        "toolExecutionNotifications": notes,
                    }
                ],
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }
    return json.dumps(log, ensure_ascii=False, indent=2)


def _list_rules(report: RunReport, language: str) -> list[dict[str, Any]]:
    first: dict[str, Finding] = {}
    for finding in report.findings:
        first.setdefault(finding.code, finding)
    return [
        {
            "id": code,
            "shortDescription": {"text": finding.name or code},
            "defaultConfiguration": {"level": SARIF_LEVELS[finding.severity]},
            "help": {"text": finding.help or finding.message_in(language)},
            "properties": {"stage": finding.stage},
        }
        for code, finding in sorted(first.items())
    ]


def _write_result(
    finding: Finding, print_: str, numbers: dict[str, int], report: RunReport, language: str
) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": numbers[finding.code],
        "level": SARIF_LEVELS[finding.severity],
        "message": {"text": finding.message_in(language)},
        "partialFingerprints": {SCHEME: print_},
        "locations": [],
    }
    if finding.position:
        result["locations"] = [_write_place(finding.position, report)]
    related = [(place, "see also") for place in finding.related]
    if finding.rule_position:
        related.append((finding.rule_position, "the rule"))
    if related:
        result["relatedLocations"] = [
            {"id": number, **_write_place(place, report), "message": {"text": text}}
            for number, (place, text) in enumerate(related, start=1)
        ]
    terms = {"focus": finding.focus, "path": finding.path, "value": finding.value,
             "component": finding.component, "sourceShape": finding.source_shape}  # fmt: skip
    known = {name: term for name, term in terms.items() if term is not None}
    if known:
        result["properties"] = known
    return result


def _write_place(place: Position, report: RunReport) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": place.line}
    texts = report.lines.get(place.file, [])
    if place.column:
        region["startColumn"] = place.column
        if 0 < place.line <= len(texts):
            text = texts[place.line - 1]
            region["endColumn"] = place.column + measure_token(text, place.column)
    path = PurePath(place.file)
    artifact = (
        {"uri": path.as_uri()}
        if path.is_absolute()
        else {"uri": quote(path.as_posix()), "uriBaseId": ROOT}
    )
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}
