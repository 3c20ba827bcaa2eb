"""What one run of the validation found."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from kgraph.findings import Finding, Severity
from kgraph.shacl import Result


@dataclass(frozen=True)
class RunReport:
    """Findings in the order of a report; `lines` holds the text of each file, for excerpts.

    `files` and `triples` say how much was looked at, `skipped` what could not be, and why.
    `results` holds the SHACL results behind those findings that come from shapes. `known` counts
    findings left out because a baseline names them. `changed` holds the changed lines, by file, of
    a run on changes. `threshold` is the least severity that fails; `seconds` None is not told.
    `undecided` names the constraints that neither passed nor failed; `source` is the address of
    data that lie behind an endpoint.
    """

    findings: tuple[Finding, ...]
    files: int
    triples: int
    lines: dict[str, list[str]]
    skipped: tuple[str, ...] = ()
    results: tuple[tuple[Finding, Result], ...] = ()
    known: int = 0
    changed: dict[str, frozenset[int]] = dataclasses.field(default_factory=dict)
    threshold: Severity = Severity.VIOLATION
    seconds: float | None = None
    undecided: tuple[str, ...] = ()
    source: str = ""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is to be said of the run as a whole."""
        return (*self.skipped, *self.undecided)

    def count(self) -> Counter[Severity]:
        """Give the number of findings of each severity."""
        return Counter(finding.severity for finding in self.findings)

    def fails(self, threshold: Severity | None = None) -> bool:
        """Say whether there is a finding at or above a severity, the report's own by default."""
        least = threshold or self.threshold
        return any(finding.severity >= least for finding in self.findings)

    def keep(self, wanted: Callable[[Finding], bool]) -> RunReport:
        """Give the report of those findings alone."""
        return dataclasses.replace(
            self,
            findings=tuple(finding for finding in self.findings if wanted(finding)),
            results=tuple(pair for pair in self.results if wanted(pair[0])),
        )

    def line_of(self, finding: Finding) -> str:
        """Give the text of the line a finding is put on, empty where there is none."""
        place = finding.position
        texts = self.lines.get(place.file, []) if place else []
        return texts[place.line - 1] if place and 0 < place.line <= len(texts) else ""

    def is_changed(self, finding: Finding) -> bool:
        """Say whether a finding, or a place related to it, is on a changed line."""
        places = [finding.position, *finding.related]
        return any(
            place is not None and place.line in self.changed.get(place.file, frozenset())
            for place in places
        )
