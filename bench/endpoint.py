"""Compares this project's endpoint with other SPARQL servers on one generated graph.

    python bench/endpoint.py                                  # everything, about 40 minutes
    python bench/endpoint.py --seconds 10 --servers kgraph oxigraph-memory --parts mix cold
    python bench/endpoint.py --graphs built                   # each triple in a named graph too

Parts: `mix` (500 distinct queries, drawn by Zipf's law), `cold` (each query new), `point` (one
cheap query again and again; prepared answers also through the nginx of `deploy/`), `hostile` (the
mix, and cheap new queries, while hostile queries run), `start`, and `ceiling` (what the load
generators reach on nginx, which does nothing). Tables go to standard output, all figures as JSON to
build/bench/. See docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from pathlib import Path

from figures import Figures, compare, table
from holdings import prepare_holdings
from parts import PARTS, Bench
from request_mix import DISTINCT, make_requests, read_requests, write_requests
from servers import PEERS, NotInstalled, find_oxigraph

ROOT = Path(__file__).parents[1]
OUT = ROOT / "build" / "bench"
#: More than the fastest server answers in a minute; the mix begins anew when its draws end.
COLD, CHEAP, DRAWS = 60_000, 150_000, 600_000


def make_bench(arguments: argparse.Namespace) -> Bench:
    """Prepare data and requests; all of it depends on size and seed alone."""
    holdings = prepare_holdings(OUT, arguments.triples, arguments.seed, find_oxigraph())
    requests = {}
    for name, count, seed, cheap in (
        ("mix", DISTINCT, 1, False), ("cold", COLD, 2, False), ("cheap", CHEAP, 3, True)
    ):  # fmt: skip
        file = holdings.folder / f"requests-{name}.jsonl"
        made = make_requests(count, arguments.triples, arguments.seed * 10 + seed, cheap)
        write_requests(file, made)
        requests[name] = list(read_requests(file))
    return Bench(
        holdings=holdings,
        requests=requests,
        draws=DRAWS,
        servers=arguments.servers,
        graphs=arguments.graphs,
        clients=arguments.clients,
        seconds=arguments.seconds,
        seed=arguments.seed,
        tries=arguments.tries,
    )


def main() -> None:
    """Run the parts that the arguments ask for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = ("kgraph", *PEERS)
    parser.add_argument("--parts", nargs="+", choices=tuple(PARTS), default=list(PARTS))
    parser.add_argument("--servers", nargs="+", choices=names, default=list(names))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--triples", type=int, default=830_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--graphs",
        choices=("default", "built"),
        default="default",
        help="snapshot of this project's server: default graph alone, or as built",
    )
    parser.add_argument(
        "--tries", type=int, default=2, help="most runs of one figure, while others disturb it"
    )
    parser.add_argument("--unchecked", action="store_true", help="do not compare answers first")
    arguments = parser.parse_args()
    try:
        bench = make_bench(arguments)
    except NotInstalled as error:
        sys.exit(f"not installed: {error}")
    print(
        f"{bench.holdings.triples} triples, {bench.clients} clients, {bench.seconds:g} s, "
        f"seed {bench.seed}, {platform.processor() or platform.machine()}, "
        f"kgraph on the snapshot `{bench.graphs}` and Python {platform.python_version()}; "
        "times in milliseconds\n",
        flush=True,
    )
    if not arguments.unchecked:
        bench.check_answers()
    found: dict[str, dict[str, Figures | str]] = {}
    for part in [name for name in PARTS if name in arguments.parts]:
        found[part] = PARTS[part](bench)
        if part != "start":
            print(table(part, found[part]) + "\n", flush=True)
    print(compare(found))
    file = OUT / f"endpoint-{time.strftime('%Y%m%dT%H%M%S')}.json"
    file.write_text(json.dumps({"arguments": vars(arguments), "found": found}, indent=1))
    print(f"\nfigures: {file.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    main()
