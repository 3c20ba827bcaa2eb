"""`SELECT *` with its columns in order of appearance; Oxigraph gives them in alphabetical order."""

from __future__ import annotations

from collections.abc import Sequence

from kgraph.sparql.tokens import read_tokens


def name_star_columns(query: str, variables: Sequence[str]) -> str | None:
    """Give the query with the outer `*` replaced by its columns in order of appearance.

    In: the text and the columns as the engine found them. Out: None when the query has no outer
    `*`, or the engine's order is right already. The text is changed at one place only.

    >>> name_star_columns("SELECT * { ?b ?a 1 }", ["a", "b"])
    'SELECT  ?b ?a  { ?b ?a 1 }'
    """
    star = _find_outer_star(query) if "*" in query else None
    if star is None:
        return None
    known = set(variables)
    named = (token.text for token in read_tokens(query) if token.kind == "variable")
    order = list(dict.fromkeys(name for name in named if name in known))
    if len(order) != len(known) or order == list(variables):
        return None
    columns = " ".join(f"?{name}" for name in order)
    return f"{query[:star]} {columns} {query[star + 1 :]}"


def _find_outer_star(query: str) -> int | None:
    """Find the `*` that stands where the outer SELECT has its columns."""
    selecting = False
    # `(2*?x AS ?y)` begins with a parenthesis, which is read so that its `*` is not taken for it.
    for token in read_tokens(query, "*({"):
        if token.keyword == "SELECT":
            selecting = True
        elif selecting and token.text == "*":
            return token.start
        elif selecting and token.keyword not in ("DISTINCT", "REDUCED"):
            return None
    return None
