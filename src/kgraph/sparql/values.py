"""Tables of IRIs put into a query at the places that wait for them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pyoxigraph import NamedNode


def fill_values(query: str, name: str, things: Iterable[NamedNode]) -> str:
    """Give the query with the IRIs in each `VALUES ?name { }` of it that is empty.

    As it stands such a query has no rows. Binding each IRI as a parameter would ask once for each;
    a table at the start of every group would be read as often as there are groups.
    Errors: ValueError when no table waits for them: that is a fault of the query file.

    >>> fill_values("SELECT * { VALUES ?x { } ?x ?p ?o }", "x", [NamedNode("http://e/a")])
    'SELECT * { VALUES ?x { <http://e/a> } ?x ?p ?o }'
    """
    table = " ".join(map(str, things))
    waiting = re.compile(rf"VALUES\s+\?{re.escape(name)}\s*\{{\s*\}}")
    filled, count = waiting.subn(lambda _: f"VALUES ?{name} {{ {table} }}", query)
    if not count:
        raise ValueError(f"the query has no empty VALUES ?{name} {{ }}")
    return filled
