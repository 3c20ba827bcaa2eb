"""A worker's process is steered before it is known as well as after, and its end is told once."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable

from kgraph.serving.isolation.worker_process import WorkerProcess
from processes import count_stopped, is_waiting, wait_for

Use = Callable[[WorkerProcess, "subprocess.Popen[bytes]", list[str]], Awaitable[None]]


def run(use: Use) -> None:
    async def main() -> None:
        gone: list[str] = []
        process = WorkerProcess(lambda: gone.append("gone"))
        command = [sys.executable, "-c", "import time; time.sleep(600)"]
        with subprocess.Popen(command) as child:
            try:
                await use(process, child, gone)
            finally:
                child.kill()
        process.forget()

    asyncio.run(main())


def announce(process: WorkerProcess, child: subprocess.Popen[bytes]) -> None:
    process.announce(child.pid, os.pidfd_open(child.pid))


def test_one_that_was_killed_before_it_was_known_is_killed_then() -> None:
    async def use(process: WorkerProcess, child: subprocess.Popen[bytes], gone: list[str]) -> None:
        process.kill()
        assert gone == []
        announce(process, child)
        await wait_for(lambda: gone == ["gone"])
        assert child.wait(60) == -9

    run(use)


def test_one_that_was_stopped_and_lowered_before_it_was_known_is_so_then() -> None:
    async def use(process: WorkerProcess, child: subprocess.Popen[bytes], gone: list[str]) -> None:
        process.stop()
        process.lower(3)
        announce(process, child)
        await wait_for(lambda: count_stopped([child.pid]) == 1)
        wanted = min(os.getpriority(os.PRIO_PROCESS, 0) + 3, 19)
        assert os.getpriority(os.PRIO_PROCESS, child.pid) == wanted
        process.go_on()
        await wait_for(lambda: is_waiting(child.pid))
        process.kill()
        await wait_for(lambda: gone == ["gone"])

    run(use)


def test_one_that_never_began_is_gone_and_so_it_stays() -> None:
    async def use(process: WorkerProcess, child: subprocess.Popen[bytes], gone: list[str]) -> None:
        process.fail()
        process.fail()
        assert gone == ["gone"]

    run(use)


def test_nothing_is_told_of_one_that_was_forgotten() -> None:
    async def use(process: WorkerProcess, child: subprocess.Popen[bytes], gone: list[str]) -> None:
        process.forget()
        announce(process, child)
        child.kill()
        await asyncio.sleep(0)
        assert (gone, process.number) == ([], 0)

    run(use)
