"""Queries in worker processes that can be killed, as many at a time as there are workers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from kgraph.engines.evaluation import Task
from kgraph.engines.worker import LENGTH, Limits
from kgraph.errors import (
    BadQuery,
    BrokenData,
    Busy,
    EngineFailure,
    NotAcceptable,
    OutsideAccess,
    TooCostly,
)

_PACKET_BYTES = 1 << 16


@dataclass(frozen=True)
class PoolLimits:
    """What the pool allows: workers at once, queries waiting, and what one query may use."""

    workers: int = 4
    queue: int = 64
    query_seconds: float = 30.0
    memory_bytes: int = 2 << 30
    answer_bytes: int = 256 << 20
    open_seconds: float = 600.0


@dataclass(frozen=True)
class Answer:
    """A whole answer: `kind` is bindings, boolean or graph; `suffix` the key of its format."""

    kind: str
    suffix: str
    body: bytes


class _Worker:
    """The server's end of one worker: its job socket and the spool file both of them hold."""

    def __init__(self, number: int, jobs: socket.socket, spool: IO[bytes]) -> None:
        self.number = number
        self.jobs = jobs
        self.spool = spool

    async def ask(self, job: dict[str, Any]) -> dict[str, Any]:
        """Send a job and give the reply; EngineFailure when the worker died on it."""
        loop = asyncio.get_running_loop()
        body = json.dumps(job).encode()
        try:
            await loop.sock_sendall(self.jobs, LENGTH.pack(len(body)) + body)
            head = await self._read(LENGTH.size)
            reply: dict[str, Any] = json.loads(await self._read(LENGTH.unpack(head)[0]))
        except (BrokenPipeError, ConnectionResetError) as error:
            raise WorkerDied from error
        return reply

    async def _read(self, size: int) -> bytes:
        loop = asyncio.get_running_loop()
        parts = bytearray()
        while len(parts) < size:
            part = await loop.sock_recv(self.jobs, size - len(parts))
            if not part:
                raise WorkerDied
            parts += part
        return bytes(parts)

    def close(self) -> None:
        self.jobs.close()
        self.spool.close()


class WorkerDied(Exception):
    """The worker ended without a reply: its stack overflowed, or the system ended it."""


