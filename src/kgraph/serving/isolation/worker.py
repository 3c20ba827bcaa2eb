"""A worker: one forked process that answers one query at a time within its limits."""

from __future__ import annotations

import errno
import json
import marshal
import os
import resource
import socket
import time
from typing import IO, cast

from pyoxigraph import Store

from kgraph.engines.evaluation import Task, evaluate
from kgraph.engines.row_limit import CountingFile, TooManyRows
from kgraph.engines.service_rows import OutsideAnswer
from kgraph.errors import (
    BadConfig,
    FullDisk,
    KgraphError,
    TooCostly,
    pack_error,
)
from kgraph.serving.isolation.memory_copies import SharedPages
from kgraph.serving.isolation.worker_limits import Limits, apply_limits
from kgraph.serving.isolation.worker_messages import JOB, REPLY, Said
from kgraph.serving.isolation.yielding import begin_yielding, end_yielding

#: An answer up to this size goes along with the reply, a larger one through the spool.
_SENT_BYTES = 1 << 16
_RECEIVED_BYTES = 1 << 16
#: Whether a query left its worker less memory is not looked at where it computed for less.
_SPENT_SECONDS = 0.002
#: What a worker answers for itself before it is asked.
_FIRST_TASK = Task('SELECT ?o { ?s ?p ?o FILTER(?o != "") } LIMIT 1')
#: The limit that a fault names after which a worker is not as good as before.
OUT_OF_MEMORY = "memory"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EIO}
_NO_ROOM = (
    "there is no room now to keep the answer whole until it is sent; "
    "ask for less, or try again in a few seconds"
)


def work(
    store: Store, jobs: socket.socket, spool: int, limits: Limits, copies: bool = False
) -> None:
    """Answer jobs from the socket until it is closed; a large answer goes to the spool file.

    It says when it has started: its limits stand, and a first query was answered. If one of them
    cannot be set it says so and ends. A worker that `copies` makes its own copy of the data while
    it has nothing to do, and says when it is done. Both come with the seconds computed so far.

    The text of a reply is kind, suffix and bytes of the answer, or for a fault a JSON object; a
    small answer follows it.
    Once the limits stand, no socket and no file can be opened any more: SERVICE, LOAD and FROM
    reach nothing, however they are spelled.
    """
    worker = _Worker(store, jobs, spool, limits)
    shared = SharedPages() if copies else None
    try:
        apply_limits(limits, worker.held)
    except BadConfig as error:
        _say(jobs, Said.REFUSED, _pack(error))
        return
    if not _is_asked(jobs):
        # What is done for the first time takes milliseconds.
        _answer(store, _FIRST_TASK, CountingFile(spool, _SENT_BYTES), limits)
    _say(jobs, Said.STARTED, seconds=time.process_time())
    while True:
        while shared is not None and not _is_asked(jobs):
            shared.copy_some()
            if not shared.left:
                shared = None
                _say(jobs, Said.COPIED, seconds=time.process_time())
        job = _receive(jobs)
        if job is None:
            return
        worker.answer(job)


class _Worker:
    """What a worker has for each of its jobs; `held` are the bytes of memory it began with."""

    def __init__(self, store: Store, jobs: socket.socket, spool: int, limits: Limits) -> None:
        self._store, self._jobs, self._spool, self._limits = store, jobs, spool, limits
        self._statm = os.open("/proc/self/statm", os.O_RDONLY)
        self._spooled = False
        self.held = self._read_held()

    def answer(self, job: bytes) -> None:
        """Answer one job; what the one before it left in the spool is removed first."""
        if self._spooled:
            _empty(self._spool)
        target = CountingFile(self._spool, _SENT_BYTES)
        # Of computing alone: on a busy machine a quick query may wait much longer than it takes.
        begun = time.process_time()
        begin_yielding()
        said = _answer(self._store, read_task(job), target, self._limits)
        seconds = time.process_time() - begun
        # What one query took and the allocator keeps, the next one would lack.
        most = self._limits.memory_bytes // 2
        spent = seconds > _SPENT_SECONDS and self._read_held() - self.held > most
        self._spooled = target.spooled
        if isinstance(said, str):
            _say(self._jobs, Said.ANSWER, said.encode(), target.held, seconds, spent)
        else:
            if self._spooled:
                # What was written before the fault is no use; others need the room.
                _empty(self._spool)
            _say(self._jobs, Said.FAULT, _pack(said), b"", seconds, spent)
        end_yielding()

    def _read_held(self) -> int:
        return int(os.pread(self._statm, 64, 0).split()[0]) * resource.getpagesize()


def _empty(spool: int) -> None:
    os.ftruncate(spool, 0)
    os.lseek(spool, 0, os.SEEK_SET)


def read_task(job: bytes) -> Task:
    """Give the task of a job. Only a worker reads this form, which trusts its server."""
    task = Task(*marshal.loads(job))
    return task._replace(outside=tuple(OutsideAnswer(*each) for each in task.outside))


def _pack(error: KgraphError) -> bytes:
    return json.dumps(pack_error(error)).encode()


def _answer(store: Store, task: Task, target: CountingFile, limits: Limits) -> str | KgraphError:
    """Give what the reply says of an answer, or the fault."""
    try:
        # The engine writes a few kibibytes at a time; another buffer would not help.
        out = cast(IO[bytes], target)
        written = evaluate(
            store, task, out, lambda suffix: target.count(suffix, limits.answer_rows)
        )
        return f"{written.kind} {written.suffix} {target.written}"
    except KgraphError as error:
        return error
    except TooManyRows:
        return TooCostly(
            f"the answer has more than {limits.answer_rows:,} rows; add a LIMIT", "rows"
        )
    except MemoryError:
        return TooCostly("the query needs more memory than one may have", OUT_OF_MEMORY)
    except OSError as error:
        if error.errno == errno.EFBIG:
            mebibytes = limits.answer_bytes >> 20
            return TooCostly(f"the answer is larger than {mebibytes} MiB", "bytes")
        if error.errno not in _FULL:
            raise
        return FullDisk(_NO_ROOM)


def _is_asked(jobs: socket.socket) -> bool:
    # Without open files, poll is not allowed.
    try:
        jobs.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    return True


def _receive(jobs: socket.socket) -> bytes | None:
    received, size = bytearray(), JOB.size
    while len(received) < size:
        part = jobs.recv(_RECEIVED_BYTES)
        if not part:
            return None
        received += part
        if size == JOB.size and len(received) >= size:
            size += JOB.unpack_from(received)[0]
    return bytes(received[JOB.size :])


def _say(
    jobs: socket.socket,
    what: Said,
    text: bytes = b"",
    answer: bytes = b"",
    seconds: float = 0.0,
    spent: bool = False,
) -> None:
    head = REPLY.pack(what, len(text), len(answer), seconds, spent)
    jobs.sendall(head + text + answer)
