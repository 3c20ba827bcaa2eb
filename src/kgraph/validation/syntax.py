"""Syntax faults in the words of somebody who can mend them."""

from __future__ import annotations

import difflib
import re
from dataclasses import replace

from pyoxigraph import RdfFormat

from kgraph.errors import BrokenData
from kgraph.findings import Finding, Position
from kgraph.namespaces import PREFIXES
from kgraph.validation.codes import make_finding

CURLY = re.compile("[“”„‘’‚«»]")
UNKNOWN_PREFIX = re.compile(r"[Tt]he prefix (?P<prefix>[\w.-]*): has not been declared")
#: Formats whose faults are those of Turtle.
LIKE_TURTLE = (RdfFormat.TURTLE, RdfFormat.TRIG, RdfFormat.N3)


def explain_fault(
    error: BrokenData, lines: list[str], rdf_format: RdfFormat = RdfFormat.TURTLE
) -> Finding:
    """Give the finding for a fault the parser met, put where it is to be mended.

    `lines` is the file's text, without line ends; empty when it could not be decoded.
    """
    if lines and lines[0].startswith("\ufeff"):
        error = BrokenData("the file begins with a byte order mark", error.file, 1, 1)
        remedy = "save the file as UTF-8 without a byte order mark (BOM)"
        return _finding("S03", error, 1, 1, remedy)
    if lines and rdf_format not in LIKE_TURTLE:
        remote = "LoadDocumentCallback" in str(error)
        hint = "nothing is fetched: write the @context into the file" if remote else None
        return _finding("S01", error, error.line or 1, error.column or 0, hint)
    line, column = error.line or 1, error.column or 0
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    before = text[: max(column - 1, 0)]
    unknown = UNKNOWN_PREFIX.search(str(error))
    if unknown:
        return _finding("S02", error, line, column, _name_prefix(unknown["prefix"]))
    if not lines:
        return _finding("S03", error, line, column, "save the file as UTF-8")
    if CURLY.search(text[max(column - 1, 0) :][:1]) or CURLY.search(before[-1:]):
        return _finding("S01", error, line, column, 'write straight quotes: " instead of “ or „')
    if "Invalid IRI code point ' '" in str(error):
        return _finding("S01", error, line, column, "an address has no blanks: write %20 for each")
    if "dot is expected" in str(error) or "nexpected end" in str(error):
        return _missing_end(error, lines, line, column, before)
    return _finding("S01", error, line, column, None)


def _missing_end(
    error: BrokenData, lines: list[str], line: int, column: int, before: str
) -> Finding:
    """Parsers notice a missing dot at the next statement; the place to mend is before it."""
    if before.strip():
        return _finding(
            "S01", error, line, column, "put a `;` or a `,` before this, or end with `.`"
        )
    last = min(line - 1, len(lines))
    while last > 0 and (not lines[last - 1].strip() or lines[last - 1].lstrip().startswith("#")):
        last -= 1
    if not last:
        return _finding("S01", error, line, column, None)
    end = len(lines[last - 1].rstrip())
    help_text = "end the statement before with ` .`, or go on with `;` or `,`"
    if "nexpected end" in str(error):
        help_text = "the file ends inside a statement: end it with ` .`, and close every quote"
    finding = _finding("S01", error, last, end, help_text)
    return replace(finding, related=(Position(error.file or "", line, column),))


def _name_prefix(prefix: str) -> str:
    if prefix in PREFIXES:
        return f"add the line: @prefix {prefix}: <{PREFIXES[prefix]}> ."
    near = difflib.get_close_matches(prefix, PREFIXES, n=1)
    if near:
        return f"did you mean {near[0]}: ? Otherwise declare {prefix}: with @prefix"
    return f"declare it: @prefix {prefix}: <…> ."


def _finding(
    code: str, error: BrokenData, line: int, column: int, help_text: str | None
) -> Finding:
    return make_finding(code, str(error), Position(error.file or "", line, column), help=help_text)
