"""Clients that ask hostile queries while others are measured."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections import Counter
from itertools import cycle
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from load import OUTCOMES, Address, walk

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from hostile_corpus import build_corpus

CLIENTS = 2
#: Those that run into a limit of time, memory or rows; none that ends a process at once by depth.
NAMES = (
    "product: three patterns", "memory: counted products", "product: sorted",
    "memory: joined strings", "path: closure both ways", "product: grouped",
    "regex: on every pair", "memory: distinct joined strings", "product: an offset",
    "path: closures in closures",
)  # fmt: skip


class HostileClients:
    """Asks each hostile query in turn, over and over, each client from another place."""

    def __init__(self) -> None:
        corpus = build_corpus(9, __file__)
        self._queries = [corpus[name].query for name in NAMES]
        self._running: list[tuple[BaseProcess, Connection]] = []
        self.seen: Counter[str] = Counter()

    def start(self, url: str, begin: float, end: float) -> None:
        """Begin to ask, and forget what was seen before."""
        self.seen.clear()
        address = Address.read(url)
        requests = [address.encode(query) for query in self._queries]
        context = multiprocessing.get_context("fork")
        for client in range(CLIENTS):
            order = [(n + client * 5) % len(requests) for n in range(len(requests))]
            receiving, sending = context.Pipe(duplex=False)
            arguments = (sending, address, requests, order, begin, end)
            process = context.Process(target=_ask, args=arguments)
            process.start()
            sending.close()
            self._running.append((process, receiving))

    def stop(self) -> None:
        """Wait for the clients and count what they were told."""
        for process, receiving in self._running:
            self.seen.update(receiving.recv())
            process.join()
        self._running.clear()


def _ask(
    sending: Connection,
    address: Address,
    requests: list[bytes],
    order: list[int],
    begin: float,
    end: float,
) -> None:
    seen: Counter[str] = Counter()
    numbers = cycle(order)
    while time.perf_counter() < end:
        samples = walk(address, requests, [next(numbers)], begin, end)
        for outcome, status in zip(samples.outcomes, samples.statuses, strict=True):
            seen[f"{status or OUTCOMES[outcome]}"] += 1
    sending.send(seen)
