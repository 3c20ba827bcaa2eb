"""The way of a query through the server, from the socket to the bytes of its answer: traced."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import quote

import pytest
import uvicorn

import kgraph
from kgraph.web.app import create_app
from kgraph.web.http.connections import LimitedProtocol
from kgraph.web.settings import read_settings
from kgraph.web.site import Site, make_site

SOURCE = f"{Path(kgraph.__file__).parent}/"
#: What hands a query to the worker.
HANDED_OVER = "serving/isolation/worker_link.py"
MOST_FILES_BEFORE_THE_WORKER = 14
#: Counted as they are; fewer are better, more have to be worth it.
MOST_CHANGES = 44


class Trace:
    """The files of ours whose functions begin or go on, in order, until the answer is written."""

    def __init__(self) -> None:
        self.files: list[str] = []
        self._wrote = 0

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        file, name = frame.f_code.co_filename, frame.f_code.co_name
        if event != "call" or self._wrote == 2:
            return
        if file.startswith(SOURCE):
            self.files.append(file.removeprefix(SOURCE))
        elif name == "write" and file.endswith("selector_events.py"):
            # The server's: once for the head of the answer, once for its body.
            caller = frame.f_back
            self._wrote += bool(caller and caller.f_code.co_filename.endswith("httptools_impl.py"))

    @property
    def is_whole(self) -> bool:
        return self._wrote == 2

    def before_worker(self) -> list[str]:
        last = len(self.files) - self.files.index(HANDED_OVER)
        return self.files[: len(self.files) - last + 1]

    def changes(self) -> int:
        return sum(a != b for a, b in zip(self.files, self.files[1:], strict=False))


async def serve(site: Site, ask: Callable[[int], Any]) -> None:
    """Run a server in this loop, with workers of its own, for as long as `ask` takes."""
    await site.generations.start(3600)
    protocol = partial(LimitedProtocol, limits=site.settings.connection_limits())
    config = uvicorn.Config(
        create_app(site), http=protocol, ws="none", lifespan="off", access_log=False,  # type: ignore[arg-type]
        log_config=None,
    )  # fmt: skip
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        await ask(listening.getsockname()[1])
        server.should_exit = True
        await serving
    await site.generations.close()


async def get(port: int, query: str, trace: Trace | None = None) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    # Until the server has its end of the connection.
    await asyncio.sleep(0.1)
    sys.setprofile(trace)
    try:
        request = f"GET /sparql?query={quote(query)} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        writer.write(f"{request}\r\n".encode())
        return await reader.read()
    finally:
        sys.setprofile(None)
        writer.close()


@pytest.fixture
def traced(tmp_path: Path) -> Trace:
    """The way of a new cheap query by plain GET, of a shape that was seen before."""
    file = tmp_path / "data.ttl"
    file.write_text('<http://e/a> <http://e/b> "c" .')
    site = make_site(read_settings(workers=2), [file])
    trace = Trace()

    async def ask(port: int) -> None:
        for number in range(6):
            await get(port, f'SELECT ?s {{ ?s ?p "{number}" }}')
        answer = await get(port, 'SELECT ?s { ?s ?p "c" }', trace)
        assert b" 200 " in answer
        assert b"http://e/a" in answer

    asyncio.run(serve(site, ask))
    assert trace.is_whole
    return trace


def test_a_new_query_goes_through_few_files(traced: Trace) -> None:
    files = set(traced.before_worker())
    assert len(files) <= MOST_FILES_BEFORE_THE_WORKER, sorted(files)
    # From door to door: nothing takes it on another way.
    assert {"web/http/connections.py", "web/accounting.py", "serving/cache.py"} <= files
    assert traced.changes() <= MOST_CHANGES, " ".join(traced.files)
