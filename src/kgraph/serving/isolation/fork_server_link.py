"""The server's end of the fork server: open the data, fork a worker, lower one."""

from __future__ import annotations

import asyncio
import contextlib
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

from kgraph.errors import Busy, EngineFailure, unpack_error
from kgraph.serving.isolation.fork_server import PACKET_BYTES
from kgraph.serving.isolation.worker_limits import WorkerLimits

_END_SECONDS = 5
#: Memory in large pages: to fork takes a third of the time, and queries take a tenth less.
_TUNED = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
GONE = "the process that holds the data has ended; a new one is being started"


class ForkServerLink:
    """One fork server. `on_gone` is called once when it ends without being told to, `on_forked`
    with the number of a worker, its process, a descriptor of that, and the seconds it took."""

    def __init__(
        self, on_forked: Callable[[int, int, int, float], None], on_gone: Callable[[], None]
    ) -> None:
        self._on_forked = on_forked
        self._on_gone = on_gone
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._ready: asyncio.Future[int] | None = None
        self._opened = False
        #: What did not fit into the socket yet: a packet, its descriptors, what to do once sent.
        self._unsent: deque[tuple[bytes, list[int], Callable[[], None]]] = deque()
        self.held_bytes = 0

    async def open(self, paths: Sequence[Path], limits: WorkerLimits, seconds: float) -> int:
        """Start the process and have it open the data; give the number of quads. `held_bytes` is
        the memory that it then holds.

        Errors: BrokenData when the data cannot be read; BadConfig for limits that the system does
        not allow; EngineFailure when that takes too long.
        """
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        self._control = ours
        # By exec, not by fork: this process may have threads, that one must have none.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "kgraph.serving.isolation.fork_server", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env=_TUNED | os.environ,
        )
        theirs.close()
        self._ready = loop.create_future()
        loop.add_reader(ours.fileno(), self._hear)
        names = [str(path.resolve()) for path in paths]
        self.tell({"do": "open", "paths": names, "limits": asdict(limits)})
        try:
            return await asyncio.wait_for(self._ready, seconds)
        except TimeoutError as error:
            raise EngineFailure(f"the data could not be opened in {seconds:g} seconds") from error

    def tell(
        self,
        message: dict[str, Any],
        descriptors: Sequence[int] = (),
        on_sent: Callable[[], None] = lambda: None,
    ) -> None:
        """Send one message, in the order of telling; at once where the socket takes it.

        Errors: Busy when the process is gone, which is heard of soon.
        """
        if self._control is None:
            raise Busy("the server is ending")
        self._unsent.append((json.dumps(message).encode(), list(descriptors), on_sent))
        if len(self._unsent) == 1:
            self._send()

    def _send(self) -> None:
        """Send what the socket takes now. Errors: Busy when the process is gone."""
        assert self._control is not None
        while self._unsent:
            packet, descriptors, on_sent = self._unsent[0]
            try:
                socket.send_fds(self._control, [packet], descriptors)
            except BlockingIOError:
                # Full is not gone: the rest goes as soon as there is room.
                asyncio.get_running_loop().add_writer(self._control.fileno(), self._send_later)
                return
            except OSError as error:
                self._unsent.popleft()
                raise Busy(GONE) from error
            self._unsent.popleft()
            on_sent()
        asyncio.get_running_loop().remove_writer(self._control.fileno())

    def _send_later(self) -> None:
        with contextlib.suppress(Busy):
            self._send()

    async def close(self) -> None:
        """End the process, and with it every worker."""
        self._unsent.clear()
        if self._control is not None:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._control.fileno())
            loop.remove_writer(self._control.fileno())
            self._control.close()
            self._control = None
        if self._process is not None:
            if not self._opened:
                # It reads data, and hears nothing before it is done.
                self._process.kill()
            try:
                await asyncio.to_thread(self._process.wait, _END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGKILL)
                await asyncio.to_thread(self._process.wait)

    def _hear(self) -> None:
        if self._control is None:
            return
        packet, descriptors = b"", list[int]()
        try:
            packet, descriptors, _, _ = socket.recv_fds(self._control, PACKET_BYTES, 1)
        except BlockingIOError:
            return
        except ConnectionResetError:
            pass
        message: dict[str, Any] = json.loads(packet) if packet else {"event": "gone"}
        if message["event"] == "forked":
            self._on_forked(
                message["worker"], message["process"], descriptors[0], message["seconds"]
            )
            return
        gone = message["event"] == "gone"
        if gone:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
        if self._ready is not None and not self._ready.done():
            if message["event"] == "ready":
                self._opened = True
                self.held_bytes = int(message["bytes"])
                self._ready.set_result(int(message["quads"]))
            elif message["event"] == "failed":
                self._ready.set_exception(unpack_error(message["error"]))
            elif gone:
                self._ready.set_exception(EngineFailure("the data could not be opened"))
        elif gone:
            self._on_gone()
