"""A query over all focus nodes, written and waiting for their table.

This file loads no parser: shapes without SPARQL are applied without rdflib.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from pyoxigraph import NamedNode

# Stand-ins in a written query, replaced when the focus nodes are known.
TABLE, TABLE_IN_GRAPH, COPY, CONSTANT = "\x01", "\x03", "\x02", "\x04"


@dataclass(frozen=True)
class SetQuery:
    """A query over all focus nodes, with stand-ins for their table.

    `limit` and `offset` count per focus node and are applied to the answer. `is_split` says that
    the query must be copied for each focus node.
    """

    prologue: str
    text: str
    variables: tuple[str, ...]
    is_split: bool
    limit: int | None = None
    offset: int = 0
    # All predicates whose triples the query can meet; None when it could be any.
    predicates: frozenset[NamedNode] | None = None


def fill_constants(query: SetQuery, patterns: dict[str, str]) -> SetQuery:
    """Put the patterns that bind the constants into a prepared query."""
    text = re.sub(f"{CONSTANT}(.*?){CONSTANT}", lambda match: patterns[match[1]], query.text)
    return replace(query, text=text)
