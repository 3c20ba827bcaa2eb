"""Snapshots served one after another: the new one is ready before the old one goes."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from kgraph.errors import BadConfig, Busy, KgraphError
from kgraph.serving.cache import AnswerCache, Answering

#: The files of a snapshot that hold its named graphs and its default graph, literals as written.
SNAPSHOT_FILES = ("dataset.nq", "default.nt")
#: The folder of a snapshot that holds the same as a store, which opens at once.
SNAPSHOT_STORE = "store"
#: It is looked up with each look for newer data, and does not change while we run.
_find_version = cache(version)
_log = logging.getLogger("kgraph.generations")


class AnswerPool(Answering, Protocol):
    """Whatever answers from one state of the data: worker processes, or an endpoint elsewhere."""

    @property
    def waiting(self) -> int:
        """How many queries wait for their turn."""
        ...

    @property
    def quads(self) -> int:
        """How many quads are held; 0 where that is not known."""
        ...

    @property
    def healthy(self) -> bool:
        """Whether queries are answered."""
        ...

    async def start(self) -> int:
        """Make ready; give the number of quads held."""
        ...

    async def close(self) -> None:
        """End everything."""
        ...


class Generation:
    """One state of some files, the pool over them, and the answers prepared from them."""

    def __init__(self, digest: str, pool: AnswerPool, answers: AnswerCache) -> None:
        self.digest = digest
        self.pool = pool
        self.answers = answers
        self.users = 0
        self.retired = False

    async def close(self) -> None:
        """End the pool and free the answers."""
        self.answers.close()
        await self.pool.close()


class Generations:
    """The generation served now. `locate` gives the files of the newest data, `make_pool` what
    answers from them. Where there are no files the data may change, and no answer is kept.

    Of a snapshot, the store on disk is served until all is in memory.
    A request uses one generation from beginning to end; an old one is closed when its last request
    is done. Data that cannot be read are tried once: what is served stays. A generation whose
    process ended is replaced in the same way.
    """

    def __init__(
        self,
        locate: Callable[[], Sequence[Path]],
        make_pool: Callable[[Sequence[Path]], AnswerPool],
        bytes_kept: int,
    ) -> None:
        self._locate = locate
        self._make_pool = make_pool
        self._bytes_kept = bytes_kept
        self._watching: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Future[None]] = set()
        self._broken = ""
        self.opened = 0
        self._current: Generation | None = None

    @property
    def current(self) -> Generation:
        """The generation served now. Errors: Busy before the first one is ready."""
        if self._current is None:
            raise Busy("the data are not open yet")
        return self._current

    @property
    def ready(self) -> bool:
        """Whether queries are answered, and newer data would be found."""
        watched = self._watching is None or not self._watching.done()
        return self._current is not None and self._current.pool.healthy and watched

    async def start(self, look_seconds: float) -> None:
        """Open the first generation, and look for a newer one every `look_seconds`."""
        files = self._locate()
        store = _find_store(files)
        self._current = await self._open_either(store, files) if store else await self._open(files)
        self._watching = asyncio.create_task(self._watch(look_seconds))

    async def close(self) -> None:
        """End everything."""
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching
        if self._current is not None:
            await self._current.close()
            self._current = None
        await asyncio.gather(*self._closing)

    async def renew(self) -> bool:
        """Switch to newer files, or to a new process where the old one ended; tell whether so."""
        old = self.current
        files = tuple(self._locate())
        digest = digest_files(files)
        if digest in (old.digest, self._broken) and old.pool.healthy:
            return False
        try:
            self._current = await self._open(files)
        except Exception:
            self._broken = digest
            raise
        old.retired = True
        if not old.users:
            self.let_go(old)
        return True

    def let_go(self, generation: Generation) -> None:
        """Begin to close a generation that is not served any more, and that nobody uses."""
        closing = asyncio.ensure_future(generation.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def _open(self, files: Sequence[Path]) -> Generation:
        digest = digest_files(files)
        pool = self._make_pool(files)
        await pool.start()
        self.opened += 1
        return Generation(digest, pool, AnswerCache(pool, digest, self._bytes_kept))

    async def _open_either(self, store: Path, files: Sequence[Path]) -> Generation:
        try:
            return await self._open([store])
        except KgraphError as error:
            _log.warning("%s cannot be opened: %s", store, error)
            return await self._open(files)

    async def _watch(self, seconds: float) -> None:
        """Look for newer data again and again, whatever goes wrong: what is served now stays, and
        the next look may find better. What goes wrong is logged when it is not what did before."""
        complaint = ""
        while True:
            try:
                if await self.renew():
                    _log.info("switched to the data %s", self.current.digest[:12])
                    complaint = ""
            except Exception as error:  # noqa: BLE001
                # It has to go on after faults that nobody thought of, which are logged with theirs.
                said = f"{type(error).__name__}: {error}"
                if said != complaint:
                    expected = isinstance(error, KgraphError)
                    _log.warning(
                        "newer data cannot be opened: %s", error if expected else said,
                        exc_info=None if expected else error,
                    )  # fmt: skip
                complaint = said
            await asyncio.sleep(seconds)


def _find_store(files: Sequence[Path]) -> Path | None:
    """Give the store of the snapshot that the files are; None where there is none."""
    if [file.name for file in files] != list(SNAPSHOT_FILES):
        return None
    store = files[0].with_name(SNAPSHOT_STORE)
    return store if store.is_dir() else None


def digest_files(files: Sequence[Path]) -> str:
    """Name a state of some files; empty for none.

    A snapshot is named by its manifest and the engine, so that all replicas give the same
    validators; other files by their places, sizes and times. Errors: BadConfig.
    """
    if not files:
        return ""
    manifest = files[0].with_name("manifest.json")
    try:
        names = [file.name for file in files]
        if names in (list(SNAPSHOT_FILES), [SNAPSHOT_STORE]) and manifest.is_file():
            # Rows that no ORDER BY orders come in another order from memory than from disk.
            state = (
                f"{_find_version('pyoxigraph')}\n{names}\n{manifest.read_text(encoding='utf-8')}"
            )
        else:
            states = [(file.resolve(), file.stat()) for file in files]
            state = "\n".join(f"{path}:{s.st_size}:{s.st_mtime_ns}" for path, s in states)
    except OSError as error:
        raise BadConfig(f"{error.filename}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadConfig(f"{manifest}: is no text in UTF-8") from error
    return hashlib.sha256(state.encode()).hexdigest()
