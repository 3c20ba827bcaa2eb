"""The process that holds the store and forks workers from it, so that a worker costs milliseconds.

Run as `python -m kgraph.serving.isolation.fork_server FD` with a Unix socket as FD. Messages are
JSON, one per packet. In: `open` (files or a store's folder, and the limits of workers), `fork`
(with two descriptors: the worker's job socket and its spool file), `lower` (a worker to a
niceness). Out: `ready` or `failed`; `forked` (with a descriptor of the process, by which it is
signalled and its end is seen).
The process has one thread and never evaluates a query itself, so nothing a query does can hurt it.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import select
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from pyoxigraph import Store

from kgraph.engines.loading import count_quads, open_store
from kgraph.errors import KgraphError, pack_error
from kgraph.serving.isolation.memory_copies import count_own_bytes
from kgraph.serving.isolation.priorities import lower
from kgraph.serving.isolation.worker import read_held_bytes, work
from kgraph.serving.isolation.worker_limits import WorkerLimits
from kgraph.serving.isolation.yielding import yield_on_alarm

PACKET_BYTES = 1 << 16
_PR_SET_PDEATHSIG = 1
Message = dict[str, Any]


class ForkServer:
    """Answers the messages of one control socket until its other end is closed."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._store: Store | None = None
        self._limits = WorkerLimits(0, 0, 0)
        #: The worker of each process that is not known to have ended.
        self._workers: dict[int, int] = {}
        self._woken, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)

    def serve(self) -> None:
        """Take messages, and collect processes that ended."""
        while True:
            ready, _, _ = select.select([self._control.fileno(), self._woken], [], [])
            if self._woken in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._woken, 4096)
                self._collect()
            if self._control.fileno() not in ready:
                continue
            packet, descriptors, _, _ = socket.recv_fds(self._control, PACKET_BYTES, 2)
            if not packet:
                return
            message: Message = json.loads(packet)
            if message["do"] == "open":
                self._open(message)
            elif message["do"] == "fork":
                self._fork(message, descriptors)
            elif message["do"] == "lower":
                self._lower(message)

    def end_workers(self) -> None:
        """End all that may be there."""
        for process in self._workers:
            os.kill(process, signal.SIGKILL)

    def _open(self, message: Message) -> None:
        self._limits = WorkerLimits(**message["limits"])
        try:
            paths = [Path(path) for path in message["paths"]]
            self._store = open_store(paths)
            self._limits.check(_count_held())
        except KgraphError as error:
            self._say({"event": "failed", "error": pack_error(error)})
            return
        # What is there now is never looked through again, here or in a worker: that would copy it.
        gc.collect()
        gc.freeze()
        quads = count_quads(self._store, paths)
        self._say({"event": "ready", "quads": quads, "bytes": count_own_bytes()})

    def _fork(self, message: Message, descriptors: list[int]) -> None:
        begun = time.perf_counter()
        process = os.fork()
        if process == 0:
            self._become_worker(descriptors, bool(message["copies"]))
        lower(process, message["niceness"])
        for each in descriptors:
            os.close(each)
        self._workers[process] = message["worker"]
        # It is no other's number before it is collected here.
        handle = os.pidfd_open(process)
        try:
            seconds = time.perf_counter() - begun
            said = {"event": "forked", "worker": message["worker"], "process": process}
            self._say(said | {"seconds": seconds}, handle)
        finally:
            os.close(handle)

    def _become_worker(self, descriptors: list[int], copies: bool) -> None:
        """Turn the forked copy into a worker; never returns."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._control.close()
            os.close(self._woken)
            os.close(self._wake)
            # Should its parent be killed, a worker must not outlive it.
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            jobs, spool = descriptors
            assert self._store is not None
            work(self._store, socket.socket(fileno=jobs), spool, self._limits, copies)
            status = 0
        finally:
            os._exit(status)

    def _lower(self, message: Message) -> None:
        for process, worker in self._workers.items():
            if worker == message["worker"]:
                with contextlib.suppress(ProcessLookupError):
                    if not lower(process, message["niceness"]):
                        # Rather none than one that holds up the others.
                        os.kill(process, signal.SIGKILL)

    def _collect(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                process, _ = os.waitpid(-1, os.WNOHANG)
                if process == 0:
                    return
                self._workers.pop(process, None)

    def _say(self, message: Message, *descriptors: int) -> None:
        """Tell the server, which reads whatever comes; if it is gone, the next look shows it."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            socket.send_fds(self._control, [json.dumps(message).encode()], descriptors)


def _count_held() -> int:
    statm = os.open("/proc/self/statm", os.O_RDONLY)
    try:
        return read_held_bytes(statm)
    finally:
        os.close(statm)


def main(descriptor: int) -> None:
    """Serve the control socket until its other end is closed; then end every worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield_on_alarm()
    lower(0, 0)
    server = ForkServer(socket.socket(fileno=descriptor))
    server.serve()
    server.end_workers()
    # To give back the memory of the store piece by piece would take seconds.
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
