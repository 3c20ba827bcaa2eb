"""Where the engine departs from the standard, and what reaches outside: mended in the text.

Both are found by reading tokens. What a text could hide from that is contained by the worker all
the same, which can open no socket and no file.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kgraph.errors import OutsideAccess
from kgraph.sparql.tokens import blank_text, read_tokens

_UNKNOWN_FUNCTION = re.compile(r"custom function <(?P<iri>[^>]*)> is not supported")
_DATASET = re.compile(
    r"""
    \#[^\n]* | "(?:[^"\\\n]|\\.?)*+"? | '(?:[^'\\\n]|\\.?)*+'?
    | \bFROM\s+(?:NAMED\s+)?<(?P<iri>[a-z][a-z0-9+.-]*:[^<>"{}|^`\\\s]*)>
    | <[^<>"{}|^`\\\s]*>
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"""
    SERVICE (?:\s|\#[^\r\n]*)*+ (?:SILENT (?:\s|\#[^\r\n]*)*+)?
    (?:<[^<>\s]*> | [?$]\w+ | [\w.-]*:[^\s{]*) (?:\s|\#[^\r\n]*)*+ \{
    """,
    re.VERBOSE | re.IGNORECASE,
)
_OWN_GRAPHS = "a query is answered from the store's own graphs alone"


def refuse_service(query: str) -> None:
    """Refuse a query with SERVICE, SILENT ones too, which would otherwise give no rows.

    In doubt, where the engine may see a clause that is not one by the longest tokens
    (`FILTER(1<2)SERVICE#>`), it is refused too.
    Errors: OutsideAccess.

    >>> refuse_service("SELECT * { ?s <http://e/service> <http://e/x> }")
    """
    if "service" not in query.lower():
        return
    if any(token.keyword == "SERVICE" for token in read_tokens(query)) or _CLAUSE.search(
        blank_text(query)
    ):
        raise OutsideAccess(f"SERVICE is not allowed here; {_OWN_GRAPHS}")


def find_named_sources(query: str) -> list[str]:
    """Give the full IRIs that FROM and FROM NAMED name, relative and prefixed ones left out.

    >>> find_named_sources("SELECT * FROM <http://e/g> FROM NAMED <h> { ?s <from> 'FROM <a:b>' }")
    ['http://e/g']
    """
    if "from" not in query.lower():
        return []
    return [match["iri"] for match in _DATASET.finditer(query) if match["iri"]]


def is_file(iri: str) -> bool:
    """Tell whether a graph's name is the address of a file rather than a name."""
    return iri.lower().startswith(("file:", "ftp:", "jar:", "data:"))


def refuse_file(iri: str) -> OutsideAccess:
    """Give the refusal of a graph in a file: nothing is ever read or fetched."""
    return OutsideAccess(
        f"<{iri}> is no graph that is held here, and none is fetched; {_OWN_GRAPHS}"
    )


def refuse_outside() -> OutsideAccess:
    """Give the refusal of what the engine itself was about to ask elsewhere."""
    return OutsideAccess(f"the query asks for data elsewhere (SERVICE); {_OWN_GRAPHS}")


def write_plain_concatenations(query: str) -> str:
    """Give the query with each GROUP_CONCAT in a STR.

    The engine keeps a language tag that all the strings share; the standard gives a plain string.

    >>> write_plain_concatenations("SELECT (GROUP_CONCAT(?x) AS ?y) {}")
    'SELECT (STR(GROUP_CONCAT(?x)) AS ?y) {}'
    """
    if "group_concat" not in query.lower():
        return query
    added: list[tuple[int, str]] = []
    depth, closings, begun = 0, [], False
    for token in read_tokens(query, "()"):
        if token.keyword == "GROUP_CONCAT":
            added.append((token.start, "STR("))
            begun = True
        elif token.text == "(":
            depth += 1
            if begun:
                closings.append(depth)
            begun = False
        elif token.text == ")":
            if closings and closings[-1] == depth:
                closings.pop()
                added.append((token.start, ")"))
            depth -= 1
    parts, end = [], 0
    for start, text in added:
        parts += [query[end:start], text]
        end = start
    return "".join([*parts, query[end:]])


Function = Callable[..., NamedNode | BlankNode | Literal | Triple | None]


def find_unknown_function(error: RuntimeError) -> NamedNode | None:
    """Give the function the engine did not know; None for another fault.

    A function that is not known is an error of its expression, not of the query (SPARQL 1.1,
    section 17.6): with `fail` in its place the row has no value there.
    """
    found = _UNKNOWN_FUNCTION.search(str(error))
    return NamedNode(found["iri"]) if found else None


def fail(*_: object) -> None:
    """Have no value for any arguments."""
