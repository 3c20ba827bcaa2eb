"""What the server and a worker say to each other on the worker's socket."""

from __future__ import annotations

import marshal
import struct
from typing import NamedTuple

from kgraph.engines.evaluation import Task
from kgraph.engines.service_rows import OutsideAnswer

#: Before each job: its bytes. Before each reply: the bytes of its text, and of the answer after
#: that; whether it is a fault; the seconds of computing; whether the worker is spent.
JOB = struct.Struct("!I")
REPLY = struct.Struct("!II?d?")
#: Said, unasked, by a worker that has its own copy of the data; a reply is never empty.
COPIED = REPLY.pack(0, 0, False, 0.0, False)


class Reply(NamedTuple):
    """What a worker says of a job: kind, format and bytes of an answer or a fault in JSON; the
    answer, where it is small enough to come along; seconds of computing; whether it is spent."""

    text: bytes
    body: bytes
    failed: bool
    seconds: float
    spent: bool


def pack_job(task: Task) -> bytes:
    """Give a task as the bytes of a job. Only the worker reads this form, which trusts its server;
    what comes back is JSON, since a worker is not trusted."""
    body = marshal.dumps((*task[:-1], [tuple(each) for each in task.outside]))
    return JOB.pack(len(body)) + body


def read_task(job: bytes) -> Task:
    """Give the task of a job, without the bytes of its length."""
    task = Task(*marshal.loads(job))
    return task._replace(outside=tuple(OutsideAnswer(*each) for each in task.outside))
