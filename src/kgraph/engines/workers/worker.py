"""A worker: one forked process that answers one query at a time within its limits."""

from __future__ import annotations

import errno
import io
import json
import os
import resource
import signal
import socket
import struct
import time
from dataclasses import dataclass
from typing import Any

from pyoxigraph import Store

from kgraph.engines.evaluation import Task, evaluate
from kgraph.engines.outside.rows import OutsideAnswer
from kgraph.engines.row_limit import CountingFile, TooManyRows
from kgraph.errors import (
    BadQuery,
    EndpointFailure,
    KgraphError,
    NotAcceptable,
    OutsideAccess,
    ReadOnly,
    TooCostly,
    UnknownResource,
)

#: Before each job and each reply: the bytes of its JSON text, and of the answer after that.
LENGTHS = struct.Struct("!II")
#: An answer up to this size goes along with the reply, a larger one through the spool.
_SENT_BYTES = 1 << 16
_RECEIVED_BYTES = 1 << 16
#: What takes no longer by the clock is not looked at closer.
_QUICK_SECONDS = 0.002
#: What it means when the spool cannot be written.
_WRITING = {
    errno.EFBIG: "bytes",
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EIO: "full",
}


@dataclass(frozen=True)
class Limits:
    """What one worker may use: bytes of memory beyond the store's; bytes and rows of an answer."""

    memory_bytes: int
    answer_bytes: int
    answer_rows: int


def work(store: Store, jobs: socket.socket, spool: int, limits: Limits) -> None:
    """Answer jobs from the socket until it is closed; a large answer goes to the spool file.

    A job is two lengths and a JSON text; so is the reply, `kind`, `suffix`, `bytes`, or `error`,
    the `seconds` of computing, and whether the worker is `spent`; a small answer follows it.
    Once the limits stand, no socket and no file can be opened any more: SERVICE, LOAD and FROM
    reach nothing, however they are spelled.
    """
    statm = os.open("/proc/self/statm", os.O_RDONLY)
    held = _read_held(statm)
    _limit(limits, held)
    spooled = False
    watch = _Watch()
    while True:
        job = _receive(jobs)
        if job is None:
            return
        if spooled:
            _empty(spool)
        target = CountingFile(spool, _SENT_BYTES)
        watch.begin()
        said = _answer(store, _task(job), target, limits.answer_rows)
        said["seconds"] = watch.end()
        # What one query took and the allocator keeps, the next one would lack.
        long = said["seconds"] > _QUICK_SECONDS
        said["spent"] = long and _read_held(statm) - held > limits.memory_bytes // 2
        spooled = target.spooled
        if spooled and "error" in said:
            # What was written before the fault is no use; others need the room.
            _empty(spool)
        _reply(jobs, said, b"" if "error" in said else target.held)


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


def _task(job: dict[str, Any]) -> Task:
    job["default_graphs"] = tuple(job["default_graphs"])
    job["named_graphs"] = tuple(job["named_graphs"])
    job["outside"] = tuple(OutsideAnswer(*each) for each in job["outside"])
    return Task(**job)


def _answer(store: Store, task: Task, target: CountingFile, most_rows: int) -> dict[str, Any]:
    try:
        with io.BufferedWriter(target, _SENT_BYTES) as out:  # type: ignore[type-var]
            written = evaluate(store, task, out, lambda suffix: target.count(suffix, most_rows))
        return {"kind": written.kind, "suffix": written.suffix, "bytes": target.written}
    except TooManyRows:
        return {"error": "rows", "message": ""}
    except BadQuery as error:
        return _error("query", error, line=error.line, column=error.column)
    except NotAcceptable as error:
        return _error("acceptable", error)
    except OutsideAccess as error:
        return _error("outside", error)
    except ReadOnly as error:
        return _error("update", error)
    except UnknownResource as error:
        return _error("unknown", error)
    except EndpointFailure as error:
        return _error("endpoint", error)
    except TooCostly as error:
        return _error("limit", error, limit=error.limit)
    except MemoryError as error:
        return _error("memory", error)
    except OSError as error:
        # SERVICE was stopped by the limit on sockets, where it is no fault in writing.
        return _error(_WRITING.get(error.errno or 0, "sealed"), error)
    except (RuntimeError, ValueError) as error:
        # SERVICE with a variable fails with a sentence on the service, not with a closed socket.
        if "service" in str(error).lower():
            return _error("sealed", error)
        # The data are the same for all, so it is this query that the engine cannot evaluate.
        return _error("query", error, line=None, column=None)
    except KgraphError as error:
        return _error("engine", error)


def _error(cause: str, error: Exception, **more: Any) -> dict[str, Any]:
    return {"error": cause, "message": str(error), **more}


def _read_held(statm: int) -> int:
    return int(os.pread(statm, 64, 0).split()[0]) * resource.getpagesize()


def _limit(limits: Limits, held: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    address_space = held + limits.memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.answer_bytes, limits.answer_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _receive(jobs: socket.socket) -> dict[str, Any] | None:
    received, size = bytearray(), LENGTHS.size
    while len(received) < size:
        part = jobs.recv(_RECEIVED_BYTES)
        if not part:
            return None
        received += part
        if size == LENGTHS.size and len(received) >= size:
            size += LENGTHS.unpack_from(received)[0]
    job: dict[str, Any] = json.loads(received[LENGTHS.size :])
    return job


def _reply(jobs: socket.socket, reply: dict[str, Any], answer: bytes) -> None:
    text = json.dumps(reply).encode()
    jobs.sendall(LENGTHS.pack(len(text), len(answer)) + text + answer)
