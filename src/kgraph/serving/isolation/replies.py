"""What a worker's reply says: a whole answer, or a fault. A worker may have been taken over, so
nothing that it says is passed on before it was seen to be of the form."""

from __future__ import annotations

import json
from collections.abc import Collection

from kgraph.engines.answer import Answer
from kgraph.engines.writing import GRAPH_FORMATS, RESULT_FORMATS
from kgraph.errors import EngineFailure, KgraphError, TooCostly, unpack_error
from kgraph.serving.isolation.messages import Reply
from kgraph.serving.isolation.worker import OUT_OF_MEMORY
from kgraph.serving.isolation.worker_link import WorkerLink

#: Answers above this size stay on disk and are streamed from there.
_SPOOLED_BYTES = 1 << 20
#: The formats of each kind of answer.
_SUFFIXES: dict[str, Collection[str]] = {
    "bindings": RESULT_FORMATS,
    "boolean": RESULT_FORMATS,
    "graph": GRAPH_FORMATS,
    # Those of SERVICE, found for the server itself.
    "clauses": ("json",),
}


def read_reply(worker: WorkerLink, reply: Reply, most_bytes: int, seconds: float) -> Answer:
    """Give the answer; a large one takes the worker's spool with it.

    Errors: the fault that the worker tells of; EngineFailure for what is no reply.
    """
    try:
        fault = unpack_error(json.loads(reply.text)) if reply.failed else None
        if fault is None:
            return _read_answer(worker, reply, most_bytes, seconds)
    except (ValueError, RecursionError) as error:
        raise EngineFailure("a worker's reply is no reply") from error
    raise fault


def is_reusable(reply: Reply | None, outcome: Answer | KgraphError) -> bool:
    """Tell whether a worker is as good as before after an answer or a fault."""
    if reply is None or reply.spent or isinstance(outcome, EngineFailure):
        return False
    if isinstance(outcome, TooCostly):
        return outcome.limit != OUT_OF_MEMORY
    return isinstance(outcome, KgraphError) or outcome.file is None


def _read_answer(worker: WorkerLink, reply: Reply, most_bytes: int, seconds: float) -> Answer:
    """Give an answer. Errors: ValueError for one that is not as large as it says."""
    kind, suffix, written = reply.text.decode("ascii").split()
    size = int(written)
    if suffix not in _SUFFIXES.get(kind, ()) or not 0 <= size <= most_bytes:
        raise ValueError(reply.text)
    if size > _SPOOLED_BYTES:
        # The spool goes with the answer; its worker is replaced.
        return Answer(kind, suffix, b"", size, seconds, worker.take_spool(size))
    body = reply.body or worker.read_spool(size)
    if len(body) != size:
        raise ValueError("the answer is not as long as it says")
    return Answer(kind, suffix, body, size, seconds)
