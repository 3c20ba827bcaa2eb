"""A worker: one forked process that answers one query at a time within its limits."""

from __future__ import annotations

import errno
import json
import marshal
import os
import resource
import signal
import socket
import struct
import time
from dataclasses import dataclass
from typing import IO, cast

from pyoxigraph import Store

from kgraph.engines.evaluation import Task, evaluate
from kgraph.engines.row_limit import CountingFile, TooManyRows
from kgraph.engines.service_rows import OutsideAnswer
from kgraph.errors import FullDisk, KgraphError, TooCostly, pack_error
from kgraph.serving.isolation.garbage import collector
from kgraph.serving.isolation.memory_copies import SharedPages
from kgraph.serving.isolation.yielding import begin_offering, end_offering

#: Before each job: its bytes. Before each reply: the bytes of its text, and of the answer after
#: that; whether it is a fault; the seconds of computing; whether the worker is spent.
JOB = struct.Struct("!I")
REPLY = struct.Struct("!II?d?")
#: Said, unasked, by a worker that has its own copy of the data; a reply is never empty.
COPIED = REPLY.pack(0, 0, False, 0.0, False)
#: An answer up to this size goes along with the reply, a larger one through the spool.
_SENT_BYTES = 1 << 16
_RECEIVED_BYTES = 1 << 16
#: What takes no longer by the clock is not looked at closer.
_QUICK_SECONDS = 0.002
#: Whom his parent lets run in real time, and who computes longer than this so, the system ends.
_AHEAD_MICROSECONDS = 1_000_000
#: What a worker answers for itself before it is asked.
_FIRST_TASK = Task('SELECT ?o { ?s ?p ?o FILTER(?o != "") } LIMIT 1')
#: The limit that a fault names after which a worker is not as good as before.
OUT_OF_MEMORY = "memory"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EIO}
_NO_ROOM = (
    "there is no room now to keep the answer whole until it is sent; "
    "ask for less, or try again in a few seconds"
)


@dataclass(frozen=True)
class Limits:
    """What one worker may use: bytes of memory beyond the store's; bytes and rows of an answer."""

    memory_bytes: int
    answer_bytes: int
    answer_rows: int


def work(
    store: Store,
    jobs: socket.socket,
    spool: int,
    limits: Limits,
    copies: bool = False,
    large: bool = False,
    priority: int = 0,
) -> None:
    """Answer jobs from the socket until it is closed; a large answer goes to the spool file.

    A worker that `copies` makes its own copy of the data while it has nothing to do, and says when
    it is done; into `large` pages, where it will not be asked soon. Its parent may let it run in
    real time up to a `priority`.

    The text of a reply is kind, suffix and bytes of the answer, or for a fault a JSON object; a
    small answer follows it.
    Once the limits stand, no socket and no file can be opened any more: SERVICE, LOAD and FROM
    reach nothing, however they are spelled.
    """
    statm = os.open("/proc/self/statm", os.O_RDONLY)
    held = _read_held(statm)
    shared = SharedPages(large) if copies else None
    _limit(limits, held, priority)
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
        begin_offering()
        said = _answer(store, _read_task(job), target, limits)
        seconds = watch.end()
        # What one query took and the allocator keeps, the next one would lack.
        long = seconds > _QUICK_SECONDS
        spent = long and _read_held(statm) - held > limits.memory_bytes // 2
        spooled, failed = target.spooled, isinstance(said, KgraphError)
        if spooled and failed:
            # What was written before the fault is no use; others need the room.
            _empty(spool)
        text = said if isinstance(said, str) else json.dumps(pack_error(said))
        _reply(jobs, text.encode(), b"" if failed else target.held, failed, seconds, spent)
        end_offering()
        collector.collect()


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
        if passed <= _QUICK_SECONDS:
            self._quick += passed
            return passed
        computed = time.process_time()
        seconds = max(0.0, computed - self._computed - self._quick)
        self._computed, self._quick = computed, 0.0
        return min(seconds, passed)


def _empty(spool: int) -> None:
    os.ftruncate(spool, 0)
    os.lseek(spool, 0, os.SEEK_SET)


def pack_task(task: Task) -> bytes:
    """Give a task as the bytes of a job. Only the worker reads this form, which trusts its server;
    what comes back is JSON, since a worker is not trusted."""
    return marshal.dumps((*task[:-1], [tuple(each) for each in task.outside]))


def _read_task(job: bytes) -> Task:
    task = Task(*marshal.loads(job))
    return task._replace(outside=tuple(OutsideAnswer(*each) for each in task.outside))


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


def _read_held(statm: int) -> int:
    return int(os.pread(statm, 64, 0).split()[0]) * resource.getpagesize()


def _limit(limits: Limits, held: int, priority: int = 0) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    address_space = held + limits.memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.answer_bytes, limits.answer_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if priority:
        _limit_to(resource.RLIMIT_RTTIME, _AHEAD_MICROSECONDS)
    # This limit is looked at, whoever lets this process run in real time.
    _limit_to(resource.RLIMIT_RTPRIO, priority)
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _limit_to(kind: int, most: int) -> None:
    """Limit something, if it is not limited more already."""
    hard = resource.getrlimit(kind)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, most))


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


def _reply(
    jobs: socket.socket, text: bytes, answer: bytes, failed: bool, seconds: float, spent: bool
) -> None:
    head = REPLY.pack(len(text), len(answer), failed, seconds, spent)
    jobs.sendall(head + text + answer)
