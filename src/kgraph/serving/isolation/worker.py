"""A worker: one forked process that answers one query at a time within its limits."""

from __future__ import annotations

import errno
import json
import os
import resource
import socket
import time
from typing import IO, cast

from pyoxigraph import Store

from kgraph.engines.evaluation import Task, evaluate
from kgraph.engines.row_limit import CountingFile, TooManyRows
from kgraph.errors import FullDisk, KgraphError, TooCostly, pack_error
from kgraph.serving.isolation.memory_copies import SharedMemory
from kgraph.serving.isolation.messages import COPIED, JOB, REPLY, read_task
from kgraph.serving.isolation.worker_limits import WorkerLimits
from kgraph.serving.isolation.yielding import begin_yielding, end_yielding

#: An answer up to this size goes along with the reply, a larger one through the spool.
_SENT_BYTES = 1 << 16
_RECEIVED_BYTES = 1 << 16
#: What takes no longer by the clock is not looked at closer.
_UNWATCHED_SECONDS = 0.002
#: What a worker answers for itself before it is asked.
_FIRST_TASK = Task('SELECT ?o { ?s ?p ?o FILTER(?o != "") } LIMIT 1')
#: The limit that a fault names after which a worker is not as good as before.
OUT_OF_MEMORY = "memory"
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EIO}
_NO_ROOM = (
    "there is no room now to keep the answer whole until it is sent; "
    "ask for less, or try again in a few seconds"
)


def work(
    store: Store, jobs: socket.socket, spool: int, limits: WorkerLimits, copies: bool = False
) -> None:
    """Answer jobs from the socket until it is closed; a large answer goes to the spool file.

    A worker that `copies` makes its own copy of the data while it has nothing to do, and says when
    it is done. The text of a reply is kind, suffix and bytes of the answer, or for a fault a JSON
    object; a small answer follows it.
    """
    statm = os.open("/proc/self/statm", os.O_RDONLY)
    held = read_held_bytes(statm)
    shared = SharedMemory() if copies else None
    limits.apply(held)
    spooled = False
    if not _is_asked(jobs):
        # What is done for the first time takes milliseconds.
        _answer(store, _FIRST_TASK, CountingFile(spool, _SENT_BYTES), limits)
    watch = _Watch()
    while True:
        while shared is not None and not _is_asked(jobs):
            shared.copy_some()
            if not shared.left:
                shared = None
                jobs.sendall(COPIED)
            watch = _Watch()
        job = _receive(jobs)
        if job is None:
            return
        if spooled:
            _empty(spool)
        target = CountingFile(spool, _SENT_BYTES)
        watch.begin()
        begin_yielding()
        said = _answer(store, read_task(job), target, limits)
        seconds = watch.end()
        # What one query took and the allocator keeps, the next one would lack.
        long = seconds > _UNWATCHED_SECONDS
        spent = long and read_held_bytes(statm) - held > limits.memory_bytes // 2
        spooled, failed = target.spooled, isinstance(said, KgraphError)
        if spooled and failed:
            # What was written before the fault is no use; others need the room.
            _empty(spool)
        text = said if isinstance(said, str) else json.dumps(pack_error(said))
        body = b"" if failed else target.held
        head = REPLY.pack(len(text.encode()), len(body), failed, seconds, spent)
        jobs.sendall(head + text.encode() + body)
        end_yielding()


class _Watch:
    """Seconds of computing of one job after the other; to ask the system costs more than a quick
    one, whose time by the clock is as good."""

    def __init__(self) -> None:
        self._computed = time.process_time()
        self._quick = self._begun = 0.0

    def begin(self) -> None:
        """Begin a job."""
        self._begun = time.perf_counter()

    def end(self) -> float:
        """Give the seconds of the job that ends now."""
        passed = time.perf_counter() - self._begun
        if passed <= _UNWATCHED_SECONDS:
            self._quick += passed
            return passed
        computed = time.process_time()
        seconds = max(0.0, computed - self._computed - self._quick)
        self._computed, self._quick = computed, 0.0
        return min(seconds, passed)


def _empty(spool: int) -> None:
    os.ftruncate(spool, 0)
    os.lseek(spool, 0, os.SEEK_SET)


def _answer(
    store: Store, task: Task, target: CountingFile, limits: WorkerLimits
) -> str | KgraphError:
    """Give what the reply says of an answer, or the fault."""
    try:
        # The engine writes a few kibibytes at a time; another buffer would not help.
        out = cast(IO[bytes], target)
        most = limits.answer_rows
        written = evaluate(store, task, out, lambda suffix: target.count(suffix, most))
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
        if error.errno not in _NO_SPACE:
            raise
        return FullDisk(_NO_ROOM)


def read_held_bytes(statm: int) -> int:
    """Give the bytes of address space that this process has, from its open `/proc/self/statm`."""
    return int(os.pread(statm, 64, 0).split()[0]) * resource.getpagesize()


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
