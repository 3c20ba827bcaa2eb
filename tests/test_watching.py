"""The watcher of snapshots: it goes on whatever happens, says each fault once, and is missed."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import resource
import subprocess
import sys
import weakref
from collections.abc import Sequence
from pathlib import Path

import pytest

from kgraph.errors import BadConfig, KgraphError
from kgraph.serving.generations import Generations, digest_files
from kgraph.serving.limits import PoolLimits
from kgraph.serving.scheduling.pool import Pool
from pools import ByHand
from processes import wait_for

LOOK_SECONDS = 0.01


class Folder:
    """Where the newest data are looked for; or what is raised instead."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.fault: BaseException | None = None
        self.looks = 0

    def locate(self) -> Sequence[Path]:
        self.looks += 1
        if self.fault is not None:
            raise self.fault
        return [self.file]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    file = tmp_path / "data.nt"
    file.write_text("<http://e/s> <http://e/p> <http://e/o> .\n")
    return Folder(file)


async def look(folder: Folder, times: int = 3) -> None:
    """Wait until it was looked so many times more."""
    until = folder.looks + times
    await wait_for(lambda: folder.looks >= until)


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.message for each in caplog.records if each.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    "fault",
    [
        BadConfig("there is no snapshot"),
        PermissionError(13, "Permission denied"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"),
        OSError(24, "Too many open files"),
        RuntimeError("nobody thought of this"),
    ],
)
def test_no_fault_ends_it_and_each_is_logged_once(
    folder: Folder, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    async def main() -> None:
        generations = Generations(folder.locate, lambda _: ByHand(), 0)
        await generations.start(LOOK_SECONDS)
        first = generations.current
        folder.fault = fault
        await look(folder)
        assert len(complaints(caplog)) == 1
        assert str(fault) in complaints(caplog)[0]
        folder.fault = BadConfig("another fault")
        await look(folder)
        assert len(complaints(caplog)) == 2
        assert (generations.ready, generations.current) == (True, first)
        folder.fault = None
        folder.file.write_text("<http://e/s> <http://e/p> <http://e/other> .\n")
        await wait_for(lambda: generations.current is not first)
        await wait_for(lambda: first.pool.closed)  # type: ignore[attr-defined]
        await generations.close()

    asyncio.run(main())


def test_without_a_watcher_or_a_process_it_is_not_ready(folder: Folder) -> None:
    async def main() -> None:
        pool = ByHand()
        generations = Generations(folder.locate, lambda _: pool, 0)
        await generations.start(3600)
        assert generations.ready
        pool.healthy = False
        assert not generations.ready
        pool.healthy = True
        (watcher,) = asyncio.all_tasks() - {asyncio.current_task()}
        watcher.cancel()
        await asyncio.wait((watcher,))
        assert not generations.ready
        await generations.close()

    asyncio.run(main())


def test_a_manifest_that_is_no_text_is_a_fault_of_the_snapshot(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(b"\xff")
    with pytest.raises(BadConfig, match="UTF-8"):
        digest_files([tmp_path / "dataset.nq", tmp_path / "default.nt"])


def test_a_closed_pool_is_freed_without_a_collection(folder: Folder) -> None:
    """Its links and workers know each other, so each has to let go."""

    async def main() -> weakref.ref[Pool]:
        pool = Pool([folder.file], PoolLimits(workers=1))
        await pool.start()
        assert pool.quads == 1
        await pool.close()
        await asyncio.sleep(0)
        return weakref.ref(pool)

    gc.collect()
    gc.disable()
    try:
        assert asyncio.run(main())() is None
    finally:
        gc.enable()


def start(folder: Folder, limits: PoolLimits) -> None:
    async def main() -> None:
        pool = Pool([folder.file], limits)
        await pool.start()
        await pool.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (PoolLimits(answer_bytes=1 << 70), ("answer_mebibytes", "RLIMIT_FSIZE")),
        (PoolLimits(memory_bytes=1 << 70), ("memory_mebibytes", "RLIMIT_AS")),
    ],
)
def test_numbers_that_cannot_be_limits_end_the_start(
    folder: Folder, limits: PoolLimits, words: tuple[str, ...]
) -> None:
    with pytest.raises(BadConfig) as raised:
        start(folder, limits)
    assert all(word in str(raised.value) for word in words)


@pytest.mark.parametrize(
    ("kind", "mebibytes", "words"),
    [
        (resource.RLIMIT_FSIZE, 100, ("answer_mebibytes = 256", "RLIMIT_FSIZE", "100 MiB")),
        (resource.RLIMIT_AS, 1500, ("memory_mebibytes = 2048", "RLIMIT_AS", "1500 MiB")),
    ],
)
def test_a_limit_of_the_surroundings_below_a_setting_ends_the_start(
    folder: Folder, kind: int, mebibytes: int, words: tuple[str, ...]
) -> None:
    """For a process without rights: others may raise the limit."""
    script = (
        "import os, resource, sys; kind, most, file = sys.argv[1:]\n"
        "resource.setrlimit(int(kind), (int(most), int(most)))\n"
        "os.execv(sys.executable, [sys.executable, '-m', 'kgraph', 'serve', '--port', '0',"
        " '--data', file])"
    )
    command = [sys.executable, "-c", script, str(kind), str(mebibytes << 20), str(folder.file)]
    done = subprocess.run(
        drop_rights(command), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 2, done.stderr
    assert all(word in done.stderr for word in words), done.stderr


def drop_rights(command: list[str]) -> list[str]:
    """Give the command that runs another one without the right to raise limits."""
    if os.getuid() != 0:
        return command
    return ["setpriv", "--bounding-set=-sys_resource", "--inh-caps=-sys_resource", *command]


def test_what_is_broken_is_told_as_what_it_is(folder: Folder) -> None:
    folder.file.write_text("no triple")
    with pytest.raises(KgraphError, match=r"data\.nt"):
        start(folder, PoolLimits())
