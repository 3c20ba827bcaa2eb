"""Answers in SPARQL's JSON read back as terms."""

from __future__ import annotations

import re

from pyoxigraph import QueryBoolean, QueryResultsFormat, parse_query_results

from kgraph.engines.protocol import Rows
from kgraph.errors import EngineFailure, TooCostly

#: The parser goes into a triple term within a triple term by recursion: some thousands end the
#: process.
_MOST_NESTED = 1_000
_NESTING = re.compile(rb'"type":"triple"|"(?:[^"\\]|\\.)*"|[{}]')
_TRIPLE = b'"type":"triple"'


def decode_answer(body: bytes) -> Rows | bool:
    """Give the rows of a SELECT, or the answer of an ASK, as our own writers wrote them.

    Errors: TooCostly for terms nested too deep to be read; EngineFailure for what is no answer.

    >>> decode_answer(b'{"head":{},"boolean":true}')
    True
    """
    if body.count(_TRIPLE) > _MOST_NESTED and _find_depth(body) > 2 * _MOST_NESTED:
        raise TooCostly(
            "the answer has terms nested too deep to be shown; take it as JSON", "depth"
        )
    try:
        results = parse_query_results(body, format=QueryResultsFormat.JSON)
        if isinstance(results, QueryBoolean):
            return bool(results)
        names = tuple(variable.value for variable in results.variables)
        return Rows(names, [tuple(row) for row in results])
    except SyntaxError as error:
        raise EngineFailure(f"the answer is no SPARQL JSON: {error.msg}") from error


def _find_depth(body: bytes) -> int:
    """Give how deep its objects are nested."""
    depth = deepest = 0
    for found in _NESTING.finditer(body):
        if found[0] == b"{":
            depth += 1
            deepest = max(deepest, depth)
        elif found[0] == b"}":
            depth -= 1
    return deepest
