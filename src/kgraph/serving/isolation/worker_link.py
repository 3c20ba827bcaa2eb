"""The server's end of one worker: its job socket and the spool file that both of them hold."""

from __future__ import annotations

import asyncio
import os
import socket
import tempfile
import time
from collections.abc import Callable
from typing import IO, NamedTuple

from kgraph.engines.evaluation import Task
from kgraph.errors import Busy, FullDisk
from kgraph.serving.isolation.worker import COPIED, JOB, REPLY, pack_task
from kgraph.serving.scheduling.costs import Kind

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


class WorkerHandle:
    """One worker. It answers one job at a time; it is made and used within one event loop.

    Its `process` is known soon after it was forked.
    One that `copies` the data while it has nothing to do is slow to begin until it has `copied`
    them, of which `on_copied` is told.

    Errors: FullDisk when no file can be made for its answers; Busy when too many files are open.
    """

    def __init__(self, number: int, kind: Kind, on_copied: Callable[[WorkerHandle], None]) -> None:
        self.number = number
        self._on_copied = on_copied
        self.kind = kind
        self.niceness = 0
        self.copies = False
        self.copied = False
        self.process = 0
        self._computed = 0.0
        self.alive = True
        self.spool = _open_spool()
        try:
            self._jobs, self._theirs = socket.socketpair()
        except OSError as error:
            self.spool.close()
            raise Busy(f"no worker can be had now: {error.strerror}; try again soon") from error
        self._jobs.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._jobs.fileno(), self._hear)
        self._unsent = memoryview(b"")
        self._heard = bytearray()
        self._on_reply: Callable[[Reply | None], None] | None = None

    @property
    def descriptors(self) -> list[int]:
        """What the worker inherits: its end of the job socket, and the spool file."""
        return [self._theirs.fileno(), self.spool.fileno()]

    def handed_over(self) -> None:
        """Close the end that the worker now holds."""
        self._theirs.close()

    def ask(self, task: Task, on_reply: Callable[[Reply | None], None]) -> None:
        """Send a task; `on_reply` is called with the reply, or with None if the worker dies."""
        self._on_reply = on_reply
        body = pack_task(task)
        self._unsent = memoryview(JOB.pack(len(body)) + body)
        self._send()
        self._computed = self._read_clock()
        if self._unsent:
            self._loop.add_writer(self._jobs.fileno(), self._send_on)

    def count_computed(self) -> float:
        """Give the seconds computed for the task it has; where its process was not known at the
        begin, those since this was first asked; all of time where its clock cannot be read."""
        now = self._read_clock()
        self._computed = self._computed or now
        return now - self._computed if now else float("inf")

    def read_spool(self, size: int) -> bytes:
        """Give the whole answer that was spooled."""
        return os.pread(self.spool.fileno(), size, 0)

    def close(self) -> None:
        """Close this end, and wait for no reply; the worker ends when it next reads."""
        self._on_reply = None
        if self._jobs.fileno() != -1:
            self._loop.remove_reader(self._jobs.fileno())
            self._loop.remove_writer(self._jobs.fileno())
        self._jobs.close()
        self._theirs.close()

    def _send(self) -> None:
        """Send what the socket takes now; whoever died takes no more."""
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
        self._take()

    def _take(self) -> None:
        """Take what was heard, if it is whole."""
        if self._heard.startswith(COPIED):
            if self.copied or not self.copies:
                # No worker that is still itself says that, or says it twice.
                self._die()
                return
            self.copied = True
            del self._heard[: len(COPIED)]
            self._on_copied(self)
        if len(self._heard) < REPLY.size:
            return
        said, body, *rest = REPLY.unpack_from(self._heard)
        start, end = REPLY.size + said, REPLY.size + said + body
        if said + body > _MOST_REPLY_BYTES:
            # Nor that much.
            self._die()
        elif len(self._heard) >= end:
            heard = bytes(self._heard)
            # What else may follow is that it has copied the data.
            del self._heard[:end]
            if self._heard != COPIED[: len(self._heard)]:
                self._heard.clear()
            self._tell(Reply(heard[REPLY.size : start], heard[start:end], *rest))
            if self._heard:
                self._take()

    def _read_clock(self) -> float:
        """Give the seconds this worker has computed; 0 where its process is not known yet."""
        if not self.process:
            return 0.0
        try:
            # The clock of another process, by the number that Linux gives it.
            return time.clock_gettime((~self.process << 3) | 2)
        except OSError:
            return 0.0

    def _die(self) -> None:
        self.alive = False
        self._loop.remove_reader(self._jobs.fileno())
        self._loop.remove_writer(self._jobs.fileno())
        self._tell(None)

    def _tell(self, reply: Reply | None) -> None:
        on_reply, self._on_reply = self._on_reply, None
        if on_reply is not None:
            on_reply(reply)


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
