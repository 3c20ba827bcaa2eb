"""`SELECT *` with its columns in order of appearance; Oxigraph gives them in alphabetical order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_TOKEN = re.compile(
    r"""
    (?P<skip>\#[^\n]*                                   # a comment
      | <[^<>"{}|^`\\\s]*>                              # an IRI
      | \"\"\"(?:[^\\]|\\.)*?\"\"\" | '''(?:[^\\]|\\.)*?'''
      | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*')
    | [?$](?P<variable>[\w·̀-ͯ‿-⁀]+)
    | (?P<word>[^\W\d_][\w:.-]*)
    | (?P<sign>[*{}])
    """,
    re.VERBOSE | re.DOTALL,
)


def name_star_columns(query: str, variables: Sequence[str]) -> str | None:
    """Give the query with the outer `*` replaced by its columns in order of appearance.

    In: the text and the columns as the engine found them. Out: None when the query has no outer
    `*`, or the engine's order is right already. The text is changed at one place only.
    """
    star = _outer_star(query)
    if star is None:
        return None
    known = set(variables)
    order = list(dict.fromkeys(name for name in _variables(query) if name in known))
    if len(order) != len(known) or order == list(variables):
        return None
    columns = " ".join(f"?{name}" for name in order)
    return f"{query[:star]} {columns} {query[star + 1 :]}"


def _outer_star(query: str) -> int | None:
    """Find the `*` that stands where the outer SELECT has its columns."""
    selecting = False
    for token in _TOKEN.finditer(query):
        word = (token["word"] or "").upper()
        if word == "SELECT":
            selecting = True
        elif selecting and token["sign"] == "*":
            return token.start()
        elif selecting and word not in ("DISTINCT", "REDUCED") and not token["skip"]:
            return None
        elif token["sign"] == "{":
            return None
    return None


def _variables(query: str) -> Iterator[str]:
    return (token["variable"] for token in _TOKEN.finditer(query) if token["variable"])
