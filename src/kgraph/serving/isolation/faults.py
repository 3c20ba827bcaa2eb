"""What a worker says went wrong, as the error that the server raises for it."""

from __future__ import annotations

from typing import Any

from kgraph.errors import (
    BadQuery,
    EndpointFailure,
    EngineFailure,
    FullDisk,
    KgraphError,
    NotAcceptable,
    OutsideAccess,
    ReadOnly,
    TooCostly,
    UnknownResource,
)


def read_fault(said: dict[str, Any], answer_bytes: int, answer_rows: int) -> KgraphError:
    """Give the error that a worker's reply tells of; the limits are those it had."""
    message = said["message"]
    match said["error"]:
        case "query":
            return BadQuery(message, said["line"], said["column"])
        case "acceptable":
            return NotAcceptable(message)
        case "memory":
            return TooCostly("the query needs more memory than one may have", limit="memory")
        case "bytes":
            return TooCostly(f"the answer is larger than {answer_bytes >> 20} MiB", limit="bytes")
        case "rows":
            return TooCostly(
                f"the answer has more than {answer_rows:,} rows; add a LIMIT",
                limit="rows",
            )
        case "full":
            return FullDisk(
                "there is no room now to keep the answer whole until it is sent; "
                "ask for less, or try again in a few seconds"
            )
        case "limit":
            return TooCostly(message, said["limit"])
        case "endpoint":
            return EndpointFailure(message)
        case "outside":
            return OutsideAccess(message)
        case "update":
            return ReadOnly(message)
        case "unknown":
            return UnknownResource(message)
        case "sealed":
            return OutsideAccess(
                "the query asks for data outside this endpoint (SERVICE, LOAD or FROM); "
                "it answers from its own graphs alone"
            )
        case _:
            return EngineFailure(message)
