"""Literals whose text is none of their datatype: `"19.09.2011"^^xsd:date`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pyoxigraph import Literal

from kgraph.findings import Finding
from kgraph.names import shorten
from kgraph.namespaces import EDTF, XSD
from kgraph.rdf.edtf import BadEdtf, read_bounds
from kgraph.rdf.literals import is_well_formed
from kgraph.validation.codes import make_finding
from kgraph.validation.files import FileSet
from kgraph.validation.positions import Positions

EDTF_TYPE = f"{EDTF}EDTF"
GERMAN_DAY = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
SLASHED_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
LOOSE_DAY = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})")
YEAR_OR_MONTH = re.compile(r"\d{4}(?:-\d{2})?")


def check_literals(files: FileSet, places: Positions) -> Iterator[Finding]:
    """Yield a finding for each statement with an ill-typed literal."""
    judged: dict[Literal, tuple[str, str | None] | None] = {}
    for file in files.whole():
        for statement in file.statements:
            literal = statement.quad.object
            if not isinstance(literal, Literal) or literal.language:
                continue
            if literal not in judged:
                judged[literal] = _explain(literal)
            fault = judged[literal]
            if fault:
                message, help_text = fault
                yield make_finding(
                    "Y09",
                    message,
                    places.of_triple_in(file, statement),
                    focus=str(statement.quad.subject),
                    path=str(statement.quad.predicate),
                    value=str(literal),
                    help=help_text,
                )


def _explain(literal: Literal) -> tuple[str, str | None] | None:
    """Give the message and what to write instead; None for a good literal."""
    text, datatype = literal.value, literal.datatype.value
    if datatype == EDTF_TYPE:
        try:
            read_bounds(text)
        except BadEdtf as error:
            day = correct_day(text)
            return str(error), f'write "{day}"^^xsd:date' if day else "see docs/time.md"
        return None
    if is_well_formed(literal):
        return None
    message = f"“{text}” is no {shorten(datatype)}."
    if datatype == f"{XSD}date":
        day = correct_day(text)
        if day:
            return message, f"write {day}"
        if YEAR_OR_MONTH.fullmatch(text):
            return message, f'a day is not known: write mr:edtf "{text}"^^edtf:EDTF instead'
        return message, "write a day of the calendar as YYYY-MM-DD"
    if datatype == f"{XSD}boolean":
        return message, "write true or false"
    if datatype == f"{XSD}decimal":
        return message, "write digits with a point, such as 1250000.50"
    return message, None


def correct_day(text: str) -> str | None:
    """Give the day that a text in another notation means, as YYYY-MM-DD; None when in doubt.

    >>> correct_day("19.09.2011"), correct_day("2011-9-19"), correct_day("3/4/2011")
    ('2011-09-19', '2011-09-19', None)
    """
    parts: tuple[str, ...] | None = None
    if match := GERMAN_DAY.fullmatch(text.strip()):
        parts = match.group(3, 2, 1)
    elif match := LOOSE_DAY.fullmatch(text.strip()):
        parts = match.group(1, 2, 3)
    elif match := SLASHED_DAY.fullmatch(text.strip()):
        first, second = int(match[1]), int(match[2])
        if first > 12 >= second:  # only one reading is possible
            parts = match.group(3, 2, 1)
        elif second > 12 >= first:
            parts = match.group(3, 1, 2)
    if parts is None:
        return None
    day = f"{parts[0]}-{int(parts[1]):02}-{int(parts[2]):02}"
    try:
        read_bounds(day)
    except BadEdtf:
        return None
    return day
