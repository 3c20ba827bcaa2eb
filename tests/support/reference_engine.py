"""rdflib as an engine: slow, and written by other people, so the second opinion in tests."""

from __future__ import annotations

import rdflib
from pyoxigraph import Triple
from pyparsing import ParseException
from rdflib.query import Result

from kgraph.engines.protocol import Bindings, Row, Rows
from kgraph.errors import BadQuery
from kgraph.rdf.rdflib_terms import from_rdflib
from kgraph.sparql.binding import bind_parameters
from kgraph.sparql.projection import name_star_columns


class ReferenceEngine:
    """Answers from an rdflib data set; its default graph is no union of the named ones."""

    def __init__(self, dataset: rdflib.Dataset) -> None:
        self.dataset = dataset

    def select(self, query: str, bindings: Bindings | None = None) -> Rows:
        """Give all rows of a SELECT query."""
        text = bind_parameters(query, bindings)
        result = self._run(text, "SELECT")
        variables = [str(variable) for variable in result.vars or ()]
        named = name_star_columns(text, variables)
        if named is not None:
            return self.select(named)
        columns = [rdflib.Variable(name) for name in variables]
        rows: list[Row] = [
            tuple(from_rdflib(row.get(c)) for c in columns) for row in result.bindings
        ]
        return Rows(tuple(variables), rows)

    def ask(self, query: str, bindings: Bindings | None = None) -> bool:
        """Give the answer of an ASK query."""
        return bool(self._run(bind_parameters(query, bindings), "ASK").askAnswer)

    def construct(self, query: str, bindings: Bindings | None = None) -> list[Triple]:
        """Give the triples of a CONSTRUCT or DESCRIBE query, in the engine's order."""
        graph = self._run(bind_parameters(query, bindings), "CONSTRUCT", "DESCRIBE").graph
        triples = (tuple(from_rdflib(term) for term in triple) for triple in graph or ())
        return [Triple(*triple) for triple in triples]  # type: ignore[arg-type]

    def _run(self, query: str, *kinds: str) -> Result:
        try:
            result = self.dataset.query(query)
        except ParseException as error:
            raise BadQuery(
                f"this is no SPARQL query: {error.msg}", error.lineno, error.column
            ) from error
        if result.type not in kinds:
            raise BadQuery(f"the query is no {' or '.join(kinds)}")
        return result
