"""The SERVICE clauses of a text: where they stand, and something else put in their places."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from kgraph.errors import OutsideAccess
from kgraph.sparql.tokens import Token, read_tokens

_FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_HEAD = re.compile(
    r"""
    (?:[ \t\r\n]|\#[^\r\n]*)*+
    (?:(?P<silent>SILENT)(?![\w:.-])(?:[ \t\r\n]|\#[^\r\n]*)*+)?
    (?:(?P<endpoint> <(?:[^<>"{}|^`\\\s]|\\u[0-9A-F]{4}|\\U[0-9A-F]{8})*+>
                   | (?:[^\W\d_][\w.-]*)?:(?:[\w.:-]|\\.|%)*)
      | (?P<variable>[?$]))
    (?:[ \t\r\n]|\#[^\r\n]*)*+
    (?P<brace>\{)?
    """,
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True)
class Place:
    """A SERVICE clause from `start` to `end`; its group, braces included, from `group` to `end`.

    `endpoint` is the address as it is written: in angle brackets, or with a prefix.
    """

    start: int
    group: int
    end: int
    silent: bool
    endpoint: str


def find_places(query: str) -> list[Place]:
    """Give the SERVICE clauses in order.

    Errors: OutsideAccess for one whose address is a variable, which stands in another one, or
    which cannot be followed.

    >>> find_places("SELECT * { SERVICE SILENT <http://e/> { ?s ?p ?o } }")
    [Place(start=11, group=38, end=50, silent=True, endpoint='<http://e/>')]
    """
    tokens = list(read_tokens(query, "{}"))
    found: list[Place] = []
    at = 0
    while at < len(tokens):
        if tokens[at].keyword != "SERVICE":
            at += 1
            continue
        start = tokens[at].start
        head = _HEAD.match(query, start + len("SERVICE"))
        if head is not None and head["variable"]:
            raise OutsideAccess(
                "SERVICE is answered only where its address is written out, not for a variable"
            )
        if head is None or head["brace"] is None:
            raise OutsideAccess("SERVICE must be followed by an address and a group in braces")
        at, end = _find_end(tokens, at + 1, head.start("brace"))
        silent = head["silent"] is not None
        found.append(Place(start, head.start("brace"), end, silent, head["endpoint"]))
    return found


def find_prologue(query: str) -> str:
    """Give the text before the query's form: its BASE and PREFIX lines."""
    for token in read_tokens(query, ""):
        if token.keyword in _FORMS:
            return query[: token.start]
    return query


def put_in(query: str, tables: Iterable[tuple[int, int, str]]) -> str:
    """Give the query with a text in each place, which is given by start and end, in order.

    >>> put_in("a b c", [(2, 3, "x"), (4, 5, "y")])
    'a  x   y '
    """
    parts, end = [], 0
    for start, stop, text in tables:
        parts += [query[end:start], " ", text, " "]
        end = stop
    return "".join([*parts, query[end:]])


def _find_end(tokens: list[Token], at: int, brace: int) -> tuple[int, int]:
    """Give the number of the token after the group that opens at `brace`, and its end."""
    while at < len(tokens) and tokens[at].start < brace:
        at += 1
    depth = 0
    if at < len(tokens) and tokens[at].start != brace:
        raise OutsideAccess("the group of a SERVICE cannot be followed")
    for number in range(at, len(tokens)):
        token = tokens[number]
        if token.keyword == "SERVICE":
            raise OutsideAccess("a SERVICE within another is not answered; ask one after the other")
        depth += {"{": 1, "}": -1}.get(token.text, 0)
        if not depth:
            return number + 1, token.start + 1
    raise OutsideAccess("the group of a SERVICE is not closed")
