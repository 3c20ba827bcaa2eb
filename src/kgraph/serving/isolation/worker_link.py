"""The server's end of one worker: its job socket and the spool file that both of them hold."""

from __future__ import annotations

import asyncio
import json
import marshal
import os
import socket
import tempfile
import time
from collections.abc import Callable
from typing import IO, NamedTuple

from kgraph.engines.evaluation import Task
from kgraph.errors import Busy, FullDisk, KgraphError, unpack_error
from kgraph.serving.isolation.worker_messages import JOB, REPLY, Said
from kgraph.serving.isolation.worker_process import WorkerProcess
from kgraph.serving.query_classes import QueryClass

#: What arrives from a worker, for the moment until it is taken over; there is one thread.
_PART = memoryview(bytearray(1 << 16))
_MOST_REPLY_BYTES = 1 << 20


class Reply(NamedTuple):
    """What a worker says of a job: kind, format and bytes of an answer or a fault in JSON; the
    answer, where it is small enough to come along; seconds of computing; whether it is spent."""

    text: bytes
    body: bytes
    failed: bool
    seconds: float
    spent: bool


class WorkerOwner:
    """Who is told what becomes of a worker that has nothing to do, or ends."""

    def on_started(self, worker: WorkerLink) -> None:
        """Hear that its limits stand."""

    def on_refused(self, refusal: KgraphError) -> None:
        """Hear that its limits cannot be set, and why."""

    def on_dead(self, worker: WorkerLink) -> None:
        """Hear that it answers no more, while it had no job."""

    def on_gone(self, worker: WorkerLink) -> None:
        """Hear that its process has ended."""


