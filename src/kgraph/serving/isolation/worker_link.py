"""The server's end of one worker: its job socket, its process, the spool file both of them hold."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from typing import IO

from kgraph.errors import Busy, FullDisk
from kgraph.serving.isolation.messages import COPIED, REPLY, Reply

#: What arrives from a worker, for the moment until it is taken over; there is one thread.
_ARRIVED = memoryview(bytearray(1 << 16))
_MOST_REPLY_BYTES = 1 << 20


class WorkerLink:
    """One worker. It answers one job at a time; it is made and used within one event loop.

    Its `process` is known soon after it was forked; a signal that comes before waits for that.
    One that `copies` the data while it has nothing to do is slow to begin until it has `copied`
    them. It is `alive` until its socket or this end is closed, and `gone` once its process is, of
    which `on_end` is told.

    Errors: FullDisk when no file can be made for its answers; Busy when too many files are open.
    """

    def __init__(self, number: int, on_end: Callable[[WorkerLink], None]) -> None:
        self.number = number
        self.niceness = 0
        self.copies = False
        self.copied = False
        self.alive = True
        self.gone = False
        self._on_end = on_end
        self._process = 0
        self._handle: int | None = None
        self._signals: list[signal.Signals] = []
        self._computed = 0.0
        self._spool: IO[bytes] | None = _open_spool()
        try:
            self._jobs, self._theirs = socket.socketpair()
        except OSError as error:
            self._close_spool()
            raise Busy(f"no worker can be had now: {error.strerror}; try again soon") from error
        self._jobs.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._jobs.fileno(), self._hear)
        self._unsent = memoryview(b"")
        self._heard = bytearray()
        self._replied: asyncio.Future[Reply | None] | None = None

    @property
    def descriptors(self) -> list[int]:
        """What the worker inherits: its end of the job socket, and the spool file."""
        assert self._spool is not None
        return [self._theirs.fileno(), self._spool.fileno()]

    def hand_over(self) -> None:
        """Close the end that the worker now holds."""
        self._theirs.close()

    def meet(self, process: int, handle: int) -> None:
        """Take the process that the worker is; `handle` is a descriptor of it (pidfd)."""
        self._process, self._handle = process, handle
        self._loop.add_reader(handle, self.forget)
        for number in self._signals:
            self._signal(number)

    def ask(self, job: bytes) -> asyncio.Future[Reply | None]:
        """Send a job; give what will be the reply, or None if the worker dies."""
        self._replied = self._loop.create_future()
        self._unsent = memoryview(job)
        self._send()
        self._computed = self._read_clock()
        if self._unsent:
            self._loop.add_writer(self._jobs.fileno(), self._send)
        return self._replied

    def count_computed(self) -> float:
        """Give the seconds computed for the job it has; where its process was not known at the
        begin, those since this was first asked; all of time where its clock cannot be read."""
        now = self._read_clock()
        self._computed = self._computed or now
        return now - self._computed if now else float("inf")

    def read_spool(self, size: int) -> bytes:
        """Give the whole answer that was spooled."""
        return b"" if self._spool is None else os.pread(self._spool.fileno(), size, 0)

    def take_spool(self, size: int) -> IO[bytes]:
        """Give the file with the answer that was spooled; whoever takes it closes it.

        Errors: ValueError where it is shorter than the answer.
        """
        spool = self._spool
        if spool is None or os.fstat(spool.fileno()).st_size < size:
            raise ValueError("the spool is shorter than the answer")
        self._spool = None
        spool.seek(0)
        return spool

    def stop(self) -> None:
        """Let it not run until it goes on."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it run again."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it, whatever it does, and wait for no reply."""
        self.close()
        self._signal(signal.SIGKILL)

    def close(self) -> None:
        """Close this end; whoever still waits for a reply is told that there is none."""
        self.alive = False
        self._reply(None)
        if self._jobs.fileno() != -1:
            self._loop.remove_reader(self._jobs.fileno())
            self._loop.remove_writer(self._jobs.fileno())
        self._jobs.close()
        self._theirs.close()
        self._close_spool()

    def forget(self) -> None:
        """Take note that its process is gone."""
        if self.gone:
            return
        self.gone = True
        if self._handle is not None:
            self._loop.remove_reader(self._handle)
            os.close(self._handle)
            self._handle = None
        self._process = 0
        self._on_end(self)

    def _close_spool(self) -> None:
        if self._spool is not None:
            self._spool.close()
            self._spool = None

    def _signal(self, number: signal.Signals) -> None:
        if self._handle is None:
            self._signals.append(number)
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, number)

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
        if not self._unsent and self._jobs.fileno() != -1:
            self._loop.remove_writer(self._jobs.fileno())

    def _hear(self) -> None:
        try:
            # Into memory that is there: what is made for it is as large as the largest part.
            size = self._jobs.recv_into(_ARRIVED)
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if not size:
            self._die()
            return
        self._heard += _ARRIVED[:size]
        self._take()

    def _take(self) -> None:
        """Take what was heard, if it is whole. A worker that breaks the form is given up."""
        if self._heard.startswith(COPIED):
            if self.copied or not self.copies:
                self._die()
                return
            self.copied = True
            del self._heard[: len(COPIED)]
        if len(self._heard) < REPLY.size:
            return
        text, body, *rest = REPLY.unpack_from(self._heard)
        start, end = REPLY.size + text, REPLY.size + text + body
        if text + body > _MOST_REPLY_BYTES:
            self._die()
        elif len(self._heard) >= end:
            heard = bytes(self._heard)
            # What else may follow is that it has copied the data.
            del self._heard[:end]
            if self._heard != COPIED[: len(self._heard)]:
                self._heard.clear()
            self._reply(Reply(heard[REPLY.size : start], heard[start:end], *rest))
            if self._heard:
                self._take()

    def _read_clock(self) -> float:
        """Give the seconds this worker has computed; 0 where its process is not known yet."""
        if not self._process:
            return 0.0
        try:
            # The clock of another process, by the number that Linux gives it.
            return time.clock_gettime((~self._process << 3) | 2)
        except OSError:
            return 0.0

    def _die(self) -> None:
        self.alive = False
        self._loop.remove_reader(self._jobs.fileno())
        self._loop.remove_writer(self._jobs.fileno())
        self._reply(None)

    def _reply(self, reply: Reply | None) -> None:
        replied, self._replied = self._replied, None
        if replied is not None and not replied.done():
            replied.set_result(reply)


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
