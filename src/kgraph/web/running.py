"""From options to a running server: which data, which questions, which port."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from kgraph.dataset.snapshot import find_snapshot
from kgraph.engines.pool import Pool, PoolLimits
from kgraph.engines.prepared import PreparedAnswers
from kgraph.errors import BadConfig
from kgraph.questions import read_questions
from kgraph.web.app import create_app
from kgraph.web.site import Site, list_questions, read_views

#: The files of a snapshot that hold its named graphs and its default graph, literals as written.
_SNAPSHOT_FILES = ("dataset.nq", "default.nt")


@dataclass(frozen=True)
class Address:
    """Where the server listens."""

    host: str = "127.0.0.1"
    port: int = 8000


def make_site(root: Path, snapshot: Path, data: Sequence[Path], limits: PoolLimits) -> Site:
    """Give the site over the files named, or else over the newest snapshot with its questions.

    Errors: BadConfig when there is no snapshot, or a question cannot be read.
    """
    views = read_views()
    if data:
        pool = Pool(data, limits)
        return Site(pool, PreparedAnswers(pool), {}, views)
    folder = find_snapshot(snapshot)
    pool = Pool([folder / name for name in _SNAPSHOT_FILES], limits)
    questions = list_questions(read_questions(root / "queries" / "questions"))
    return Site(pool, PreparedAnswers(pool), questions, views)


def run(site: Site, address: Address, announce: Callable[[str], None]) -> None:
    """Serve until told to stop (SIGINT or SIGTERM); `announce` is told the address once it is open.

    Errors: BadConfig when the port is taken.
    """
    listening = _listen(address)
    announce(f"http://{address.host}:{listening.getsockname()[1]}/")
    config = uvicorn.Config(create_app(site), log_level="warning", timeout_graceful_shutdown=10)
    uvicorn.Server(config).run(sockets=[listening])


def _listen(address: Address) -> socket.socket:
    try:
        return socket.create_server((address.host, address.port), backlog=512)
    except OSError as error:
        raise BadConfig(
            f"cannot listen on {address.host}:{address.port}: {error.strerror}; "
            "choose another port with --port, or end what listens there."
        ) from error
