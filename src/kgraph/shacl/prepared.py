"""The queries of SPARQL constraints, parsed and rewritten once, whatever the data."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from functools import lru_cache

from pyoxigraph import NamedNode
from pyparsing import ParseBaseException
from rdflib import URIRef, Variable
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

from kgraph.errors import BadQuery
from kgraph.rdf.terms import Term, show
from kgraph.shacl.prebinding import Rewriter
from kgraph.shacl.setqueries import SetQuery
from kgraph.shacl.vocabulary import ShapesError
from kgraph.sparql.trees import children, copy_tree, walk
from kgraph.sparql.writer import Tree, Writer

# The parser is one object with a state.
_PARSING = threading.Lock()
# A query is read once, to be checked and to be rewritten; the latter changes a copy of its tree.
_PARSED_KEPT = 256


def parse_query(text: str) -> tuple[list[Tree], CompValue]:
    """Give prologue and query as trees. Errors: BadQuery with line and column."""
    try:
        with _PARSING:
            prologue, query = parseQuery(text)
    except ParseBaseException as error:
        raise BadQuery(
            f"Not a SPARQL query, line {error.lineno}, column {error.column}: "
            f"{text.splitlines()[error.lineno - 1].strip() if text else ''}",
            error.lineno,
            error.column,
        ) from error
    except ValueError as error:
        raise BadQuery(f"Not a SPARQL query: {error}") from error
    return list(prologue), query


@dataclass(frozen=True)
class Parsed:
    """A query of a constraint: its prologue as text, its tree, and its prefixes."""

    prologue: str
    query: CompValue
    prefixes: dict[str, str]

    def predicates(self) -> frozenset[NamedNode] | None:
        """Give all predicates whose triples the query can meet; None when it could be any."""
        found: set[NamedNode] = set()
        for tree in walk(self.query):
            if tree.name == "TriplesBlock":
                for block in tree.triples:
                    for verb in list(block)[1::3]:
                        more = self._in_verb(verb)
                        if more is None:
                            return None
                        found |= more
        return frozenset(found)

    def _in_verb(self, verb: Tree) -> set[NamedNode] | None:
        if isinstance(verb, Variable):
            return set() if str(verb) == "PATH" else None
        if isinstance(verb, URIRef):
            return {NamedNode(str(verb))}
        if isinstance(verb, CompValue) and verb.name == "pname":
            namespace = self.prefixes.get(str(verb.prefix or ""))
            if namespace is None:
                # The engine refuses an unknown prefix, and says where.
                return None
            return {NamedNode(namespace + str(verb.localname or "").replace("\\", ""))}
        if isinstance(verb, CompValue) and verb.name == "PathNegatedPropertySet":
            return None
        found: set[NamedNode] = set()
        for child in children(verb):
            more = (
                set()
                if isinstance(child, str) and not isinstance(child, URIRef)
                else (self._in_verb(child))
            )
            if more is None:
                return None
            found |= more
        return found


@lru_cache(maxsize=_PARSED_KEPT)
def read_query(owner: Term, text: str, kind: str) -> Parsed:
    """Parse a SELECT or ASK (`kind`). Errors: ShapesError."""
    try:
        prologue, query = parse_query(text)
    except BadQuery as error:
        raise ShapesError(f"{show(owner)}: {error}", owner) from error
    if query.name != kind + "Query":
        raise ShapesError(f"{show(owner)}: a {kind.upper()} query was expected.", owner)
    prefixes = {str(p.prefix or ""): str(p.iri) for p in prologue if p.name != "Base"}
    return Parsed(Writer().prologue(prologue), query, prefixes)


def check_query(owner: Term, text: str, kind: str, rows: tuple[str, ...], bound: set[str]) -> None:
    """Raise ShapesError when a text is no query, or has what SHACL forbids."""
    parsed = read_query(owner, text, kind)
    Rewriter(owner, rows, frozenset()).check(parsed.query, bound)


@lru_cache(maxsize=1024)
def prepare(
    owner: Term, text: str, kind: str, rows: tuple[str, ...], constants: frozenset[str], path: str
) -> SetQuery:
    """Parse and rewrite a query once, whatever the data. `path` is empty in a node shape.

    Errors: ShapesError when the text is no such query.
    """
    parsed = read_query(owner, text, kind)
    predicates = parsed.predicates()
    rewriter = Rewriter(owner, rows, constants)
    rewrite = rewriter.select if kind == "Select" else rewriter.ask
    paths = {"PATH": path} if path else {}
    try:
        query = rewrite(copy_tree(parsed.query), parsed.prologue, paths)
    except BadQuery as error:
        raise ShapesError(f"{show(owner)}: {error}", owner) from error
    return replace(query, predicates=predicates)
