"""The process that holds the store and forks workers from it, so that a worker costs milliseconds.

Run as `python -m kgraph.serving.isolation.fork_server FD` with a Unix socket as FD. Messages are
JSON, one per packet. In: `open` (files or a store's folder), `fork` (with two descriptors: the
worker's job socket and its spool file), `signal`, `schedule`. Out: `ready` or `failed`; `forked`,
with the number of the process.
The process has one thread and never evaluates a query itself, so nothing a query does can hurt it.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from pyoxigraph import Store

from kgraph.engines.loading import count_quads, open_store
from kgraph.errors import KgraphError
from kgraph.serving.isolation.garbage import collector
from kgraph.serving.isolation.memory_copies import count_own_bytes
from kgraph.serving.isolation.priorities import QUICK, SERVER, fall_behind, go_ahead
from kgraph.serving.isolation.worker import Limits, work
from kgraph.serving.isolation.yielding import offer_on_alarm

_PACKET_BYTES = 1 << 16
_PR_SET_PDEATHSIG = 1


def main(descriptor: int) -> None:
    """Serve the control socket until its other end is closed; then end every worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # It may have been started by one who runs in real time.
    offer_on_alarm()
    control = socket.socket(fileno=descriptor)
    store: Store | None = None
    workers: dict[int, int] = {}
    wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ready, _, _ = select.select([control.fileno(), wake_read], [], [])
        if wake_read in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(wake_read, 4096)
            _reap(workers)
        if control.fileno() not in ready:
            continue
        packet, descriptors, _, _ = socket.recv_fds(control, _PACKET_BYTES, 2)
        if not packet:
            break
        message: dict[str, Any] = json.loads(packet)
        if message["do"] == "open":
            try:
                paths = [Path(p) for p in message["paths"]]
                store = open_store(paths)
            except KgraphError as error:
                _send(control, {"event": "failed", "message": str(error)})
                break
            _send(
                control,
                {"event": "ready", "quads": count_quads(store, paths), "bytes": count_own_bytes()},
            )
            collector.begin()
            if message["ahead"]:
                # From now on it only forks, and lets workers fall behind.
                go_ahead(0, SERVER)
        elif message["do"] == "fork":
            assert store is not None
            pid = os.fork()
            if pid == 0:
                _become_worker(store, control, (wake_read, wake_write), descriptors, message)
            # Done here, so that it comes before what is said of the worker next.
            fall_behind(pid, message["niceness"])
            for each in descriptors:
                os.close(each)
            workers[pid] = message["worker"]
            # Who is not told can do without; to wait for each other would be worse.
            with contextlib.suppress(BlockingIOError):
                said = {"event": "forked", "worker": message["worker"], "process": pid}
                _send(control, said, socket.MSG_DONTWAIT)
        elif message["do"] in ("signal", "schedule"):
            for pid, worker in workers.items():
                if worker == message["worker"]:
                    _treat(pid, message)
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    # To give back the memory of the store piece by piece would take seconds.
    os._exit(0)


def _become_worker(
    store: Store,
    control: socket.socket,
    wake: tuple[int, int],
    descriptors: list[int],
    message: dict[str, Any],
) -> None:
    """Turn the forked copy into a worker; never returns."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        control.close()
        for each in wake:
            os.close(each)
        # Should the zygote be killed, its workers must not outlive it.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        jobs, spool = descriptors
        limits = Limits(**message["limits"])
        ways = message["copies"], message["large"], QUICK if message["ahead"] else 0
        work(store, socket.socket(fileno=jobs), spool, limits, *ways)
        status = 0
    finally:
        os._exit(status)


def _treat(process: int, message: dict[str, Any]) -> None:
    with contextlib.suppress(ProcessLookupError):
        if message["do"] == "schedule" and message["ahead"]:
            go_ahead(process, QUICK)
            return
        if message["niceness"]:
            # It is never to run in real time again, whoever it is by now.
            resource.prlimit(process, resource.RLIMIT_RTPRIO, (0, 0))
        if not fall_behind(process, message["niceness"]):
            # Rather none than one that holds up the others.
            os.kill(process, signal.SIGKILL)
        if message["do"] == "signal":
            os.kill(process, message["signal"])


def _reap(workers: dict[int, int]) -> None:
    while workers:
        pid, _ = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        workers.pop(pid, None)


def _send(control: socket.socket, message: dict[str, Any], flags: int = 0) -> None:
    # The other end may be gone already; then the next read ends the loop.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        control.send(json.dumps(message).encode(), flags)


if __name__ == "__main__":
    main(int(sys.argv[1]))
