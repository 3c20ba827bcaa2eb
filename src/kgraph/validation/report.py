"""What one run of the validation found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from kgraph.findings import Finding, Severity


@dataclass(frozen=True)
class Report:
    """Findings in the order of a report; `lines` holds the text of each file, for excerpts.

    `files` and `triples` say how much was looked at, `skipped` what could not be, and why.
    """

    findings: tuple[Finding, ...]
    files: int
    triples: int
    lines: dict[str, list[str]]
    skipped: tuple[str, ...] = ()

    def count(self) -> Counter[Severity]:
        """Give the number of findings of each severity."""
        return Counter(finding.severity for finding in self.findings)

    def fails(self, threshold: Severity) -> bool:
        """Say whether there is a finding at or above a severity."""
        return any(finding.severity >= threshold for finding in self.findings)
