"""Lexical forms of the XML Schema datatypes: which are right, which an engine would rewrite.

Source: XML Schema 1.1 part 2, chapter 3, and RDF 1.1 Concepts 5.1.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions, Store

from kgraph.errors import BadQuery
from kgraph.namespaces import XSD
from kgraph.rdf.terms import Term

# Literals are compared this many at a time, to keep each query text small.
BATCH = 500

_ZONE = r"(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))?"
_YEAR = r"-?(?:[1-9]\d{3,}|0\d{3})"
_TIME = r"(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?|24:00:00(?:\.0+)?)"
_MONTH = r"(?:0[1-9]|1[0-2])"
_DAY = r"(?:0[1-9]|[12]\d|3[01])"
# Days that every month has: what an engine may accept without knowing the calendar.
_SAFE_DAY = r"(?:0[1-9]|1\d|2[0-8])"
_FLOAT = r"(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?INF|NaN)"
_DURATION_TIME = r"T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?"

_FORMS: dict[str, str] = {
    "boolean": r"true|false|0|1",
    "decimal": r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)",
    "double": _FLOAT,
    "float": _FLOAT,
    "date": rf"{_YEAR}-{_MONTH}-{_DAY}{_ZONE}",
    "time": rf"{_TIME}{_ZONE}",
    "dateTime": rf"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE}",
    "dateTimeStamp": rf"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE[:-1]}",
    "gYear": rf"{_YEAR}{_ZONE}",
    "gYearMonth": rf"{_YEAR}-{_MONTH}{_ZONE}",
    "gMonth": rf"--{_MONTH}{_ZONE}",
    "gMonthDay": rf"--{_MONTH}-{_DAY}{_ZONE}",
    "gDay": rf"---{_DAY}{_ZONE}",
    "duration": rf"-?P(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:{_DURATION_TIME})?",
    "yearMonthDuration": r"-?P(?=.)(?:\d+Y)?(?:\d+M)?",
    "dayTimeDuration": rf"-?P(?=.)(?:\d+D)?(?:{_DURATION_TIME})?",
    "hexBinary": r"(?:[0-9a-fA-F]{2})*",
    "base64Binary": r"(?:(?:[A-Za-z0-9+/] ?){4})*"
    r"(?:(?:[A-Za-z0-9+/] ?){2}= ?=|(?:[A-Za-z0-9+/] ?){3}=)?",
    "normalizedString": r"[^\t\n\r]*",
    "token": r"(?:[^\s]+(?: [^\s]+)*)?",
    "language": r"[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*",
    "NMTOKEN": r"[\w.:·-]+",
    "Name": r"[^\W\d][\w.:·-]*|:[\w.:·-]*",
    "NCName": r"[^\W\d][\w.·-]*",
}
_INTEGERS: dict[str, tuple[int | None, int | None]] = {
    "integer": (None, None),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
    "long": (-(2**63), 2**63 - 1),
    "int": (-(2**31), 2**31 - 1),
    "short": (-(2**15), 2**15 - 1),
    "byte": (-(2**7), 2**7 - 1),
    "unsignedLong": (0, 2**64 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedByte": (0, 2**8 - 1),
}
_INTEGER = r"[+-]?\d+"
# Datatypes whose forms may hold any letters, not those of ASCII alone.
_TEXTS = ("normalizedString", "token", "Name", "NCName", "NMTOKEN")
_COMPILED = {name: re.compile(form) for name, form in _FORMS.items()}

# Datatypes of the values that stores keep in place of what was written.
_IMAGES = (
    *("integer", "decimal", "double", "float", "boolean", "date", "time", "dateTime"),
    *("duration", "yearMonthDuration", "dayTimeDuration"),
)

# Forms that are right beyond doubt, in the regular expressions that every SPARQL engine has.
# What does not match is looked at again by `is_well_formed`, so these may be too narrow.
_SAFE: dict[str, str] = {
    "boolean": "^(true|false|0|1)$",
    "decimal": r"^[+-]?[0-9]+(\\.[0-9]+)?$",
    "double": r"^[+-]?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?$",
    "float": r"^[+-]?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?$",
    "date": "^[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$",
    "dateTime": "^[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]+)?Z?$",
    "gYear": "^[1-9][0-9]{3}$",
    "gYearMonth": "^[1-9][0-9]{3}-(0[1-9]|1[0-2])$",
    "integer": "^[+-]?[0-9]+$",
    "nonNegativeInteger": "^[0-9]+$",
    "positiveInteger": "^[1-9][0-9]*$",
    "long": "^-?[0-9]{1,18}$",
    "int": "^-?[0-9]{1,9}$",
    "short": "^-?[0-9]{1,4}$",
    "byte": "^-?[0-9]{1,2}$",
    "unsignedLong": "^[0-9]{1,18}$",
    "unsignedInt": "^[0-9]{1,9}$",
    "unsignedShort": "^[0-9]{1,4}$",
    "unsignedByte": "^[0-9]{1,2}$",
}


def has_lexical_rules(datatype: NamedNode) -> bool:
    """Tell whether some lexical forms of this datatype are wrong, as far as we know."""
    name = datatype.value.removeprefix(XSD)
    return datatype.value.startswith(XSD) and (name in _FORMS or name in _INTEGERS)


def safe_form(datatype: NamedNode) -> str | None:
    """Give a SPARQL regular expression, escaped for a string, of forms certainly right."""
    if not datatype.value.startswith(XSD):
        return None
    return _SAFE.get(datatype.value.removeprefix(XSD))


def is_well_formed(literal: Literal) -> bool:
    """Tell whether the lexical form belongs to the datatype; True for datatypes without rules.

    >>> day = NamedNode(XSD + "date")
    >>> is_well_formed(Literal("2011-09-19", datatype=day))
    True
    >>> is_well_formed(Literal("19.09.2011", datatype=day))
    False
    >>> is_well_formed(Literal("2011-02-30", datatype=day))
    False
    """
    if not has_lexical_rules(literal.datatype):
        return True
    name = literal.datatype.value.removeprefix(XSD)
    # White space around a value is collapsed before the form is looked at (XSD 4.3.6), yet
    # RDF 1.1 (section 5.1) takes the lexical form as it stands.
    text = literal.value
    if name in _INTEGERS:
        low, high = _INTEGERS[name]
        if not re.fullmatch(_INTEGER, text, re.ASCII):
            return False
        if low is None and high is None:
            return True
        number = int(text)
        return (low is None or low <= number) and (high is None or number <= high)
    if not _COMPILED[name].fullmatch(text) or not (text.isascii() or name in _TEXTS):
        return False
    return _is_in_calendar(name, text)


def _is_in_calendar(name: str, text: str) -> bool:
    if name in ("date", "dateTime", "dateTimeStamp"):
        match = re.match(r"(-?\d+)-(\d\d)-(\d\d)", text)
        assert match
        year, month, day = (int(part) for part in match.groups())
        # Years before 1 and after 9999 keep the Gregorian pattern, which repeats every 400.
        return day <= calendar.monthrange(2000 + year % 400, month)[1]
    if name == "gMonthDay":
        return int(text[5:7]) <= calendar.monthrange(2000, int(text[2:4]))[1]
    return True


def is_rewritable(term: Term) -> bool:
    """Tell whether some store may give this term for a literal that was written otherwise."""
    return (
        isinstance(term, Literal)
        and term.datatype.value.startswith(XSD)
        and term.datatype.value.removeprefix(XSD) in _IMAGES
    )


def write_rewritable(var: str) -> str:
    """Write a SPARQL expression, without errors, that says the same of a variable."""
    listed = ", ".join(f"<{XSD}{name}>" for name in _IMAGES)
    return f"COALESCE(DATATYPE({var}) IN ({listed}), false)"


def images(datatype: NamedNode) -> set[NamedNode]:
    """Give the datatypes that a store may put in the place of this one."""
    name = datatype.value.removeprefix(XSD)
    if name in _INTEGERS:
        return {NamedNode(XSD + "integer")}
    return {NamedNode(XSD + "dateTime")} if name == "dateTimeStamp" else set()


def find_rewritten(literals: Iterable[Literal]) -> dict[Literal, Literal]:
    """Give the literals that a pyoxigraph store changes, each with what becomes of it.

    >>> [text.value for text in find_rewritten([Literal("05", datatype=NamedNode(XSD + "byte"))])]
    ['05']
    """
    candidates = [
        literal
        for literal in literals
        if not literal.language and literal.datatype.value.startswith(XSD)
    ]
    if not candidates:
        return {}
    store, mark = Store(), NamedNode("urn:x-kgraph:n")
    store.bulk_extend(
        Quad(NamedNode(f"urn:x-kgraph:{index}"), mark, literal)
        for index, literal in enumerate(candidates)
    )
    changed = {}
    for quad in store:
        assert isinstance(quad.subject, NamedNode)
        literal = candidates[int(quad.subject.value.rpartition(":")[2])]
        if isinstance(quad.object, Literal) and quad.object != literal:
            changed[literal] = quad.object
    return changed


def compare(pairs: Iterable[tuple[Literal, Literal]], operator: str) -> Iterator[bool]:
    """Tell for each pair whether SPARQL's operator holds; False where they cannot be compared."""
    ask: Callable[[str], object] = Store().query
    rest = iter(pairs)
    while batch := list(islice(rest, BATCH)):
        # An ill-typed literal has no value, even where the engine makes one of it ("300" as byte).
        rows = " ".join(
            f"({index} {a} {b})"
            for index, (a, b) in enumerate(batch)
            if is_well_formed(a) and is_well_formed(b)
        )
        answer = ask(f"SELECT ?i {{ VALUES (?i ?a ?b) {{ {rows} }} FILTER(?a {operator} ?b) }}")
        assert isinstance(answer, QuerySolutions)
        holding = {int(row[0].value) for row in answer}
        yield from (index in holding for index in range(len(batch)))


def matches(texts: Iterable[str], pattern: str, flags: str = "") -> set[str]:
    """Give those texts that match, by SPARQL's REGEX.

    Errors: BadQuery when the pattern is no regular expression.
    """
    ask: Callable[[str], object] = Store().query
    expression, options = Literal(pattern), f", {Literal(flags)}" if flags else ""
    probe = ask(f'SELECT (REGEX("", {expression}{options}) AS ?x) {{}}')
    assert isinstance(probe, QuerySolutions)
    if next(iter(probe))[0] is None:
        raise BadQuery(f"{expression} with flags {flags!r} is not a regular expression.")
    good: set[str] = set()
    rest = iter(texts)
    while batch := list(islice(rest, BATCH)):
        rows = " ".join(str(Literal(text)) for text in batch)
        answer = ask(
            f"SELECT ?v {{ VALUES ?v {{ {rows} }} FILTER(REGEX(?v, {expression}{options})) }}"
        )
        assert isinstance(answer, QuerySolutions)
        good |= {row[0].value for row in answer}
    return good
