"""Compares validators on one generated graph and prints medians and ratios.

    python bench/validation.py --triples 65000 --repeat 3 --shapes core sparql
    python bench/validation.py --triples 830000 --engines kgraph pyrudof --shapes core
    python bench/validation.py --scaling 100000 5000000

Each run is a process of its own; what is compared is the time from loaded graph to report, and the
peak memory. An engine that is not installed, fails, or takes longer than --limit is reported as
such, without a number. Nothing is written but standard output.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from municipal import write_graph

HERE = Path(__file__).parent
ENGINES = ("kgraph", "pyrudof", "pyshacl")
MEBIBYTE = 1024 * 1024

Run = dict[str, float]


def measure(engine: str, data: str, shapes: list[str], limit: float) -> Run | str:
    """Run an engine once: what it measured, or why there is no measure."""
    if importlib.util.find_spec(engine) is None:
        return "not installed"
    command = [sys.executable, str(HERE / "engines.py"), engine, data, *shapes]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return f"longer than {limit:g} s"
    if done.returncode:
        return f"failed: {done.stderr.strip().splitlines()[-1] if done.stderr else done.returncode}"
    measured: Run = json.loads(done.stdout.splitlines()[-1])
    return measured


def median_of(runs: list[Run]) -> Run:
    """Give the median of each figure."""
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def compare(
    engines: list[str], data: str, shapes: list[str], repeat: int, limit: float
) -> dict[str, Run]:
    """Run the engines in turn, so that a slow moment of the machine meets all of them."""
    runs: dict[str, list[Run]] = {engine: [] for engine in engines}
    trouble: dict[str, str] = {}
    for _ in range(repeat):
        for engine in engines:
            if engine not in trouble:
                found = measure(engine, data, shapes, limit)
                if isinstance(found, str):
                    trouble[engine] = found
                else:
                    runs[engine].append(found)
    medians = {engine: median_of(found) for engine, found in runs.items() if found}
    for engine in engines:
        print(describe(engine, medians, trouble))
    return medians


def describe(engine: str, medians: dict[str, Run], trouble: dict[str, str]) -> str:
    """Give one line of the table, with the ratios to this project's engine."""
    if engine not in medians:
        return f"{engine:8} {trouble[engine]}"
    run, ours = medians[engine], medians.get("kgraph")
    line = (
        f"{engine:8} {run['validating_seconds']:9.3f} s {run['peak_bytes'] / MEBIBYTE:8.0f} MiB "
        f"{run['results']:6.0f} results, loading {run['loading_seconds']:.2f} s"
    )
    if ours and engine != "kgraph":
        slower = run["validating_seconds"] / ours["validating_seconds"]
        more = run["peak_bytes"] / ours["peak_bytes"]
        line += f"; kgraph is {slower:.1f} times as fast with 1/{more:.1f} of the memory"
    return line


def scale(small: int, large: int, arguments: argparse.Namespace, folder: Path) -> None:
    """Measure this project's engine on two sizes and print how time grows with data."""
    times, counts = [], []
    for triples in (small, large):
        path = folder / f"{triples}.nt"
        with path.open("w", encoding="utf-8") as out:
            counts.append(write_graph(out, triples, arguments.seed))
        print(f"{counts[-1]} triples")
        found = compare(["kgraph"], str(path), files(arguments.shapes), arguments.repeat, 3600)
        times.append(found["kgraph"]["validating_seconds"])
    data, time = counts[1] / counts[0], times[1] / times[0]
    print(f"{data:.1f} times the data in {time:.1f} times the time")


def files(names: list[str]) -> list[str]:
    """Give the shapes files of these names."""
    return [str(HERE / f"{name}.ttl") for name in names]


def main() -> None:
    """Run the comparison that the arguments ask for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--triples", type=int, default=65_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--limit", type=float, default=900, help="seconds a run may take")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--shapes", nargs="+", choices=("core", "sparql"), default=["core"])
    parser.add_argument("--scaling", type=int, nargs=2, metavar=("SMALL", "LARGE"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.scaling:
            scale(*arguments.scaling, arguments, Path(folder))
            return
        path = Path(folder) / "graph.nt"
        with path.open("w", encoding="utf-8") as out:
            count = write_graph(out, arguments.triples, arguments.seed)
        shapes = files(arguments.shapes)
        print(f"{count} triples, shapes {' and '.join(arguments.shapes)}, median of runs")
        compare(arguments.engines, str(path), shapes, arguments.repeat, arguments.limit)


if __name__ == "__main__":
    main()
