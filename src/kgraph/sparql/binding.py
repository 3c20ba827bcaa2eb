"""Terms bound to the parameters of a query, the same way on every engine.

pyoxigraph substitutes projected variables only, rdflib's initial bindings miss some scopes, and the
protocol has no parameters at all. So a binding becomes a `VALUES` row of the query itself: terms
are written by the library that parsed them, and no text of a user reaches the query.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode

from kgraph.errors import BadQuery
from kgraph.sparql.tokens import Token, read_tokens


@dataclass
class _Group:
    """A `{ … }` of the text, the variables in it, and whether a row may stand at its start."""

    start: int
    takes_rows: bool
    variables: set[str] = field(default_factory=set)


def bind_parameters(query: str, bindings: Mapping[str, NamedNode | Literal] | None) -> str:
    """Give the query with each binding as a row at the start of every group that mentions it.

    So FILTER and BIND see the parameter in nested groups, branches of a UNION and subqueries alike.
    Groups inside EXISTS are left alone: they see the row of the group around them. The lines of the
    text keep their numbers.
    Errors: BadQuery when the query mentions no such variable where it could be bound.

    >>> bind_parameters("SELECT ?s { ?s ?p ?x }", {"x": Literal("a")})
    'SELECT ?s { VALUES ?x { "a" } ?s ?p ?x }'
    """
    if not bindings:
        return query
    groups = _find_groups(query)
    parts: list[str] = []
    end = 0
    placed: set[str] = set()
    for group in groups:
        names = sorted(group.variables & set(bindings)) if group.takes_rows else []
        rows = "".join(f" VALUES ?{name} {{ {bindings[name]} }}" for name in names)
        parts += [query[end : group.start + 1], rows]
        end = group.start + 1
        placed.update(names)
    missing = sorted(set(bindings) - placed)
    if missing:
        known = ", ".join(sorted({f"?{name}" for group in groups for name in group.variables}))
        raise BadQuery(f"the query has no variable ?{missing[0]} to bind; it has {known or 'none'}")
    return "".join([*parts, query[end:]])


def _find_groups(query: str) -> list[_Group]:
    """Give the groups in order of their opening brace."""
    tokens = list(read_tokens(query))
    found: list[_Group] = []
    inside: list[tuple[_Group, bool]] = []
    for at, token in enumerate(tokens):
        if token.text == "{":
            in_exists = bool(inside and inside[-1][1]) or tokens[at - 1].keyword == "EXISTS"
            found.append(_Group(token.start, not in_exists and _holds_patterns(tokens, at)))
            inside.append((found[-1], in_exists))
        elif token.text == "}" and inside:
            inside.pop()
        elif token.kind == "variable":
            for group, _ in inside:
                group.variables.add(token.text)
    return found


def _holds_patterns(tokens: list[Token], at: int) -> bool:
    """Say whether the brace at `at` opens a group of patterns: no template, data or subquery."""
    if at + 1 < len(tokens) and tokens[at + 1].keyword == "SELECT":
        return False
    before = at - 1
    while before >= 0 and tokens[before].kind == "variable":
        before -= 1
    keyword = tokens[before].keyword if before >= 0 else ""
    return keyword != "CONSTRUCT" and not (keyword == "VALUES" and before < at - 1)
