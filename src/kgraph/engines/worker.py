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
from dataclasses import dataclass
from typing import Any

from pyoxigraph import Store

from kgraph.engines.evaluation import Task, evaluate
from kgraph.engines.row_limit import CountingFile, TooManyRows
from kgraph.errors import (
    BadQuery,
    KgraphError,
    NotAcceptable,
    OutsideAccess,
    ReadOnly,
    UnknownResource,
)

LENGTH = struct.Struct("!I")


@dataclass(frozen=True)
class Limits:
    """What one worker may use: bytes of memory beyond the store's; bytes and rows of an answer."""

    memory_bytes: int
    answer_bytes: int
    answer_rows: int


def work(store: Store, jobs: socket.socket, spool: int, limits: Limits) -> None:
    """Answer jobs from the socket until it is closed; each answer goes to the spool file.

    A job is a length and a JSON text; so is the reply: `kind`, `suffix`, `bytes`, or `error`.
    Once the limits stand, no socket and no file can be opened any more: SERVICE, LOAD and FROM
    reach nothing, however they are spelled.
    """
    _limit(limits)
    while True:
        job = _receive(jobs)
        if job is None:
            return
        os.ftruncate(spool, 0)
        os.lseek(spool, 0, os.SEEK_SET)
        _reply(jobs, _answer(store, _task(job), spool, limits.answer_rows))


def _task(job: dict[str, Any]) -> Task:
    job["default_graphs"] = tuple(job["default_graphs"])
    job["named_graphs"] = tuple(job["named_graphs"])
    return Task(**job)


def _answer(store: Store, task: Task, spool: int, most_rows: int) -> dict[str, Any]:
    target = CountingFile(spool)
    try:
        with io.BufferedWriter(target, 1 << 16) as out:  # type: ignore[type-var]
            written = evaluate(store, task, out, lambda suffix: target.count(suffix, most_rows))
            out.flush()
            size = os.fstat(spool).st_size
        return {"kind": written.kind, "suffix": written.suffix, "bytes": size}
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
    except MemoryError as error:
        return _error("memory", error)
    except OSError as error:
        # Too large for the limit on files, or SERVICE stopped by the limit on sockets.
        return _error("bytes" if error.errno == errno.EFBIG else "sealed", error)
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


def _limit(limits: Limits) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with open("/proc/self/statm") as statm:
        held = int(statm.read().split()[0]) * resource.getpagesize()
    address_space = held + limits.memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.answer_bytes, limits.answer_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _receive(jobs: socket.socket) -> dict[str, Any] | None:
    head = _read(jobs, LENGTH.size)
    if head is None:
        return None
    body = _read(jobs, LENGTH.unpack(head)[0])
    if body is None:
        return None
    job: dict[str, Any] = json.loads(body)
    return job


def _read(jobs: socket.socket, size: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        part = jobs.recv(size - len(parts))
        if not part:
            return None
        parts += part
    return bytes(parts)


def _reply(jobs: socket.socket, reply: dict[str, Any]) -> None:
    body = json.dumps(reply).encode()
    jobs.sendall(LENGTH.pack(len(body)) + body)