class WorkerLink:
    """One worker. It answers one job at a time; it is made and used within one event loop.

    Its `process` steers it. One that `copies` the data while it has nothing to do is slow to begin
    until it has `copied` them. `prepared_seconds` is what it computed before its first job.

    Errors: FullDisk when no file can be made for its answers; Busy when too many files are open.
    """

    def __init__(self, number: int, query_class: QueryClass, owner: WorkerOwner) -> None:
        self.number = number
        self.query_class = query_class
        self._owner: WorkerOwner | None = owner
        self.copies = self.copied = self.started = False
        self.prepared_seconds = 0.0
        self.alive = True
        self._computed = 0.0
        self._spool: IO[bytes] | None = _open_spool()
        try:
            self._jobs, self._theirs = socket.socketpair()
        except OSError as error:
            self._spool.close()
            raise Busy(f"no worker can be had now: {error.strerror}; try again soon") from error
        self._jobs.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._jobs.fileno(), self._hear)
        self._unsent = memoryview(b"")
        self._heard = bytearray()
        self._on_reply: Callable[[Reply | None], None] | None = None
        self.process = WorkerProcess(self._on_gone)

    @property
    def descriptors(self) -> list[int]:
        """What the worker inherits: its end of the job socket, and the spool file; nothing once
        this end was closed."""
        if self._spool is None or self._theirs.fileno() == -1:
            return []
        return [self._theirs.fileno(), self._spool.fileno()]

    def hand_over(self) -> None:
        """Close the end that the worker now holds."""
        self._theirs.close()

    def ask(self, task: Task, on_reply: Callable[[Reply | None], None]) -> None:
        """Send a task; `on_reply` is called with the reply, or with None if the worker dies."""
        self._on_reply = on_reply
        body = _pack_task(task)
        self._unsent = memoryview(JOB.pack(len(body)) + body)
        self._send()
        self._computed = self._read_clock()
        if self._unsent:
            self._loop.add_writer(self._jobs.fileno(), self._send_on)

    def count_computed(self) -> float:
        """Give the seconds computed for the task it has, so far; where its process was not known
        at the begin, those since this was first asked."""
        now = self._read_clock()
        self._computed = self._computed or now
        return now - self._computed

    def read_spool(self, size: int) -> bytes:
        """Give the whole answer that was spooled. Errors: ValueError where it is shorter."""
        content = os.pread(self._spool.fileno(), size, 0) if self._spool is not None else b""
        if len(content) != size:
            raise ValueError("the spool is shorter than the answer")
        return content

    def take_spool(self, size: int) -> IO[bytes]:
        """Give the spool with an answer in it, to whoever closes it. Errors: ValueError where it is
        shorter than the answer."""
        spool = self._spool
        if spool is None or os.fstat(spool.fileno()).st_size < size:
            raise ValueError("the spool is shorter than the answer")
        self._spool = None
        spool.seek(0)
        return spool

    def close(self) -> None:
        """Close this end, and wait for no reply; the worker ends when it next reads."""
        self._on_reply = None
        if self._jobs.fileno() != -1:
            self._loop.remove_reader(self._jobs.fileno())
            self._loop.remove_writer(self._jobs.fileno())
        self._jobs.close()
        self._theirs.close()
        if self._spool is not None:
            self._spool.close()
            self._spool = None

    def forget(self) -> None:
        """Close this end and tell nobody anything any more; for the end of the whole set."""
        self._owner = None
        self.close()
        self.process.forget()

    def _on_gone(self) -> None:
        if self._owner is not None:
            self._owner.on_gone(self)

    def _send(self) -> None:
        """Send what the socket takes now; a worker that died takes no more."""
        try:
            sent = self._jobs.send(self._unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            sent = len(self._unsent)
            self._die()
        self._unsent = self._unsent[sent:]

    def _send_on(self) -> None:
        """Send more of a job that was too large to go at once."""
        self._send()
        if not self._unsent:
            self._loop.remove_writer(self._jobs.fileno())

    def _hear(self) -> None:
        try:
            # Into memory that is there: what is made for it is as large as the largest part.
            size = self._jobs.recv_into(_PART)
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if not size:
            self._die()
            return
        self._heard += _PART[:size]
        while self._take():
            continue

    def _take(self) -> bool:
        """Take the first message, if it is whole; tell whether there may be another."""
        if len(self._heard) < REPLY.size:
            return False
        what, said, body, seconds, spent = REPLY.unpack_from(self._heard)
        start, end = REPLY.size + said, REPLY.size + said + body
        if said + body > _MOST_REPLY_BYTES:
            self._die()
            return False
        if len(self._heard) < end:
            return False
        heard = bytes(self._heard[:end])
        del self._heard[:end]
        if what in (Said.ANSWER, Said.FAULT):
            failed = what == Said.FAULT
            self._tell(Reply(heard[REPLY.size : start], heard[start:], failed, seconds, spent))
        else:
            self._take_news(what, heard[REPLY.size : start], seconds)
        return self.alive and bool(self._heard)

    def _take_news(self, what: int, text: bytes, seconds: float) -> None:
        """Take what comes unasked; what no worker says ends it, since it may be taken over."""
        if what == Said.STARTED and not self.started:
            self.started, self.prepared_seconds = True, seconds
            if self._owner is not None:
                self._owner.on_started(self)
        elif what == Said.COPIED and self.copies and not self.copied:
            self.copied, self.prepared_seconds = True, seconds
        else:
            if what == Said.REFUSED and not self.started and self._owner is not None:
                self._owner.on_refused(unpack_error(json.loads(text)))
            self._die()

    def _read_clock(self) -> float:
        """Give the seconds this worker has computed; 0 where its process is not known yet."""
        if not self.process.number:
            return 0.0
        try:
            # The clock of another process, by the number that Linux gives it.
            return time.clock_gettime((~self.process.number << 3) | 2)
        except OSError:
            return 0.0

    def _die(self) -> None:
        self.alive = False
        if self._jobs.fileno() != -1:
            self._loop.remove_reader(self._jobs.fileno())
            self._loop.remove_writer(self._jobs.fileno())
        if self._on_reply is not None:
            self._tell(None)
        elif self._owner is not None:
            self._owner.on_dead(self)

    def _tell(self, reply: Reply | None) -> None:
        on_reply, self._on_reply = self._on_reply, None
        if on_reply is not None:
            on_reply(reply)


def _pack_task(task: Task) -> bytes:
    """Give a task as the bytes of a job; what comes back is JSON, since a worker is not trusted."""
    return marshal.dumps((*task[:-1], [tuple(each) for each in task.outside]))


def _open_spool() -> IO[bytes]:
    # There or nowhere: elsewhere might be memory.
    folder = os.environ.get("TMPDIR") or None
    try:
        return tempfile.TemporaryFile(dir=folder)
    except OSError as error:
        place = folder or "the folder for temporary files"
        raise FullDisk(
            f"no file for an answer can be made in {place}: {error.strerror or error}"
        ) from error
