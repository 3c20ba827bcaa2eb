"""Where on a line a term stands, and how long it is there."""

from __future__ import annotations

import re

from pyoxigraph import Literal, NamedNode

from kgraph.rdf.terms import Term

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"(?:\^\^\S+|@[\w-]+)?|<[^>]*>|[^\s;,\[\]()]+')
#: What brackets may stand in without being brackets, and the brackets.
_BRACKETS = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'(?:[^\'\\]|\\.|\'(?!\'\'))*\'\'\''
    r'|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|<[^>\s]*>|#[^\n]*|[\[\]()]',
    re.S,
)
_OPENS, _CLOSES = "[(", "])"


def find_column(line: str, term: Term) -> int:
    """Give the column, from 1, at which a term stands on a line; 0 when it is not found there.

    >>> find_column("  mr:status relstatus:active ;",
    ...     NamedNode("https://w3id.org/munirel/voc/relationship-status/active"))
    13
    """
    for pattern in _list_patterns(term):
        match = re.search(pattern, line)
        if match:
            return match.start() + 1
    return 0


def measure_token(line: str, column: int) -> int:
    """Give the length of the token at a column: a string with its tag, an IRI, a name."""
    match = _TOKEN.match(line, max(column - 1, 0))
    return len(match.group()) if match else 1


def find_brackets(lines: list[str]) -> list[tuple[int, int, int]]:
    """Give the pairs of brackets of a text: line and column of the first, line of the second.

    >>> find_brackets(["e:a e:p [", "  e:q ( 1 ) ", "] ."])
    [(2, 7, 2), (1, 9, 3)]
    """
    text = "\n".join(lines)
    pairs, open_ones = [], []
    line, start = 1, 0
    for match in _BRACKETS.finditer(text):
        line += text.count("\n", start, match.start())
        start = match.start()
        if match.group() in _OPENS:
            open_ones.append((line, start - text.rfind("\n", 0, start)))
        elif match.group() in _CLOSES and open_ones:
            pairs.append((*open_ones.pop(), line))
    return pairs


def _list_patterns(term: Term) -> list[str]:
    """Give what a term may look like, the surest first."""
    if isinstance(term, NamedNode):
        return [_iri_pattern(term.value)]
    if isinstance(term, Literal):
        return _literal_patterns(term)
    return [r"\[|_:"]


def _iri_pattern(iri: str) -> str:
    """Match the address in full, as a prefixed name, or `a`."""
    *_, before, local = re.split(r"[/#]", f"//{iri}")
    name = f"{re.escape(local)}(?![\\w:/#-])" if local else "(?=[\\s;,.])"
    if not local:  # gn:2934246\/ and ex: alone
        name = rf"(?:{re.escape(before)}\\/|{name})"
    type_word = r"|(?<=\s)a(?=\s)" if iri.endswith("#type") else ""
    return rf"<{re.escape(iri)}>|(?<![\w:-])[\w.-]*:{name}{type_word}"


def _literal_patterns(literal: Literal) -> list[str]:
    """Match a text in quotes with its tag, else without, else the word alone (a number)."""
    first, *more = literal.value.split("\n")
    if not first:
        return ["[\"']"]
    text = re.escape(first).replace('"', r'\\?"')
    quoted = r"(?:\"\"\"|\"|'''|')" + text + ("" if more else "[\"']")
    patterns = [quoted, rf"(?<![\w\"]){text}(?![\w\"])"]
    if literal.language:
        patterns.insert(0, rf"{quoted}[\"']*(?i:@{literal.language})(?![\w-])")
    return patterns
