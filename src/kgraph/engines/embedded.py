"""A pyoxigraph store in this process as an engine."""

from __future__ import annotations

from pyoxigraph import QueryBoolean, QueryTriples, Store, Triple

from kgraph.engines.evaluation import Task, open_results
from kgraph.engines.protocol import Bindings, Rows
from kgraph.errors import BadQuery
from kgraph.sparql.binding import bind_parameters


class EmbeddedEngine:
    """Answers from one store as the endpoint does; no limits, so only for queries of one's own."""

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

    def answer(self, query: str, bindings: Bindings | None = None) -> Rows | bool | list[Triple]:
        """Give the answer of a query of any kind; the triples of a graph in the engine's order."""
        task = Task(bind_parameters(query, bindings))
        try:
            with open_results(self.store, task) as results:
                if isinstance(results, QueryBoolean):
                    return bool(results)
                if isinstance(results, QueryTriples):
                    return list(results)
                variables = tuple(variable.value for variable in results.variables)
                return Rows(variables, [tuple(row) for row in results])
        except BadQuery as error:
            if error.line is None:
                raise
            text = f"this is no SPARQL query: {error}"
            raise BadQuery(text, error.line, error.column) from error
