"""Findings that are known and accepted for now: a file of fingerprints beside the data."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from kgraph.errors import BadConfig
from kgraph.validation.fingerprints import SCHEME, compute_fingerprints
from kgraph.validation.run_report import RunReport


def write_baseline(report: RunReport) -> str:
    """Give the text of a baseline that accepts every finding of a report."""
    known = [
        {
            "fingerprint": print_,
            "code": finding.code,
            "file": finding.position.file if finding.position else None,
            "focus": finding.focus,
        }
        for print_, finding in zip(compute_fingerprints(report), report.findings, strict=True)
    ]
    known.sort(key=lambda entry: [str(value) for value in entry.values()][1:])
    lines = ",\n".join(f"    {json.dumps(entry, ensure_ascii=False)}" for entry in known)
    body = f"[\n{lines}\n  ]" if known else "[]"
    return f'{{\n  "scheme": "{SCHEME}",\n  "known": {body}\n}}\n'


def read_baseline(file: Path) -> frozenset[str]:
    """Give the fingerprints of a baseline. Errors: BadConfig when it is none."""
    hint = "write it with kgraph validate --baseline FILE --write-baseline."
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadConfig(f"{file}: cannot be read ({error.strerror}); {hint}") from error
    except ValueError as error:
        raise BadConfig(f"{file}: is no JSON ({error}); {hint}") from error
    if not isinstance(found, dict) or found.get("scheme") != SCHEME:
        raise BadConfig(f"{file}: is no baseline of the scheme {SCHEME}; {hint}")
    try:
        return frozenset(str(entry["fingerprint"]) for entry in found["known"])
    except (KeyError, TypeError) as error:
        raise BadConfig(f"{file}: an entry has no fingerprint; {hint}") from error


def leave_out_known(
    report: RunReport, known: frozenset[str], file: str, is_full: bool = True
) -> RunReport:
    """Give the report without the known findings; it says how many.

    Of a full run it says also how many of the known ones are gone.
    """
    prints = compute_fingerprints(report)
    left = {
        id(finding)
        for finding, print_ in zip(report.findings, prints, strict=True)
        if print_ in known
    }
    gone = len(known - set(prints))
    notes = report.skipped
    if gone and is_full:
        notes = (
            *notes,
            f"{file} names {gone:,} findings that are gone; --write-baseline drops them",
        )
    shorter = report.keep(lambda finding: id(finding) not in left)
    return dataclasses.replace(shorter, known=len(left), skipped=notes)
