"""A name for each finding that stays the same when lines move."""

from __future__ import annotations

import hashlib
import re
from collections import Counter

from kgraph.findings import Finding
from kgraph.validation.run_report import RunReport

_BLANK = re.compile(r"_:\w+")
#: Raised when the parts of a fingerprint change, so that old ones are not taken for new ones.
SCHEME = "kgraph/v1"


def identify(finding: Finding, line: str = "") -> str:
    """Give what makes a finding the one it is: rule, file, node, path, value, and no line number.

    Where no node is known (a syntax fault), the text of the line stands for it.
    """
    place = finding.position
    parts = [
        finding.code,
        place.file if place else "",
        finding.focus or line.strip(),
        finding.path or "",
        finding.value or "",
        finding.component or "",
        finding.source_shape or "",
    ]
    return "\n".join(_BLANK.sub("_:", part) for part in parts)


def compute_fingerprints(report: RunReport) -> list[str]:
    """Give the fingerprints of a report's findings, in their order; no two are the same.

    Findings that only their place tells apart are numbered.
    """
    seen: Counter[str] = Counter()
    prints = []
    for finding in report.findings:
        text = identify(finding, report.line_of(finding))
        seen[text] += 1
        prints.append(hashlib.sha256(f"{text}\n{seen[text]}".encode()).hexdigest()[:32])
    return prints
