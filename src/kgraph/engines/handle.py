"""The server's end of one worker: its job socket and the spool file that both of them hold."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import tempfile
from typing import IO, Any

from kgraph.engines.worker import LENGTH


class WorkerDied(Exception):
    """The worker ended without a reply: its stack overflowed, or the system ended it."""


class WorkerHandle:
    """One worker. It answers one job at a time."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.lowered = False
        self.spool: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives with the worker
        self._jobs, self._theirs = socket.socketpair()
        self._jobs.setblocking(False)

    @property
    def descriptors(self) -> list[int]:
        """What the worker inherits: its end of the job socket, and the spool file."""
        return [self._theirs.fileno(), self.spool.fileno()]

    def handed_over(self) -> None:
        """Close the end that the worker now holds."""
        self._theirs.close()

    async def ask(self, job: dict[str, Any]) -> dict[str, Any]:
        """Send a job and give the reply. Errors: WorkerDied."""
        loop = asyncio.get_running_loop()
        body = json.dumps(job).encode()
        try:
            await loop.sock_sendall(self._jobs, LENGTH.pack(len(body)) + body)
            received = bytearray()
            size = LENGTH.size
            while len(received) < size:
                part = await loop.sock_recv(self._jobs, 1 << 16)
                if not part:
                    raise WorkerDied
                received += part
                if size == LENGTH.size and len(received) >= size:
                    size += LENGTH.unpack_from(received)[0]
        except (BrokenPipeError, ConnectionResetError) as error:
            raise WorkerDied from error
        reply: dict[str, Any] = json.loads(received[LENGTH.size :])
        return reply

    def read_spool(self, size: int) -> bytes:
        """Give the whole answer that was spooled."""
        return os.pread(self.spool.fileno(), size, 0)

    def close(self) -> None:
        """Close this end; the worker ends when it next reads."""
        self._jobs.close()
        self._theirs.close()
