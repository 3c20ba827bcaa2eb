"""The parts of the benchmark of the endpoint: each starts each server anew, caches empty."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial

import wrk_load
from agreement import compare_answers, read_body, read_rows
from figures import Figures, summarize
from holdings import Holdings
from hostile_load import HostileClients
from load import run_clients
from machine import Others, wait_until_free
from nothing_server import run_nginx
from process_memory import watch_memory
from proxy import run_proxy
from request_mix import Request, draw_by_rank
from servers import PEERS, NotInstalled, Plan, Running, plan_kgraph, run_server

Rows = dict[str, Figures | str]
_STARTS = 5
#: A run is repeated when others had more than this share of the machine.
_DISTURBED = 0.05
#: Peers have no limit of their own: hostile queries may take so much of the machine.
_HOSTILE_BYTES = 10 << 30
#: The template of what `point` asks: one thing and all that is said of it.
POINT = "description"


@dataclass
class Bench:
    """What all parts share."""

    holdings: Holdings
    requests: dict[str, list[Request]]
    draws: int
    servers: Sequence[str]
    graphs: str
    clients: int
    seconds: float
    seed: int
    tries: int
    left_out: dict[str, str] = field(default_factory=dict)

    def plan(self, name: str, **settings: object) -> Plan:
        """Give the plan of a server. Errors: NotInstalled."""
        if name == "kgraph":
            return plan_kgraph(self.holdings, self.graphs, **settings)
        return PEERS[name](self.holdings)

    @contextmanager
    def run(self, name: str, memory_bytes: int = 0, **settings: object) -> Iterator[Running]:
        """Run a server with its files in the page cache."""
        plan = self.plan(name, **settings)
        self.holdings.warm(self.holdings.folder)
        with run_server(name, plan, memory_bytes if name != "kgraph" else 0) as running:
            yield running

    def each(self, measure: Callable[[str], Rows]) -> Rows:
        """Give the rows of all servers; one that fails has its reason as row."""
        rows: Rows = {}
        for name in self.servers:
            if name in self.left_out:
                rows[name] = self.left_out[name]
                continue
            tell(f"{name} …")
            try:
                rows |= measure(name)
            except NotInstalled as error:
                rows[name] = self.left_out[name] = f"not installed: {error}"
            except (RuntimeError, OSError) as error:
                rows[name] = f"failed: {str(error).splitlines()[0]}"
                tell(str(error))
        return rows

    def sample(self) -> list[Request]:
        """Give two requests of each template."""
        return self.requests["mix"][:20]

    def check_answers(self) -> None:
        """End with an error when two servers answer differently."""
        answers: dict[str, list[list[str] | str]] = {}

        def ask(name: str) -> Rows:
            with self.run(name) as running:
                answers[name] = [read_rows(running.url, each.query) for each in self.sample()]
            return {}

        for name, reason in self.each(ask).items():
            self.left_out[name] = str(reason)
        if "kgraph" in self.left_out:
            sys.exit(f"kgraph: {self.left_out['kgraph']}")
        compare_answers(answers, self.sample())

    def try_run(
        self,
        name: str,
        measure: Callable[[Running], dict[str, float]],
        memory_bytes: int = 0,
        proxied: bool = False,
        **settings: object,
    ) -> Figures:
        """Start a server and measure it; again where others disturbed it. The least disturbed
        run counts, whatever its figures are."""
        best: dict[str, float] = {}
        for number in range(1, self.tries + 1):
            with (
                self.run(name, memory_bytes, **settings) as running,
                run_proxy(running) if proxied else nullcontext(running) as asked,
            ):
                wait_until_free()
                others = Others(running.process.pid, asked.process.pid)
                found = measure(asked)
                found |= {"others": others.share(), "try": number}
                found["died"] = float(running.process.poll() is not None)
            if not best or found["others"] < best["others"]:
                best = found
            if best["others"] <= _DISTURBED:
                break
            tell(f"{name}: others had {found['others']:.0%} of the machine")
        return best

    def load(
        self, running: Running, kind: str, beside: HostileClients | None = None
    ) -> dict[str, float]:
        """Ask one server for the time set and give its figures."""
        requests = self.requests[kind]
        numbers: Sequence[int] = range(len(requests))
        if kind == "mix":
            numbers = draw_by_rank(self.draws, len(requests), self.seed)
        peak = 0

        def watch(begin: float, end: float) -> None:
            nonlocal peak
            if beside:
                beside.start(running.url, begin, end)
            peak = watch_memory(running.process.pid, lambda: time.perf_counter() > end)
            if beside:
                beside.stop()

        queries = [each.query for each in requests]
        samples, taken = run_clients(
            running.url, queries, numbers, self.clients, self.seconds, watch
        )
        if len(samples.numbers) == len(numbers):
            tell("the requests did not last; the time is that until the last answer")
        return summarize(samples, taken, requests, peak)


def tell(text: str) -> None:
    """Say on standard error how far it is."""
    print(text, file=sys.stderr, flush=True)


def measure_load(kind: str) -> Callable[[Bench], Rows]:
    """Give the part that asks the requests of one kind."""

    def part(bench: Bench) -> Rows:
        def one(name: str) -> Rows:
            return {name: bench.try_run(name, lambda running: bench.load(running, kind))}

        tell(f"{kind}:")
        return bench.each(one)

    return part


def measure_point(bench: Bench) -> Rows:
    """Ask the cheapest query, with texts that differ in a comment, and with one text."""
    query = next(each.query for each in bench.requests["mix"] if each.template == POINT)

    def ask(running: Running, distinct: bool) -> dict[str, float]:
        least, root = len(read_body(running.url, query)), running.process.pid
        arguments = (query, distinct, bench.clients, bench.seconds, root)
        row = wrk_load.run_wrk(running.url, *arguments)
        if row["bytes_per_answer"] < least and not row["refused"]:
            raise RuntimeError(f"{running.name} gave answers of less than {least} bytes")
        return row

    def one(name: str) -> Rows:
        if name != "kgraph":
            return {
                f"{name} new texts": bench.try_run(name, lambda running: ask(running, True)),
                f"{name} same text": bench.try_run(name, lambda running: ask(running, False)),
            }
        kept_none: dict[str, object] = {"prepared_mebibytes": 0}
        return {
            f"{name} evaluated": bench.try_run(name, lambda each: ask(each, True), **kept_none),
            f"{name} prepared": bench.try_run(name, lambda running: ask(running, False)),
            f"{name} by the proxy": bench.try_run(
                name,
                lambda running: ask(running, False),
                proxied=True,
                trusted_proxies="127.0.0.1",
            ),
        }

    tell("point:")
    if not wrk_load.is_installed():
        return dict.fromkeys(bench.servers, "not measured: wrk is not installed")
    return bench.each(one)


def measure_hostile(bench: Bench) -> Rows:
    """Ask the mix, and cheap new queries, first quietly and then beside hostile queries."""

    def one(name: str) -> Rows:
        if name == "rdflib-endpoint":
            return {name: "not asked: it does not get through the quiet mix"}
        rows: Rows = {}
        for kind in ("mix", "cheap") if name == "kgraph" else ("mix",):
            quiet, beside = f"{name} {kind}, quiet", f"{name} {kind}, hostile"
            hostile = HostileClients()
            rows[quiet] = bench.try_run(name, partial(bench.load, kind=kind), _HOSTILE_BYTES)
            rows[beside] = bench.try_run(
                name, partial(bench.load, kind=kind, beside=hostile), _HOSTILE_BYTES
            )
            tell(f"{beside}: hostile requests were told {dict(hostile.seen)}")
        return rows

    tell("hostile:")
    return bench.each(one)


def measure_start(bench: Bench) -> Rows:
    """Take the time from the command to the first answer that needs the data."""
    tell("start:")
    rows: Rows = {}
    probe = bench.requests["mix"][0].query
    wait_until_free()
    for graphs in ("built", "default"):
        bench.holdings.warm(bench.holdings.snapshot(graphs))
        seconds = []
        for _ in range(_STARTS):
            plan = plan_kgraph(bench.holdings, graphs)
            with run_server("kgraph", plan, probe=probe) as running:
                seconds.append(running.start_seconds)
        rows[graphs] = {"median": statistics.median(seconds), "largest": max(seconds)}
        tell(f"snapshot {graphs}: {', '.join(f'{each:.2f}' for each in seconds)} s")
    return rows


def measure_ceiling(bench: Bench) -> Rows:
    """Ask nginx, which answers the same bytes to everything: what the generators can reach."""
    tell("ceiling:")
    try:
        with run_nginx() as (url, pid):
            requests = bench.requests["mix"]
            queries = [each.query for each in requests]
            seconds, numbers = min(bench.seconds, 10), [0] * 4_000_000
            samples, taken = run_clients(url, queries, numbers, bench.clients, seconds)
            rows: Rows = {"load.py": summarize(samples, taken, requests, 0)}
            if wrk_load.is_installed():
                arguments = (queries[0], True, bench.clients, seconds, pid)
                rows["wrk"] = wrk_load.run_wrk(url, *arguments)
            return rows
    except NotInstalled as error:
        return {"nginx": f"not installed: {error}"}


PARTS: dict[str, Callable[[Bench], Rows]] = {
    "mix": measure_load("mix"),
    "cold": measure_load("cold"),
    "point": measure_point,
    "hostile": measure_hostile,
    "start": measure_start,
    "ceiling": measure_ceiling,
}
