"""SERVICE answered from a list of endpoints: they are asked first, and the rows go into the query.

A worker can open no socket, and it stays so: it finds the clauses, this process asks the endpoints,
and the worker evaluates the query with the rows in the places of the clauses.
"""

from __future__ import annotations

import asyncio
import re
import time

from kgraph.engines.answer import Answer
from kgraph.engines.evaluation import Task
from kgraph.engines.service_calls import Clause, read_clauses
from kgraph.engines.service_rows import OutsideAnswer, pack
from kgraph.errors import EndpointFailure, OutsideAccess, TooCostly
from kgraph.serving.federation.allowed_endpoints import OutsideEndpoints
from kgraph.serving.generations import AnswerPool

_MAYBE = re.compile("service", re.IGNORECASE)


class Federation:
    """A pool before which the endpoints of a list are asked for what SERVICE needs."""

    def __init__(self, pool: AnswerPool, endpoints: OutsideEndpoints, query_seconds: float) -> None:
        self._pool = pool
        self._endpoints = endpoints
        self._query_seconds = query_seconds

    @property
    def waiting(self) -> int:
        """How many queries wait for the pool."""
        return self._pool.waiting

    @property
    def quads(self) -> int:
        """How many quads the pool holds."""
        return self._pool.quads

    @property
    def healthy(self) -> bool:
        """Whether queries are answered."""
        return self._pool.healthy

    async def start(self) -> int:
        """Make the pool ready; give the number of quads held."""
        return await self._pool.start()

    async def close(self) -> None:
        """End the pool."""
        await self._pool.close()

    def begin(self, task: Task, seconds: float | None = None) -> asyncio.Future[Answer]:
        """Begin to answer a task, as `answer` does."""
        if task.graph is not None or not _MAYBE.search(task.query):
            return self._pool.begin(task, seconds)
        return asyncio.ensure_future(self.answer(task, seconds))

    async def answer(self, task: Task, seconds: float | None = None) -> Answer:
        """Answer a task; asking elsewhere is a part of its time.

        Nobody is asked before the whole text was read and each endpoint found on the list.
        Errors: OutsideAccess for an endpoint that is not on the list, SILENT or not;
        EndpointFailure when one that is fails and the clause is not SILENT; TooCostly for too many
        clauses, or an answer from there that is too large; Busy when too many ask; those of the
        pool.
        """
        started = time.monotonic()
        allowed = min(seconds or self._query_seconds, self._query_seconds)
        deadline = started + allowed
        found = await self._pool.begin(task._replace(finds_outside=True), allowed)
        if found.file is not None:
            found.file.close()
            raise TooCostly("the SERVICE clauses of the query are too long", limit="clauses")
        clauses = read_clauses(found.body)
        self._check(clauses)
        if not clauses:
            return await self._pool.begin(task, max(deadline - time.monotonic(), 0.001))
        async with self._endpoints.turn(deadline):
            outside = await self._ask_all(clauses, deadline)
            left = max(deadline - time.monotonic(), 0.001)
            answer = await self._pool.begin(task._replace(outside=outside), left)
        return answer._replace(seconds=time.monotonic() - started)

    def _check(self, clauses: list[Clause]) -> None:
        for clause in clauses:
            if not self._endpoints.allows(clause.endpoint):
                raise OutsideAccess(
                    f"SERVICE is not allowed for <{clause.endpoint}>, only for the endpoints that "
                    "the operator of this one listed, each by its whole address"
                )
        most = self._endpoints.limits.clauses
        if len(clauses) > most:
            raise TooCostly(
                f"the query has {len(clauses)} SERVICE clauses; {most} are allowed",
                limit="clauses",
            )

    async def _ask_all(self, clauses: list[Clause], deadline: float) -> tuple[OutsideAnswer, ...]:
        """Ask all at once; the first failure ends the others."""
        asked = [asyncio.ensure_future(self._ask(clause, deadline)) for clause in clauses]
        try:
            return tuple(await asyncio.gather(*asked))
        finally:
            for each in asked:
                each.cancel()

    async def _ask(self, clause: Clause, deadline: float) -> OutsideAnswer:
        content: str | None
        limits = self._endpoints.limits
        # One row too many is enough to know, and the endpoint need not work for more.
        query = f"{clause.query} LIMIT {limits.rows + 1}"
        try:
            answer = await self._endpoints.ask(clause.endpoint, query, deadline)
            content = await asyncio.to_thread(pack, answer)
        except EndpointFailure:
            if not clause.silent:
                raise
            content = None
        return OutsideAnswer(
            clause.start,
            clause.end,
            clause.endpoint,
            clause.columns,
            content,
            clause.silent,
            limits.rows,
        )
