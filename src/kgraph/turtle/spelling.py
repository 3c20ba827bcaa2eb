"""RDF terms as Turtle text: prefixed names, literals in their shortest exact form."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pyoxigraph import Literal, NamedNode

from kgraph.errors import BrokenData
from kgraph.namespaces import PREFIXES, RDF, XSD

LOCAL_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
#: Literals that stand without quotes. Only forms that every parser keeps: rdflib turns a bare 05
#: into 5, and 0.0000001 into 1E-7.
BARE = {
    f"{XSD}boolean": re.compile(r"true|false"),
    f"{XSD}integer": re.compile(r"0|-?[1-9][0-9]*"),
    f"{XSD}decimal": re.compile(r"-?(?:0\.(?!00000)|[1-9][0-9]*\.)[0-9]+"),
}
STRING = f"{XSD}string"
ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
UNSAFE = re.compile(r'[\x00-\x08\x0b-\x1f\x7f"\\\n\t]')
UNSAFE_IN_LONG = re.compile(r'[\x00-\x08\x0b-\x1f\x7f\\]|"(?="")|"$|""$')


class TermWriter:
    """Writes terms, and remembers which prefixes it used.

    `declared` are the prefixes of the file; the project's own table wins over them.
    """

    def __init__(self, declared: Mapping[str, str]) -> None:
        table = {**declared, **PREFIXES}
        self._namespaces = sorted(
            ((iri, prefix) for prefix, iri in table.items() if iri),
            key=lambda entry: (-len(entry[0]), entry[1] not in PREFIXES, entry[1]),
        )
        self._known: dict[str, str] = {}
        self.used: dict[str, str] = {}

    def iri(self, iri: str) -> str:
        """Give `prefix:name` where the rest of the IRI is a plain name, else `<iri>`.

        Names that need an escape (`/`, `#`, `=`, `,`) stay full IRIs: they read better, and not
        every parser unescapes them.
        """
        known = self._known.get(iri)
        if known is None:
            known = self._known[iri] = self._write_iri(iri)
        return known

    def _write_iri(self, iri: str) -> str:
        for namespace, prefix in self._namespaces:
            if iri.startswith(namespace) and LOCAL_NAME.fullmatch(iri, len(namespace)):
                self.used[prefix] = namespace
                return f"{prefix}:{iri[len(namespace) :]}"
        return f"<{iri}>"

    def predicate(self, iri: str) -> str:
        """Give `a` for rdf:type, else the IRI."""
        return "a" if iri == f"{RDF}type" else self.iri(iri)

    def literal(self, literal: Literal) -> str:
        """Give a literal with its lexical form untouched."""
        if literal.direction is not None:
            raise BrokenData(f"The literal {literal} has a base direction; RDF 1.1 has none.")
        if literal.language:
            return f"{quote(literal.value)}@{spell_language(literal.language)}"
        datatype = literal.datatype.value
        bare = BARE.get(datatype)
        if bare and bare.fullmatch(literal.value):
            return literal.value
        if datatype == STRING:
            return quote(literal.value)
        return f"{quote(literal.value)}^^{self.iri(datatype)}"

    def term(self, term: NamedNode | Literal) -> str:
        """Give an IRI or a literal."""
        return self.iri(term.value) if isinstance(term, NamedNode) else self.literal(term)


def quote(text: str) -> str:
    """Give a Turtle string; texts with line breaks stand in long quotes, as they are."""
    if "\n" in text:
        return f'"""{UNSAFE_IN_LONG.sub(_escape, text)}"""'
    return f'"{UNSAFE.sub(_escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    return "".join(ESCAPES.get(char) or f"\\u{ord(char):04X}" for char in match.group())


def spell_language(tag: str) -> str:
    """Give a language tag as RFC 5646 section 2.1.1 spells it; parsers may lower it.

    >>> spell_language("zh-hant-tw")
    'zh-Hant-TW'
    """
    first, *rest = tag.lower().split("-")
    spelled = [first]
    for part in rest:
        after_singleton = len(spelled[-1]) == 1
        if len(part) == 2 and not after_singleton:
            part = part.upper()
        elif len(part) == 4 and not after_singleton:
            part = part.capitalize()
        spelled.append(part)
    return "-".join(spelled)
