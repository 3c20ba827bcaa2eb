"""Triple stores whose default graph a test fills, and validation asks."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stores import STORES

LOAD_SECONDS = 60
# Whatever proxy this machine has, loopback is not behind it.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Endpoint:
    """A running store: its query address and that of the Graph Store Protocol."""

    name: str
    query: str
    data: str

    def replace_default_graph(self, content: bytes) -> None:
        """Put Turtle, or N-Triples, in the place of all there is in the default graph."""
        request = urllib.request.Request(
            f"{self.data}?default",
            data=content,
            method="PUT",
            headers={"Content-Type": "text/turtle"},
        )
        with _OPENER.open(request, timeout=LOAD_SECONDS):
            pass


@contextmanager
def run_endpoint(name: str, folder: Path) -> Iterator[Endpoint]:
    """Run a store that takes data by the Graph Store Protocol; skips where it is not installed."""
    with STORES[name](folder) as store:
        data = store.push[store.push.index("--endpoint") + 1]
        yield Endpoint(store.name, store.query, data)
