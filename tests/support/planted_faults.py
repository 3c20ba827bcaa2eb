"""Kinds of faults to plant in a file: one table, each kind a small change of the text.

A kind says by which finding its fault is to be found, and a planted fault says on which lines.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from kgraph.findings import Finding
from kgraph.namespaces import ID, MR

Lines = list[str]


@dataclass(frozen=True)
class Planted:
    """A text with a fault, and the lines, from 1, on which a finding about it may stand."""

    lines: Lines
    at: frozenset[int]


Mutate = Callable[[Lines, random.Random], Planted | None]


@dataclass(frozen=True)
class Kind:
    """`where` is a pattern of file names; a finding shows the fault when `shows` says so."""

    name: str
    where: str
    mutate: Mutate
    shows: Callable[[Finding], bool]


def code(*codes: str) -> Callable[[Finding], bool]:
    """A finding of one of these codes."""
    return lambda finding: finding.code in codes


def rule(component: str, path: str) -> Callable[[Finding], bool]:
    """A finding of a shape: the constraint's name, and a word of its path."""
    return lambda finding: (
        f"#{component}ConstraintComponent" in (finding.component or "")
        and path in (finding.path or "")
    )


def replace(pattern: str, new: str) -> Mutate:
    """Change a piece of a line; `new` may speak of groups of the pattern."""

    def mutate(lines: Lines, chance: random.Random) -> Planted | None:
        found = [n for n, line in enumerate(lines) if re.search(pattern, line)]
        if not found:
            return None
        at = chance.choice(found)
        return _changed(lines, at, [re.sub(pattern, new, lines[at], count=1)])

    return mutate


def double(pattern: str, other: str) -> Mutate:
    """Put a second value before the one on a line; either of the two may be told."""

    def mutate(lines: Lines, chance: random.Random) -> Planted | None:
        found = [n for n, line in enumerate(lines) if re.search(pattern, line)]
        if not found:
            return None
        at = chance.choice(found)
        match = re.search(pattern, lines[at])
        assert match
        start = lines[at][: match.start("value")]
        rest = lines[at][match.start("value") :]
        planted = _changed(lines, at, [f"{start}{other} ,", f"    {rest}"])
        return Planted(planted.lines, frozenset({at + 1, at + 2}))

    return mutate


def drop(pattern: str, of: str = r"^\S") -> Mutate:
    """Take out a property with its one value; the subject of the block is told."""

    def mutate(lines: Lines, chance: random.Random) -> Planted | None:
        found = [
            n
            for n, line in enumerate(lines)
            if re.search(pattern, line)
            and line.endswith(" ;")
            and re.search(of, _subject(lines, n)[1])
        ]
        if not found:
            return None
        at = chance.choice(found)
        return Planted([*lines[:at], *lines[at + 1 :]], frozenset({_subject(lines, at)[0] + 1}))

    return mutate


def add(block: str, line: int) -> Mutate:
    """Put a block at the end of the file; a line of it, from 1, is at fault."""

    def mutate(lines: Lines, _chance: random.Random) -> Planted | None:
        texts = block.split("\n")
        return Planted([*lines, *texts, ""], frozenset({len(lines) + line}))

    return mutate


def lose_dot(lines: Lines, chance: random.Random) -> Planted | None:
    """Take out the dot at the end of a block, and the semicolon before it."""
    ends = [n for n, line in enumerate(lines) if line == "." and n < len(lines) - 3]
    if not ends:
        return None
    at = chance.choice(ends)
    before = lines[at - 1].removesuffix(" ;")
    return Planted([*lines[: at - 1], before, *lines[at + 1 :]], frozenset({at, at + 1}))


def swap_days(lines: Lines, chance: random.Random) -> Planted | None:
    """Let something end before it began."""
    found = [n for n, line in enumerate(lines) if re.search(r'schema:endDate "\d{4}-', line)]
    if not found:
        return None
    at = chance.choice(found)
    start = next(n for n in range(at, len(lines)) if "schema:startDate" in lines[n])
    changed = re.sub(r'"\d{4}', '"1066', lines[at])
    return Planted([*lines[:at], changed, *lines[at + 1 :]], frozenset({at + 1, start + 1}))


def _changed(lines: Lines, at: int, new: Lines) -> Planted:
    return Planted([*lines[:at], *new, *lines[at + 1 :]], frozenset({at + 1}))


def _subject(lines: Lines, at: int) -> tuple[int, str]:
    while at > 0 and (not lines[at] or lines[at][0] in " ."):
        at -= 1
    return at, lines[at]


