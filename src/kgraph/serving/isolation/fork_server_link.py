"""The server's end of the zygote: fork a worker, signal one, hear what became of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from kgraph.errors import BrokenData, Busy, EngineFailure

_PACKET_BYTES = 1 << 16
_END_SECONDS = 5
#: Memory in large pages: to fork takes a third of the time, and queries take a tenth less.
_TUNED = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
GONE = "the process that holds the data has ended; a new one is being started"


class ZygoteLink:
    """One zygote process. `on_gone` is called once when it ends without being told to, `on_forked`
    with the numbers of a worker and of its process."""

    def __init__(self, on_gone: Callable[[], None]) -> None:
        self._on_gone = on_gone
        self.on_forked: Callable[[int, int], None] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._ready: asyncio.Future[int] | None = None
        self._opened = False
        self.held_bytes = 0

    async def open(self, paths: Sequence[Path], seconds: float, ahead: bool = False) -> int:
        """Start the process and have it open the data; give the number of quads. `held_bytes` is
        the memory that it then holds. It forks `ahead` of what else runs, if that is allowed.

        Errors: BrokenData when the data cannot be read; EngineFailure when that takes too long.
        """
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = ours
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
        self.tell({"do": "open", "paths": names, "ahead": ahead})
        try:
            return await asyncio.wait_for(self._ready, seconds)
        except TimeoutError as error:
            raise EngineFailure(f"the data could not be opened in {seconds:g} seconds") from error

    def tell(self, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
        """Send one message. Errors: Busy when the process is gone, which is heard of soon."""
        if self._control is None:
            raise Busy("the server is ending")
        try:
            socket.send_fds(self._control, [json.dumps(message).encode()], list(descriptors))
        except OSError as error:
            raise Busy(GONE) from error

    async def close(self) -> None:
        """End the process, and with it every worker."""
        if self._control is not None:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
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
        packet = b""
        with contextlib.suppress(BlockingIOError, ConnectionResetError):
            packet = self._control.recv(_PACKET_BYTES)
        message: dict[str, Any] = json.loads(packet) if packet else {"event": "gone"}
        if message["event"] == "forked":
            if self.on_forked is not None:
                self.on_forked(message["worker"], message["process"])
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
                self._ready.set_exception(BrokenData(str(message["message"])))
            elif gone:
                self._ready.set_exception(EngineFailure("the data could not be opened"))
        elif gone:
            self._on_gone()
