"""Parameters of a query as a one-row VALUES block: the same on every engine.

pyoxigraph substitutes projected variables only, rdflib's initial bindings miss some scopes, and the
protocol has no parameters at all. A VALUES block at the start of the outer group means the same
everywhere: BIND and FILTER of that group see it; a nested SELECT does not, as in SPARQL itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyoxigraph import Literal, NamedNode

from kgraph.engines.tokens import read_tokens
from kgraph.errors import BadQuery


def bind_parameters(query: str, bindings: Mapping[str, NamedNode | Literal]) -> str:
    """Give the query with its parameters bound; terms are written by the library, never by hand.

    Errors: BadQuery when the query has no group to bind them in.

    >>> bind_parameters("SELECT ?s { ?s ?p ?x }", {"x": Literal("a")})
    'SELECT ?s { VALUES (?x) { ("a") } ?s ?p ?x }'
    """
    if not bindings:
        return query
    place = _find_outer_group(query)
    if place is None:
        raise BadQuery("the query has no group graph pattern to bind its parameters in")
    names = " ".join(f"?{name}" for name in bindings)
    terms = " ".join(str(term) for term in bindings.values())
    return f"{query[:place]} VALUES ({names}) {{ ({terms}) }}{query[place:]}"


def _find_outer_group(query: str) -> int | None:
    """Find the place after the `{` that opens the WHERE group."""
    template = False
    depth = 0
    for token in read_tokens(query):
        if token.keyword == "CONSTRUCT":
            template = True
        elif token.keyword == "WHERE":
            template = False
        elif token.text == "{":
            if depth == 0 and not template:
                return token.start + 1
            depth += 1
        elif token.text == "}":
            depth -= 1
            template = template and depth > 0
    return None
