"""The server's end of the process that holds the data: have a worker forked, hear of it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kgraph.errors import BrokenData, Busy, EngineFailure
from kgraph.serving.isolation.fork_server import PACKET_BYTES
from kgraph.serving.isolation.worker_limits import Limits
from kgraph.serving.isolation.worker_link import WorkerLink

_END_SECONDS = 5
_RESEND_SECONDS = 0.05
#: Memory in large pages: to fork takes a third of the time, and queries take a tenth less.
_TUNED = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
GONE = "the process that holds the data has ended; a new one is being started"


class ForkServerLink:
    """One process that holds data. `on_gone` is called once when it ends without being told to.

    `held_bytes` is the memory that a worker would copy, `fork_seconds` what the last fork took.
    """

    def __init__(self, on_gone: Callable[[], None]) -> None:
        self._on_gone: Callable[[], None] | None = on_gone
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._ready: asyncio.Future[int] | None = None
        self._opened = False
        #: Packets that the socket had no room for yet, and the worker that each of them is about.
        self._unsent: deque[tuple[bytes, WorkerLink | None]] = deque()
        self._forking: dict[int, WorkerLink] = {}
        self.held_bytes = 0
        self.fork_seconds = 0.0

    async def open(self, paths: Sequence[Path], seconds: float) -> int:
        """Start the process and have it open the data; give the number of quads.

        Errors: BrokenData when the data cannot be read; EngineFailure when that takes too long.
        """
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._control = ours
            ours.setblocking(False)
            number = theirs.fileno()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "kgraph.serving.isolation.fork_server", str(number)],
                pass_fds=[number],
                stdin=subprocess.DEVNULL,
                env=_TUNED | os.environ,
            )
        self._ready = loop.create_future()
        loop.add_reader(ours.fileno(), self._hear)
        self._send({"do": "open", "paths": [str(path.resolve()) for path in paths]})
        try:
            return await asyncio.wait_for(self._ready, seconds)
        except TimeoutError as error:
            raise EngineFailure(f"the data could not be opened in {seconds:g} seconds") from error

    def fork(self, worker: WorkerLink, limits: Limits) -> None:
        """Have a worker forked for this link. Errors: Busy when the process is gone."""
        if self._control is None:
            raise Busy(GONE)
        self._forking[worker.number] = worker
        message = {
            "do": "fork",
            "worker": worker.number,
            "limits": asdict(limits),
            "copies": worker.copies,
            "niceness": worker.query_class.niceness,
        }
        self._send(message, worker)

    async def close(self) -> None:
        """End the process, and with it every worker."""
        self._on_gone = None
        self._disconnect()
        if self._process is not None:
            if not self._opened:
                # It reads data, and hears nothing before it is done.
                self._process.kill()
            try:
                await asyncio.to_thread(self._process.wait, _END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGKILL)
                await asyncio.to_thread(self._process.wait)

    def _send(self, message: dict[str, Any], worker: WorkerLink | None = None) -> None:
        self._unsent.append((json.dumps(message).encode(), worker))
        if len(self._unsent) == 1:
            self._send_on()

    def _send_on(self) -> None:
        """Send what the socket takes now, and the rest when there is room again."""
        if self._control is None:
            return
        loop, number = asyncio.get_running_loop(), self._control.fileno()
        while self._unsent:
            packet, worker = self._unsent[0]
            try:
                # One that was given up meanwhile is not forked at all.
                if worker is None or worker.descriptors:
                    descriptors = worker.descriptors if worker is not None else []
                    socket.send_fds(self._control, [packet], descriptors)
            except BlockingIOError:
                loop.add_writer(number, self._send_on)
                return
            except OSError as error:
                if error.errno == errno.ETOOMANYREFS:
                    # Too many descriptors are on their way; room for them is not announced.
                    loop.call_later(_RESEND_SECONDS, self._send_on)
                    return
                # It is gone, which is read soon.
                break
            self._unsent.popleft()
            if worker is not None:
                self._hand_over(worker)
        self._unsent.clear()
        loop.remove_writer(number)

    def _hand_over(self, worker: WorkerLink) -> None:
        if worker.descriptors:
            worker.hand_over()
        else:
            del self._forking[worker.number]
            worker.process.fail()

    def _hear(self) -> None:
        if self._control is None:
            return
        packet, descriptors = b"", list[int]()
        try:
            packet, descriptors, _, _ = socket.recv_fds(
                self._control, PACKET_BYTES, 1, socket.MSG_CMSG_CLOEXEC
            )
        except BlockingIOError:
            return
        except OSError:
            pass
        message: dict[str, Any] = json.loads(packet) if packet else {"event": "gone"}
        match message["event"]:
            case "forked":
                self.fork_seconds = message["seconds"]
                self._forking.pop(message["worker"]).process.announce(
                    message["process"], descriptors[0]
                )
            case "unforked":
                self._forking.pop(message["worker"]).process.fail()
            case _:
                self._hear_of_data(message)

    def _hear_of_data(self, message: dict[str, Any]) -> None:
        ready = self._ready
        if message["event"] == "ready":
            self._opened = True
            self.held_bytes = int(message["bytes"])
            if ready is not None and not ready.done():
                ready.set_result(int(message["quads"]))
            return
        if message["event"] == "failed":
            fault: Exception = BrokenData(str(message["message"]))
        else:
            fault = EngineFailure("the data could not be opened")
            self._disconnect()
        if ready is not None and not ready.done():
            ready.set_exception(fault)
        elif self._on_gone is not None and self._opened:
            on_gone, self._on_gone = self._on_gone, None
            on_gone()

    def _disconnect(self) -> None:
        """Close this end; of workers that were not forked yet, none will be."""
        if self._control is not None:
            with contextlib.suppress(RuntimeError):
                loop = asyncio.get_running_loop()
                loop.remove_reader(self._control.fileno())
                loop.remove_writer(self._control.fileno())
            self._control.close()
            self._control = None
        self._unsent.clear()
        forking, self._forking = self._forking, {}
        for worker in forking.values():
            worker.process.fail()
