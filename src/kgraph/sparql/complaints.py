"""pyoxigraph's complaint about a query in words for the person who wrote it."""

from __future__ import annotations

import difflib
import re

from kgraph.errors import BadQuery, KgraphError, ReadOnly
from kgraph.namespaces import PREFIXES
from kgraph.sparql.tokens import read_tokens

_PLACE = re.compile(r"at (?P<line>\d+):(?P<column>\d+): *(?P<rest>.*)", re.DOTALL)
_UPDATES = {"INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY"}
_SHOWN = 8


#: What is said to whoever sends an update.
UPDATE_REFUSED = (
    "This endpoint is read-only. Data get in by a pull request: edit the Turtle files under data/, "
    "run `kgraph validate`, and the next snapshot holds them."
)


def is_update(query: str) -> bool:
    """Tell whether a text that is no query is an update."""
    return any(token.keyword in _UPDATES for token in read_tokens(query)) and not _asks(query)


def explain_syntax(query: str, error: SyntaxError) -> KgraphError:
    """Give the error with line, column, the line itself, a caret below it and what would fit.

    An undeclared prefix is named, with the line that declares it where the table knows it. For an
    update the error is ReadOnly, for anything else BadQuery.
    """
    missing = _undeclared_prefix(query)
    if missing is not None:
        prefix, start = missing
        line, column = query.count("\n", 0, start) + 1, start - query.rfind("\n", 0, start)
        return _bad(query, f"the prefix {prefix}: is not declared; {_remedy(prefix)}", line, column)
    if is_update(query):
        return ReadOnly(UPDATE_REFUSED)
    found = _PLACE.search(str(error))
    if found is None:
        return BadQuery(f"the query cannot be read: {error}")
    wanted = _expectations(found["rest"])
    return _bad(query, wanted, int(found["line"]), int(found["column"]))


def _bad(query: str, message: str, line: int, column: int) -> BadQuery:
    lines = query.splitlines() or [""]
    shown = lines[min(line, len(lines)) - 1]
    caret = " " * (min(column, len(shown) + 1) - 1) + "^"
    text = f"line {line}, column {column}: {message}\n{shown}\n{caret}"
    return BadQuery(text, line, column)


def _undeclared_prefix(query: str) -> tuple[str, int] | None:
    declared: set[str] = set()
    after_prefix = False
    for token in read_tokens(query):
        if token.kind != "word":
            continue
        prefix, colon, _ = token.text.partition(":")
        if after_prefix and colon:
            declared.add(prefix)
        elif colon and prefix not in declared:
            return prefix, token.start
        after_prefix = token.keyword == "PREFIX"
    return None


def _remedy(prefix: str) -> str:
    if prefix in PREFIXES:
        return f"add PREFIX {prefix}: <{PREFIXES[prefix]}>"
    close = difflib.get_close_matches(prefix, PREFIXES, 1)
    hint = f"did you mean {close[0]}: <{PREFIXES[close[0]]}>?" if close else ""
    return hint or f"add PREFIX {prefix}: <…> before the query"


def _asks(query: str) -> bool:
    return any(t.keyword in ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE") for t in read_tokens(query))


def _expectations(rest: str) -> str:
    """Shorten the parser's list to the words a person would type; character classes are noise."""
    listed = rest.removeprefix("expected one of ").removeprefix("expected ")
    words = [word.strip() for word in listed.split(", ")]
    plain = [word for word in words if word and not word.startswith("[") and ".." not in word]
    if len(plain) < len(words):
        plain.insert(0, "a name, literal or variable")
    more = ", …" if len(plain) > _SHOWN else ""
    return f"expected {', '.join(plain[:_SHOWN])}{more}"
