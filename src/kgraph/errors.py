"""What can go wrong in the program or around it; faults in data are findings, not errors.

A message says what happened, to which file or IRI, and what to do next. `ERROR_KINDS` is the one
table of what each class is called between processes, and of what it becomes at each door.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class KgraphError(Exception):
    """Anything this program gives up on; its text is shown to the user as it is."""

    @property
    def details(self) -> dict[str, Any]:
        """What is known besides the text; the class can be made again from text and details."""
        return {}


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

    @property
    def details(self) -> dict[str, Any]:
        """Where the fault is, if that is known."""
        return {} if self.line is None else {"line": self.line, "column": self.column}


class UnknownResource(KgraphError):
    """An IRI or id that nothing describes."""


class NotAcceptable(KgraphError):
    """No representation on offer is one the client takes."""


class TooCostly(KgraphError):
    """A limit of seconds, rows, bytes or memory was exceeded; `limit` names it."""

    def __init__(self, message: str, limit: str = "") -> None:
        super().__init__(message)
        self.limit = limit

    @property
    def details(self) -> dict[str, Any]:
        """Which limit it was."""
        return {"limit": self.limit} if self.limit else {}


class Busy(KgraphError):
    """Too many queries are waiting already; the same request may be tried again soon."""


class FullDisk(KgraphError):
    """There is no room for a whole answer where it waits to be sent."""


class OutsideAccess(KgraphError):
    """A query that reaches for data elsewhere: SERVICE, LOAD or a remote FROM."""


class ReadOnly(KgraphError):
    """An update, sent to what only answers queries."""


class BadRequest(KgraphError):
    """A request that asks for nothing that could be done: parameters missing, twice, or broken."""


class TooLarge(KgraphError):
    """A request of more bytes than one may have."""


class TooSlow(KgraphError):
    """A request that did not arrive in time."""


class ClientLeft(KgraphError):
    """Whoever asked does not wait for the answer any more."""


class UnknownMediaType(KgraphError):
    """A body of a type, charset or coding that is not understood."""


class OverBudget(KgraphError):
    """The client used up its seconds; `retry_seconds` says when some are left again."""

    def __init__(self, message: str, retry_seconds: float) -> None:
        super().__init__(message)
        self.retry_seconds = retry_seconds

    @property
    def details(self) -> dict[str, Any]:
        """When to come back."""
        return {"retry_seconds": self.retry_seconds}


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


@dataclass(frozen=True)
class ErrorKind:
    """What a class of errors is called between processes, and what it becomes at each door: status
    and title of a problem document (RFC 9457), and the exit code of the command line."""

    code: str
    status: int
    title: str
    exit_code: int = 2


#: A class that is not listed is of its nearest listed parent's kind.
ERROR_KINDS: dict[type[KgraphError], ErrorKind] = {
    BadQuery: ErrorKind("query", 400, "The query cannot be read"),
    BadRequest: ErrorKind("request", 400, "The request cannot be read"),
    OutsideAccess: ErrorKind("outside", 403, "The query reaches outside this endpoint"),
    ReadOnly: ErrorKind("update", 403, "This endpoint is read-only"),
    UnknownResource: ErrorKind("unknown", 404, "Nothing is known under this address"),
    NotAcceptable: ErrorKind("acceptable", 406, "No format that was asked for"),
    TooSlow: ErrorKind("slow", 408, "The request did not arrive in time"),
    ClientLeft: ErrorKind("left", 408, "The client did not wait"),
    TooLarge: ErrorKind("large", 413, "The request is too large"),
    UnknownMediaType: ErrorKind("type", 415, "The body is not understood"),
    OverBudget: ErrorKind("budget", 429, "The query seconds of this minute are used up"),
    TooCostly: ErrorKind("limit", 422, "The query costs more than one may"),
    Busy: ErrorKind("busy", 503, "Too many queries at once"),
    # Not 507: it passes, and a proxy asks another replica at a 503, whose disk may have room.
    FullDisk: ErrorKind("full", 503, "The server has no room for the answer"),
    BadConfig: ErrorKind("config", 500, "The server is not set up correctly"),
    BrokenData: ErrorKind("data", 500, "The data cannot be read"),
    EndpointFailure: ErrorKind("endpoint", 502, "An endpoint elsewhere could not answer"),
    EngineFailure: ErrorKind("engine", 500, "The engine could not answer"),
    KgraphError: ErrorKind("failed", 500, "The request failed"),
}
_BY_CODE = {kind.code: each for each, kind in ERROR_KINDS.items()}


def find_kind(error: KgraphError) -> ErrorKind:
    """Give the kind of an error.

    >>> find_kind(UnknownResource("There is no such thing.")).status
    404
    """
    return next(ERROR_KINDS[each] for each in type(error).__mro__ if each in ERROR_KINDS)


def pack_error(error: KgraphError) -> dict[str, Any]:
    """Give an error as plain data, to be sent to another process: code, message, details."""
    return {"code": find_kind(error).code, "message": str(error), **error.details}


def unpack_error(said: Mapping[str, Any]) -> KgraphError:
    """Make the error again that another process packed.

    Errors: ValueError where the data are not of that form: they may come from a process that was
    taken over.

    >>> unpack_error(pack_error(TooCostly("It takes too long.", "seconds"))).details
    {'limit': 'seconds'}
    """
    try:
        details = {name: value for name, value in said.items() if name not in ("code", "message")}
        return _BY_CODE[said["code"]](said["message"], **details)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"no error in the form of this program: {said!r}") from error
