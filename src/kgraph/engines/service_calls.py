"""What the SERVICE clauses of a query ask, found out with the engine but without asking anybody."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import IO

from pyoxigraph import NamedNode, QueryBoolean, QuerySolutions, QueryTriples

from kgraph.engines.writing import Written
from kgraph.errors import BadQuery, OutsideAccess
from kgraph.sparql.complaints import explain_syntax
from kgraph.sparql.service_clauses import find_places, find_prologue
from kgraph.sparql.tokens import read_tokens

#: Evaluates a text on an empty store.
Asking = Callable[[str], QuerySolutions | QueryBoolean | QueryTriples]


@dataclass(frozen=True)
class Clause:
    """A SERVICE clause: its place in the text, whom it asks, and the query that asks it.

    `columns` are the variables it can bind, in order of appearance.
    """

    start: int
    end: int
    silent: bool
    endpoint: str
    columns: tuple[str, ...]
    query: str


def find_clauses(query: str, ask: Asking) -> list[Clause]:
    """Give the SERVICE clauses of a query that can be read whole.

    By the standard a clause is evaluated on its own, so it is a query of its own with the same
    prefixes. Source: SPARQL 1.1 Federated Query, section 4.
    Errors: BadQuery with line and column when the text is no query; OutsideAccess for a clause
    whose address is a variable, which is nested in another one, or which cannot be followed.
    """
    _check_syntax(query, ask)
    prologue = find_prologue(query)
    found = []
    for place in find_places(query):
        group = query[place.group : place.end]
        asked = f"{prologue}SELECT * WHERE {group}"
        endpoint = _read_address(ask, f"{prologue}SELECT ?e {{ VALUES ?e {{ {place.endpoint} }} }}")
        columns = _read_columns(ask, asked, group)
        found.append(Clause(place.start, place.end, place.silent, endpoint, columns, asked))
    return found


def write_clauses(clauses: list[Clause], out: IO[bytes]) -> Written:
    """Write clauses for `read_clauses`."""
    out.write(json.dumps([asdict(clause) for clause in clauses]).encode())
    return Written("clauses", "json")


def read_clauses(content: bytes) -> list[Clause]:
    """Read what `write_clauses` wrote."""
    return [Clause(**each | {"columns": tuple(each["columns"])}) for each in json.loads(content)]


def _check_syntax(query: str, ask: Asking) -> None:
    try:
        ask(query)
    except SyntaxError as error:
        raise explain_syntax(query, error) from error
    except (RuntimeError, ValueError, OSError):
        # It can be read; that a SERVICE of an ASK gets no answer here is as it should be.
        return


def _read_address(ask: Asking, query: str) -> str:
    """Have the engine resolve an address by the prefixes and the base of the text."""
    results = ask(query)
    assert isinstance(results, QuerySolutions)
    term = next(results)[0]
    assert isinstance(term, NamedNode)
    return term.value


def _read_columns(ask: Asking, query: str, group: str) -> tuple[str, ...]:
    try:
        results = ask(query)
    except SyntaxError as error:
        raise BadQuery(f"the group of a SERVICE cannot be read on its own: {error}") from error
    except (RuntimeError, ValueError, OSError) as error:
        raise OutsideAccess("the group of a SERVICE cannot be followed") from error
    assert isinstance(results, QuerySolutions)
    names = {variable.value for variable in results.variables}
    shown = (token.text for token in read_tokens(group) if token.kind == "variable")
    return tuple(dict.fromkeys(name for name in shown if name in names))
