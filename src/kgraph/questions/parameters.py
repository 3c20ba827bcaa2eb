"""Typed parameters of a question: from the header's words and a user's text to RDF terms."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from pyoxigraph import Literal, NamedNode

from kgraph.errors import BadConfig, BadQuery
from kgraph.namespaces import PREFIXES, XSD

_PARAMETER = re.compile(r"(?P<name>[A-Za-z_]\w*)\s*\(\s*(?P<type>[\w:]+)\s*(?:,\s*(?P<note>.*))?\)")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_YEAR = re.compile(r"[0-9]{4}")
_BOOLEAN = re.compile("true|false")


@dataclass(frozen=True)
class Parameter:
    """A variable that may be bound; `note` says what happens when it is not."""

    name: str
    type: str
    note: str = ""


def read_parameters(text: str, name: str) -> tuple[Parameter, ...]:
    """Give the parameters of a header line `name (type, note); name (type, note)`."""
    found = []
    for part in filter(None, (part.strip() for part in re.split(r";|(?<=\)),", text))):
        match = _PARAMETER.fullmatch(part)
        if match is None or match["type"] not in TYPES:
            known = ", ".join(TYPES)
            raise BadConfig(
                f"{name}: the parameter `{part}` cannot be read; write `name (type, note)` with "
                f"one of the types {known}, and `;` between two."
            )
        found.append(Parameter(match["name"], match["type"], (match["note"] or "").strip()))
    return tuple(found)


def read_term(name: str, type_name: str, value: str) -> NamedNode | Literal:
    """Give the term for a value of the parameter `name`. Errors: BadQuery when it is ill-typed."""
    kind = TYPES[type_name]
    try:
        return kind.read(value.strip())
    except (ValueError, InvalidOperation) as error:
        raise BadQuery(f"the value “{value}” of {name} is no {type_name}; {kind.hint}.") from error


def read_iri(text: str) -> NamedNode:
    """Give an IRI from `<iri>`, `iri` or a prefixed name of the project. Errors: ValueError."""
    text = text.removeprefix("<").removesuffix(">")
    prefix, colon, local = text.partition(":")
    if colon and prefix in PREFIXES and not local.startswith("//"):
        text = PREFIXES[prefix] + local
    if ":" not in text:
        raise ValueError(text)
    return NamedNode(text)


def _typed(name: str, check: Callable[[str], object]) -> Callable[[str], Literal]:
    def read(text: str) -> Literal:
        check(text)
        return Literal(text, datatype=NamedNode(XSD + name))

    return read


def _matching(pattern: re.Pattern[str]) -> Callable[[str], None]:
    def check(text: str) -> None:
        if not pattern.fullmatch(text):
            raise ValueError(text)

    return check


def _check_date(text: str) -> None:
    if len(text) != 10:
        raise ValueError(text)
    date.fromisoformat(text)


def _check_decimal(text: str) -> None:
    if not Decimal(text).is_finite() or "e" in text.lower():
        raise ValueError(text)


@dataclass(frozen=True)
class Kind:
    """How a type is read, and what to write instead of a text that is none."""

    read: Callable[[str], NamedNode | Literal]
    hint: str


_TEXT = Kind(Literal, "write any text")
#: The types a header may name.
TYPES: dict[str, Kind] = {
    "iri": Kind(read_iri, "write an IRI or a prefixed name such as authority:duesseldorf"),
    "string": _TEXT,
    "xsd:string": _TEXT,
    "lang": Kind(_typed("string", _matching(_LANGUAGE)), "write a language tag such as de"),
    "xsd:boolean": Kind(_typed("boolean", _matching(_BOOLEAN)), "write true or false"),
    "xsd:date": Kind(_typed("date", _check_date), "write a day such as 2024-11-12"),
    "xsd:decimal": Kind(_typed("decimal", _check_decimal), "write a number such as 12.5"),
    "xsd:gYear": Kind(_typed("gYear", _matching(_YEAR)), "write a year such as 2024"),
    "xsd:integer": Kind(_typed("integer", _matching(_INTEGER)), "write a whole number such as 12"),
}


def read_untyped(text: str) -> NamedNode | Literal:
    """Give the term a text looks like: an IRI, a number, a day, true or false, else a string.

    >>> read_untyped("authority:duesseldorf").value
    'https://w3id.org/munirel/id/authority/duesseldorf'
    """
    prefix = text.removeprefix("<").partition(":")[0]
    if ":" in text and (prefix in PREFIXES or prefix in ("http", "https", "urn", "mailto")):
        return read_iri(text)
    for name in ("xsd:integer", "xsd:decimal", "xsd:date", "xsd:boolean"):
        try:
            return TYPES[name].read(text)
        except (ValueError, InvalidOperation):
            continue
    return Literal(text)
