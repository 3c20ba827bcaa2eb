"""From a site to a running server."""

from __future__ import annotations

import gc
import resource
import signal
import socket
from collections.abc import Callable
from functools import partial

import uvicorn
import uvloop

from kgraph.errors import BadConfig
from kgraph.web.app import create_app
from kgraph.web.http.connections import LimitedProtocol
from kgraph.web.site import Site

_GRACE_SECONDS = 10
#: Each answer has these, so none of them makes an answer differ from client to client. Scripts of
#: any site may read; a page runs no script, loads nothing from elsewhere, and sends forms here.
_HEADERS = [
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "Content-Location, ETag, Link, Retry-After"),
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
]
#: So many are made before the garbage among them is looked for.
_NEW_OBJECTS = 10_000


def run(site: Site, announce: Callable[[str], None]) -> None:
    """Serve until told to stop (SIGINT, SIGTERM or SIGHUP); `announce` is told the address once
    queries are answered.

    Requests under way are finished first, for ten seconds at most.
    Errors: BadConfig when the port is taken; BrokenData and others when the data cannot be opened.
    """
    host = site.settings.host
    _raise_open_files()
    listening = _listen(host, site.settings.port)
    name = f"[{host}]" if ":" in host else host
    address = f"http://{name}:{listening.getsockname()[1]}/"
    connection = partial(LimitedProtocol, limits=site.settings.connection_limits())
    config = uvicorn.Config(
        create_app(site),
        log_config=None,
        loop="uvloop",
        http=connection,  # type: ignore[arg-type]
        ws="none",
        server_header=False,
        headers=_HEADERS,
        proxy_headers=bool(site.settings.trusted_proxies),
        forwarded_allow_ips=site.settings.trusted_proxies or None,
        access_log=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    uvloop.run(_serve(site, uvicorn.Server(config), listening, lambda: announce(address)))


async def _serve(
    site: Site, server: uvicorn.Server, listening: socket.socket, announce: Callable[[], None]
) -> None:
    """Open the data, so that a fault in them ends the start with a sentence; then serve."""
    await site.generations.start(site.settings.switch_seconds)
    # uvicorn repeats the signal that ended it; having stopped as asked is no failure. One that
    # comes before uvicorn listens for signals is kept for it.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Under nohup the end of the terminal is none of the server.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: setattr(server, "should_exit", True))
    # What is there now stays; to look through it again would hold up a request.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)
    announce()
    try:
        await server.serve(sockets=[listening])
    finally:
        await site.generations.close()


def _raise_open_files() -> None:
    """Allow as many open files as the system lets us: each connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server(
            (host, port), family=family, backlog=512, dualstack_ipv6=host == "::"
        )
    except OSError as error:
        raise BadConfig(
            f"cannot listen on {host}:{port}: {error.strerror}; "
            "choose another port with --port, or end what listens there."
        ) from error
    # asyncio sets this only on sockets that name their protocol. Without it, an answer in two
    # packets waits some 40 ms for the acknowledgement of the first.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
