"""What can go wrong in the program or around it; faults in data are findings, not errors.

A message says what happened, to which file or IRI, and what to do next.
"""

from __future__ import annotations


class KgraphError(Exception):
    """Anything this program gives up on; its text is shown to the user as it is."""


class BadConfig(KgraphError):
    """An option, setting or folder that cannot be used."""


class BadQuery(KgraphError):
    """A text that is no SPARQL query, or a parameter that does not fit the query.

    `line` and `column` count from 1 in the query text; None where the place is not known.
    """

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class UnknownResource(KgraphError):
    """An IRI or id that nothing describes."""


class NotAcceptable(KgraphError):
    """No representation on offer is one the client takes."""


class TooCostly(KgraphError):
    """A limit of seconds, rows, bytes or memory was exceeded; `limit` names it."""

    def __init__(self, message: str, limit: str = "") -> None:
        super().__init__(message)
        self.limit = limit


class Busy(KgraphError):
    """Too many queries are waiting already; the same request may be tried again soon."""


class FullDisk(KgraphError):
    """There is no room for a whole answer where it waits to be sent."""


class OutsideAccess(KgraphError):
    """A query that reaches for data elsewhere: SERVICE, LOAD or a remote FROM."""


class ReadOnly(KgraphError):
    """An update, sent to what only answers queries."""


class BrokenData(KgraphError):
    """A file that must be read whole cannot be: broken Turtle, or a graph that changed on the way.

    `file`, `line` and `column` say where; None where the place is not known.
    """

    def __init__(
        self,
        message: str,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message)
        self.file = file
        self.line = line
        self.column = column


class EngineFailure(KgraphError):
    """An engine could not answer: unreachable, out of memory, or an answer that is not SPARQL's."""


class EndpointFailure(EngineFailure):
    """An endpoint elsewhere that this program answers from, or that SERVICE names, failed."""
