"""The process that holds the store and forks workers from it, so that a worker costs milliseconds.

Run as `python -m kgraph.serving.isolation.fork_server FD` with a Unix socket as FD. Messages are
JSON, one per packet. In: `open` (files or a store's folder), once; `fork` (with two descriptors:
the worker's job socket and its spool file). Out: `ready` or `failed`; for each fork `forked`, with
a descriptor of the process (pidfd), or `unforked`.
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
from kgraph.errors import KgraphError
from kgraph.serving.isolation.memory_copies import count_own_bytes
from kgraph.serving.isolation.priorities import lower_priority
from kgraph.serving.isolation.worker import work
from kgraph.serving.isolation.worker_limits import Limits
from kgraph.serving.isolation.yielding import yield_on_alarm

PACKET_BYTES = 1 << 16
_PR_SET_PDEATHSIG = 1
#: So many new objects of Python are looked through at once.
_YOUNG_OBJECTS = 20_000


class ForkServer:
    """The control socket, the data and the workers that were not reaped yet."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._paths: list[Path] = []
        self._store: Store | None = None
        self._workers: set[int] = set()
        self._number = os.getpid()
        self._woken, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> None:
        """Do what is asked until the other end is closed, or the data cannot be read; then end
        every worker."""
        going_on = True
        while going_on:
            ready, _, _ = select.select([self._control.fileno(), self._woken], [], [])
            if self._woken in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._woken, 4096)
            # Before the next is forked, so that those who are gone are not there beside it.
            self._reap()
            if self._control.fileno() in ready:
                going_on = self._hear()
        for process in self._workers:
            os.kill(process, signal.SIGKILL)

    def _hear(self) -> bool:
        packet, descriptors, _, _ = socket.recv_fds(self._control, PACKET_BYTES, 2)
        message: dict[str, Any] = json.loads(packet) if packet else {"do": "end"}
        if message["do"] == "open":
            return self._open([Path(each) for each in message["paths"]])
        if message["do"] == "fork":
            self._fork(message, descriptors)
            return True
        return False

    def _open(self, paths: list[Path]) -> bool:
        """Open the data; tell whether they could be. A store on disk has threads of its own, and a
        process with threads is not to be forked: each worker opens it for itself."""
        try:
            if len(paths) == 1 and paths[0].is_dir():
                quads = _count_apart(paths)
            else:
                self._store = open_store(paths)
                quads = len(self._store)
        except KgraphError as error:
            self._say({"event": "failed", "message": str(error)})
            return False
        self._paths = paths
        # What there is now is never looked through again, here or in a worker: that would copy it.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_YOUNG_OBJECTS)
        held = count_own_bytes() if self._store is not None else 0
        frozen = gc.get_freeze_count()
        self._say({"event": "ready", "quads": quads, "bytes": held, "frozen": frozen})
        return True

    def _fork(self, message: dict[str, Any], descriptors: list[int]) -> None:
        said: dict[str, Any] = {"worker": message["worker"]}
        before = time.process_time()
        try:
            process = os.fork()
            if process == 0:
                self._become_worker(message, *descriptors)
            held = [_open_process(process)]
            lower_priority(process, message["niceness"])
            self._workers.add(process)
            seconds = time.process_time() - before
            said |= {"event": "forked", "process": process, "seconds": seconds}
        except OSError as error:
            held = []
            said |= {"event": "unforked", "message": f"{error.strerror}"}
        self._say(said, held)
        for each in (*descriptors, *held):
            os.close(each)

    def _become_worker(self, message: dict[str, Any], jobs: int, spool: int) -> None:
        """Turn the forked copy into a worker; never returns."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._control.close()
            os.close(self._woken)
            os.close(self._wake)
            # Should the parent be killed, its workers must not outlive it.
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != self._number:
                return
            store = self._store or open_store(self._paths)
            limits = Limits(**message["limits"])
            work(store, socket.socket(fileno=jobs), spool, limits, message["copies"])
            status = 0
        finally:
            os._exit(status)

    def _reap(self) -> None:
        while self._workers:
            process, _ = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                return
            self._workers.discard(process)

    def _say(self, message: dict[str, Any], descriptors: list[int] | None = None) -> None:
        # The other end may be gone already; then the next read ends the loop.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            socket.send_fds(self._control, [json.dumps(message).encode()], descriptors or [])


def _open_process(process: int) -> int:
    """Give a descriptor of a child that was not reaped yet, so that it means no later process.

    Errors: OSError where there can be none; then there is no child either.
    """
    try:
        return os.pidfd_open(process)
    except OSError:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        raise


def _count_apart(paths: list[Path]) -> int:
    """Give the number of quads of a store on disk, opened by another process, so that its threads
    are not ours. Errors: those of opening it."""
    receiving, sending = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            said: dict[str, Any] = {"quads": count_quads(open_store(paths), paths)}
        except KgraphError as error:
            said = {"message": str(error)}
        os.write(sending, json.dumps(said).encode())
        os._exit(0)
    os.close(sending)
    with os.fdopen(receiving, "rb") as pipe:
        found: dict[str, Any] = json.loads(pipe.read() or b'{"message": "the store is broken"}')
    os.waitpid(process, 0)
    if "quads" not in found:
        raise KgraphError(found["message"])
    return int(found["quads"])


def main(descriptor: int) -> None:
    """Serve the control socket with this number."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield_on_alarm()
    ForkServer(socket.socket(fileno=descriptor)).serve()
    # To give back the memory of the store piece by piece would take seconds.
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
