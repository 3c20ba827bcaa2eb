"""Findings as a GitLab code quality report. Source: docs.gitlab.com, "Code Quality"."""

from __future__ import annotations

import json

from kgraph.findings import Severity
from kgraph.validation.fingerprints import compute_fingerprints
from kgraph.validation.run_report import RunReport

GITLAB_LEVELS = {Severity.VIOLATION: "major", Severity.WARNING: "minor", Severity.INFO: "info"}


def write_gitlab(report: RunReport, language: str = "en") -> str:
    """Give the report as a JSON array; a finding without a place stands at its rule."""
    content = []
    for finding, print_ in zip(report.findings, compute_fingerprints(report), strict=True):
        place = finding.position or finding.rule_position
        content.append(
            {
                "description": finding.message_in(language),
                "check_name": f"{finding.code} {finding.name}".strip(),
                "fingerprint": print_,
                "severity": GITLAB_LEVELS[finding.severity],
                "location": {
                    "path": place.file if place else ".",
                    "lines": {"begin": place.line if place else 1},
                },
            }
        )
    return json.dumps(content, ensure_ascii=False, indent=2)