LONELY = f"""<{ID}relationship/zzz-planted>
  a <{MR}MunicipalRelationship> ;
  <{MR}hasPartner> <{ID}authority/duesseldorf> ;
."""
SOURCES = r"data/(documents|lists|funding)/"
DATA = r"data/(documents|lists|funding|registers)/"
PHASE = r"^phase:"
#: The kinds, in the order of the stages.
KINDS: tuple[Kind, ...] = (
    Kind("missing-dot", DATA, lose_dot, code("S01")),
    Kind("missing-semicolon", DATA, replace(r"^(  \S+:\S+ \S+) ;$", r"\1"), code("S01")),
    Kind("curly-quotes", DATA, replace(r'"([^"]+)"@de', "“\\1”@de"), code("S01")),
    Kind("blank-in-address", SOURCES, replace(r"<(https?://[^>]{9})", r"<\1 "), code("S01")),
    Kind("unclosed-quote", DATA, replace(r'"([^"]+)"@(\w\w)', r'"\1@\2'), code("S01")),
    Kind("unknown-prefix", DATA, replace(r"^  mr:", "  mrr:"), code("S02")),
    Kind("misspelt-property", DATA, replace(r"^  mr:(\w+)(\w) ", r"  mr:\1q\2 "), code("Y01")),
    Kind("misspelt-class", DATA, replace(r" mr:([A-Z]\w+) ;", r" mr:\1x ;"), code("Y01")),
    Kind("misspelt-concept", SOURCES, replace(r"form:(\w+)", r"form:q\1"), code("Y01")),
    Kind("http-schema", SOURCES,
         replace(r"^  schema:(\w+) ", r"  <http://schema.org/\1> "),
         code("Y02")),
    Kind("misspelt-foreign-term", DATA,
         replace(r"^  (schema|rdfs|org):(\w+) ", r"  \1:\2q "),
         code("Y03")),
    Kind("unknown-kind", SOURCES,
         replace(r" authority:([\w-]+)", r" <https://w3id.org/munirel/id/town/\1>"),
         code("Y04")),
    Kind("ill-formed-name", SOURCES,
         replace(r" authority:([\w-]+)", r" authority:\1--x"),
         code("Y05")),
    Kind("unregistered-city", SOURCES,
         replace(r" authority:([\w-]+)", r" authority:zzz\1"),
         code("Y06")),
    Kind("undescribed-thing", SOURCES,
         replace(r" relationship:([\w-]+)", r" relationship:zzz-\1"),
         code("Y07")),
    Kind("class-of-another-kind", SOURCES,
         add(f"<{ID}event/zzz-planted>\n  a <{MR}Claim> ;\n.", 1),
         code("Y08")),
    Kind("german-date", SOURCES,
         replace(r'"(\d{4})-(\d\d)-(\d\d)"\^\^', r'"\3.\2.\1"^^'),
         code("Y09")),
    Kind("day-not-in-calendar", SOURCES,
         replace(r'"(\d{4})-\d\d-\d\d"\^\^', r'"\1-02-30"^^'),
         code("Y09")),
    Kind("no-edtf", SOURCES, replace(r'"[^"]+"\^\^edtf:', '"soon"^^edtf:'), code("Y09")),
    Kind("evidence-past-the-end", r"data/documents/",
         replace(r"#char=(\d+),\d+>", r"#char=\1,999999>"),
         code("Y10")),
    Kind("evidence-reversed", r"data/documents/",
         replace(r"#char=(\d+),(\d+)>", r"#char=\2,\1>"),
         code("Y10")),
    Kind("prefix-of-another-address", DATA,
         replace(r"^@prefix (rdfs|mr): <[^>]*>", r"@prefix \1: <http://example.org/>"),
         code("Y11")),
    Kind("thing-without-name", SOURCES, add(f"[\n  a <{MR}Claim>\n] .", 1), code("Y12")),
    Kind("phase-without-form", SOURCES, drop(r"^  mr:form ", PHASE), rule("MinCount", "#form>")),
    Kind("phase-without-status", SOURCES,
         drop(r"^  mr:status ", PHASE),
         rule("MinCount", "#status>")),
    Kind("phase-with-two-forms", SOURCES,
         double(r"^  mr:form (?P<value>form:(?!twin))", "form:twinning"),
         rule("MaxCount", "#form>")),
    Kind("concept-of-another-list", SOURCES,
         replace(r"^  mr:form \S+", "  mr:form confidence:high"),
         rule("Node", "#form>")),
    Kind("relationship-with-one-partner", SOURCES, add(LONELY, 3), rule("MinCount", "hasPartner")),
    Kind("phase-of-a-city", SOURCES,
         replace(r"mr:phaseOf \S+", "mr:phaseOf authority:duesseldorf"),
         rule("Class", "phaseOf")),
    Kind("end-before-start", DATA, swap_days, rule("LessThanOrEquals", "startDate")),
    Kind("two-labels-in-one-language", DATA,
         double(r'^  rdfs:label (?P<value>"[^"]+"@de)', '"Zwei"@de'),
         rule("UniqueLang", "label")),
    Kind("latitude-of-no-place", r"data/registers/",
         replace(r"schema:latitude [\d.]+", "schema:latitude 95.5"),
         rule("MaxInclusive", "latitude")),
)  # fmt: skip
