"""What workers answer, read as what comes from a process that may have been taken over."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Collection

from kgraph.engines.answer import Answer
from kgraph.engines.preview import PREVIEW
from kgraph.engines.writing import GRAPH_FORMATS, RESULT_FORMATS
from kgraph.errors import EngineFailure, unpack_error
from kgraph.serving.isolation.worker import OUT_OF_MEMORY
from kgraph.serving.isolation.worker_link import Reply, WorkerLink
from kgraph.serving.query_classes import SPOOLED_BYTES
from kgraph.serving.scheduling.job import Job

#: The formats of each kind of answer.
_FORMATS: dict[str, Collection[str]] = {
    "bindings": {*RESULT_FORMATS, PREVIEW},
    "boolean": {*RESULT_FORMATS, PREVIEW},
    "graph": GRAPH_FORMATS,
    # Those of SERVICE, found for the server itself.
    "clauses": ("json",),
}


def read_answer(job: Job, worker: WorkerLink, reply: Reply, most_bytes: int) -> Answer:
    """Give the answer in the reply to a job, and say of the job whether its worker is reusable.

    Errors: the fault in the reply; EngineFailure for a reply that is none, of which nothing is
    passed on.
    """
    try:
        if not reply.failed:
            seconds = time.monotonic() - job.started
            answer = _read(worker, reply, most_bytes, seconds)
            job.reusable = answer.file is None and not reply.spent
            return answer
        fault = unpack_error(json.loads(reply.text))
        job.reusable = fault.details.get("limit") != OUT_OF_MEMORY
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise EngineFailure("a worker's reply is no reply") from error
    raise fault


def _read(worker: WorkerLink, reply: Reply, most_bytes: int, seconds: float) -> Answer:
    """Give an answer. Errors: ValueError for one that is not as large as it says."""
    kind, suffix, written = reply.text.decode("ascii").split()
    size = int(written)
    if suffix not in _FORMATS.get(kind, ()) or not 0 <= size <= most_bytes:
        raise ValueError(reply.text)
    if not math.isfinite(reply.seconds):
        raise ValueError(reply.seconds)
    if size > SPOOLED_BYTES:
        # The spool goes with the answer; its worker is replaced.
        return Answer(kind, suffix, b"", size, seconds, worker.take_spool(size))
    body = reply.body or worker.read_spool(size)
    if len(body) != size:
        raise ValueError("the answer is not as long as it says")
    return Answer(kind, suffix, body, size, seconds)