class Pool:
    """Workers forked from one zygote that holds the store.

    `answer` gives whole answers or raises; it never gives part of one.
    """

    def __init__(self, paths: Sequence[Path], limits: PoolLimits) -> None:
        self._paths = paths
        self._limits = limits
        self._idle: asyncio.Queue[_Worker] = asyncio.Queue()
        self._workers: dict[int, _Worker] = {}
        self._waiting = 0
        self._number = 0
        self._ready: asyncio.Future[int] | None = None
        self._zygote: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    async def start(self) -> int:
        """Open the store and fork the workers; give the number of quads held.

        Errors: EngineFailure when the store cannot be opened within `open_seconds`.
        """
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = ours
        self._zygote = subprocess.Popen(
            [sys.executable, "-m", "kgraph.engines.zygote", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        self._ready = loop.create_future()
        loop.add_reader(ours.fileno(), self._hear)
        self._tell({"do": "open", "paths": [str(path.resolve()) for path in self._paths]})
        try:
            quads = await asyncio.wait_for(self._ready, self._limits.open_seconds)
        except TimeoutError as error:
            await self.close()
            raise EngineFailure("the data could not be opened in time") from error
        for _ in range(self._limits.workers):
            self._fork()
        return quads

    async def close(self) -> None:
        """End the zygote and with it every worker."""
        if self._control is not None:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._control.close()
            self._control = None
        if self._zygote is not None:
            try:
                await asyncio.to_thread(self._zygote.wait, 5)
            except subprocess.TimeoutExpired:
                self._zygote.send_signal(signal.SIGKILL)
                await asyncio.to_thread(self._zygote.wait)
        for worker in self._workers.values():
            worker.close()
        self._workers.clear()

    async def answer(self, task: Task, seconds: float | None = None) -> Answer:
        """Evaluate one query within the limits; `seconds` may lower the limit of time.

        Errors: BadQuery, NotAcceptable; TooCostly naming the limit; Busy when the queue is full;
        OutsideAccess for SERVICE and the like; EngineFailure otherwise.
        """
        allowed = min(seconds or self._limits.query_seconds, self._limits.query_seconds)
        async with self._worker() as worker:
            try:
                reply = await asyncio.wait_for(worker.ask(asdict(task)), allowed)
            except TimeoutError:
                self._replace(worker)
                raise TooCostly(
                    f"the query took longer than {allowed:g} seconds, planning included; "
                    "ask for less, or add a LIMIT to an inner SELECT",
                    limit="seconds",
                ) from None
            except WorkerDied:
                self._replace(worker)
                raise TooCostly(
                    "the query is nested too deeply or needs too much memory for one worker; "
                    "write it flatter or ask for less",
                    limit="memory or nesting",
                ) from None
            except asyncio.CancelledError:
                # The client went away: nobody waits for the answer any more.
                self._replace(worker)
                raise
            if "error" in reply:
                raise self._error(reply)
            body = os.pread(worker.spool.fileno(), reply["bytes"], 0)
            return Answer(reply["kind"], reply["suffix"], body)

    @asynccontextmanager
    async def _worker(self) -> AsyncIterator[_Worker]:
        if self._waiting >= self._limits.queue:
            raise Busy(f"{self._waiting} queries are waiting already; try again in a few seconds")
        self._waiting += 1
        try:
            worker = await self._idle.get()
        finally:
            self._waiting -= 1
        try:
            yield worker
        finally:
            if worker.number in self._workers:
                self._idle.put_nowait(worker)

    def _error(self, reply: dict[str, Any]) -> Exception:
        message = reply["message"]
        megabytes = self._limits.answer_bytes >> 20
        match reply["error"]:
            case "query":
                return BadQuery(message, reply["line"], reply["column"])
            case "acceptable":
                return NotAcceptable(message)
            case "memory":
                return TooCostly("the query needs more memory than one may have", limit="memory")
            case "bytes":
                return TooCostly(f"the answer is larger than {megabytes} MB", limit="bytes")
            case "outside":
                return OutsideAccess(
                    "the query asks for data outside this endpoint (SERVICE, LOAD or FROM); "
                    "it answers from its own graphs alone"
                )
            case _:
                return EngineFailure(message)

    def _fork(self) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        spool = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the worker
        self._number += 1
        worker = _Worker(self._number, ours, spool)
        limits = Limits(self._limits.memory_bytes, self._limits.answer_bytes)
        message = {"do": "fork", "worker": worker.number, "limits": asdict(limits)}
        self._tell(message, [theirs.fileno(), spool.fileno()])
        theirs.close()
        self._workers[worker.number] = worker
        self._idle.put_nowait(worker)

    def _replace(self, worker: _Worker) -> None:
        """End a worker that is busy or dead, and fork another."""
        if self._workers.pop(worker.number, None) is None:
            return
        self._tell({"do": "kill", "worker": worker.number})
        worker.close()
        self._fork()

    def _tell(self, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
        if self._control is None:
            raise EngineFailure("the engine is shut down")
        try:
            socket.send_fds(self._control, [json.dumps(message).encode()], list(descriptors))
        except OSError as error:
            raise EngineFailure(f"the process that holds the data is gone: {error}") from error

    def _hear(self) -> None:
        assert self._control is not None
        packet = b""
        with contextlib.suppress(BlockingIOError, ConnectionResetError):
            packet = self._control.recv(_PACKET_BYTES)
        message: dict[str, Any] = json.loads(packet) if packet else {"event": "gone"}
        if message["event"] == "gone":
            asyncio.get_running_loop().remove_reader(self._control.fileno())
        if self._ready is not None and not self._ready.done():
            if message["event"] == "ready":
                self._ready.set_result(message["quads"])
            elif message["event"] == "failed":
                self._ready.set_exception(BrokenData(message["message"]))
            elif message["event"] == "gone":
                self._ready.set_exception(EngineFailure("the data could not be opened"))
