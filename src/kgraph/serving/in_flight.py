"""One request for one answer: what answers it, whether it is there already, what it costs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from kgraph.engines.answer import Answer
from kgraph.engines.evaluation import Task
from kgraph.serving.cache import Flight, Prepared
from kgraph.serving.generations import Generations


class InFlight:
    """One request for one answer, from its making to its `end`, which is the end of a `with` too.

    An answer that is kept is `found` at once. Else `admit` is asked whether the request may cost
    something, and raises if not; then the evaluation begins, or the request joins one under way.
    The `generation` that answers stays open for as long. `cost_seconds` is known at the end: the
    seconds of the evaluation, or of waiting for one, and what it cost the server to end a worker
    for it. Of several requests for one answer, the first one costs; where it leaves before, the one
    that has waited longest. An answer that was found costs nothing.

        with InFlight(generations, task, seconds, admit) as request:
            prepared = await request.answer()

    Errors: Busy when no data are open; those of `admit`.
    """

    def __init__(
        self,
        generations: Generations,
        task: Task,
        seconds: float | None = None,
        admit: Callable[[], None] = lambda: None,
    ) -> None:
        self._generations = generations
        self.generation = generations.current
        self.found = self.generation.answers.find(task)
        self._flight: Flight | None = None
        #: The answer to come, to wait for without taking it; None where it was found.
        self.evaluating: asyncio.Future[Answer] | None = None
        if self.found is None:
            admit()
            self._flight = self.generation.answers.begin(task, seconds)
            self.evaluating = self._flight.evaluating
        # Counted last, so that what fails above leaves no use behind; nothing waits in between.
        self.generation.users += 1
        self.cost_seconds = 0.0
        self._ended = False

    @property
    def current(self) -> bool:
        """Whether what answers it is what is served now."""
        return self._generations.current is self.generation

    async def answer(self) -> Prepared:
        """Wait for the answer; whoever gets a large one closes it (`Answer.close`).

        Errors: whatever evaluating it raised.
        """
        if self._flight is not None:
            await asyncio.wait((self._flight.evaluating,))
        return self.take()

    def take(self) -> Prepared:
        """Give the answer, which is there. Errors: as those of `answer`."""
        if self._flight is not None:
            return self._flight.land()
        assert self.found is not None
        return self.found

    def end(self) -> None:
        """End the request; an evaluation for which nobody waits any more ends with it. Once is
        enough, more do nothing."""
        if self._ended:
            return
        self._ended = True
        if self._flight is not None:
            self._flight.leave()
            self.cost_seconds = self._flight.cost_seconds
        self.generation.users -= 1
        if self.generation.retired and not self.generation.users:
            self._generations.let_go(self.generation)

    def __enter__(self) -> InFlight:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
