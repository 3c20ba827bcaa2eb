"""A pyoxigraph store in this process as an engine."""

from __future__ import annotations

from pyoxigraph import QueryBoolean, QuerySolutions, QueryTriples, Store, Triple

from kgraph.engines.protocol import Bindings, Rows
from kgraph.errors import BadQuery, EngineFailure
from kgraph.sparql.binding import bind_parameters
from kgraph.sparql.complaints import explain_syntax
from kgraph.sparql.projection import name_star_columns


class EmbeddedEngine:
    """Answers from one store; no limits, so only for queries of one's own."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def select(self, query: str, bindings: Bindings | None = None) -> Rows:
        """Give all rows of a SELECT query."""
        answer = self.answer(query, bindings)
        if not isinstance(answer, Rows):
            raise BadQuery("the query is no SELECT")
        return answer

    def ask(self, query: str, bindings: Bindings | None = None) -> bool:
        """Give the answer of an ASK query."""
        answer = self.answer(query, bindings)
        if not isinstance(answer, bool):
            raise BadQuery("the query is no ASK")
        return answer

    def construct(self, query: str, bindings: Bindings | None = None) -> list[Triple]:
        """Give the triples of a CONSTRUCT or DESCRIBE query, in the engine's order."""
        answer = self.answer(query, bindings)
        if not isinstance(answer, list):
            raise BadQuery("the query is no CONSTRUCT or DESCRIBE")
        return answer

    def answer(self, query: str, bindings: Bindings | None = None) -> Rows | bool | list[Triple]:
        """Give the answer of a query of any kind."""
        text = bind_parameters(query, bindings)
        results = self._run(text)
        if isinstance(results, QueryBoolean):
            return bool(results)
        if isinstance(results, QueryTriples):
            return list(results)
        variables = [variable.value for variable in results.variables]
        named = name_star_columns(text, variables)
        if named is not None:
            return self.answer(named)
        return Rows(tuple(variables), [tuple(row) for row in results])

    def _run(self, query: str) -> QuerySolutions | QueryBoolean | QueryTriples:
        try:
            return self.store.query(query)
        except SyntaxError as error:
            raise _bad_query(query, error) from error
        except (OSError, RuntimeError) as error:
            raise EngineFailure(f"the store could not answer: {error}") from error


def _bad_query(query: str, error: SyntaxError) -> BadQuery:
    """Give the store's complaint in the words the endpoint uses, with the place."""
    told = explain_syntax(query, error)
    line, column = (told.line, told.column) if isinstance(told, BadQuery) else (None, None)
    return BadQuery(f"this is no SPARQL query: {told}", line, column)
