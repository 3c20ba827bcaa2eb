"""The server's end of one worker: its job socket and the spool file that both of them hold."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import tempfile
from dataclasses import dataclass
from typing import IO, Any

from kgraph.engines.workers.worker import LENGTHS
from kgraph.errors import FullDisk

_READ_BYTES = 1 << 18


class WorkerDied(Exception):
    """The worker ended without a reply: its stack overflowed, or the system ended it."""


@dataclass(frozen=True)
class Reply:
    """What a worker said of a job, and the answer where it is small enough to come along."""

    said: dict[str, Any]
    body: bytes


class WorkerHandle:
    """One worker. It answers one job at a time; it is made and used within one event loop.

    Errors: FullDisk when no file can be made for its answers.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.niceness = 0
        self.alive = True
        self.spool = _open_spool()
        self._jobs, self._theirs = socket.socketpair()
        self._jobs.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._jobs.fileno(), self._hear)
        self._unsent = memoryview(b"")
        self._heard = bytearray()
        self._reply: asyncio.Future[Reply] | None = None

    @property
    def descriptors(self) -> list[int]:
        """What the worker inherits: its end of the job socket, and the spool file."""
        return [self._theirs.fileno(), self.spool.fileno()]

    def handed_over(self) -> None:
        """Close the end that the worker now holds."""
        self._theirs.close()

    def ask(self, job: dict[str, Any]) -> asyncio.Future[Reply]:
        """Send a job and give its reply to come. Errors, of the reply: WorkerDied."""
        self._reply = self._loop.create_future()
        body = json.dumps(job).encode()
        self._unsent = memoryview(LENGTHS.pack(len(body), 0) + body)
        self._send()
        if self._unsent:
            self._loop.add_writer(self._jobs.fileno(), self._send_on)
        return self._reply

    def read_spool(self, size: int) -> bytes:
        """Give the whole answer that was spooled."""
        return os.pread(self.spool.fileno(), size, 0)

    def close(self) -> None:
        """Close this end; the worker ends when it next reads."""
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
            part = self._jobs.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            part = b""
        if not part:
            self._die()
            return
        self._heard += part
        if len(self._heard) < LENGTHS.size:
            return
        said, body = LENGTHS.unpack_from(self._heard)
        start = LENGTHS.size + said
        if len(self._heard) < start + body:
            return
        reply = Reply(json.loads(self._heard[LENGTHS.size : start]), bytes(self._heard[start:]))
        self._heard.clear()
        if self._reply is not None and not self._reply.done():
            self._reply.set_result(reply)

    def _die(self) -> None:
        self.alive = False
        self._loop.remove_reader(self._jobs.fileno())
        self._loop.remove_writer(self._jobs.fileno())
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(WorkerDied())


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
