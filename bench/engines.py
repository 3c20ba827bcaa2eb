"""The validators that the benchmark compares, each run in a process of its own.

    python bench/engines.py ENGINE DATA SHAPES...

Prints one JSON object: seconds of loading and of validating, number of results, peak bytes.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

Measure = tuple[float, float, int]


def run_kgraph(data: str, shapes: list[str]) -> Measure:
    """Validate with this project's engine."""
    from pyoxigraph import parse

    from kgraph.shacl import LoadedData, compile_shapes, validate

    begin = time.perf_counter()
    loaded = LoadedData(parse(path=data))
    rules = compile_shapes(quad for path in shapes for quad in parse(path=path))
    middle = time.perf_counter()
    report = validate(rules, loaded)
    return middle - begin, time.perf_counter() - middle, len(report.results)


def run_pyshacl(data: str, shapes: list[str]) -> Measure:
    """Validate with pySHACL on rdflib's default store."""
    import pyshacl
    import rdflib
    from rdflib.namespace import SH

    begin = time.perf_counter()
    graph = rdflib.Graph().parse(data, format="nt")
    rules = rdflib.Graph()
    for path in shapes:
        rules.parse(path)
    middle = time.perf_counter()
    _, report, _ = pyshacl.validate(graph, shacl_graph=rules, inference="none", inplace=True)
    seconds = time.perf_counter() - middle
    assert isinstance(report, rdflib.Graph)
    return middle - begin, seconds, len(list(report.objects(None, SH.result)))


def run_pyrudof(data: str, shapes: list[str]) -> Measure:
    """Validate with pyrudof, which takes one shapes file."""
    import pyrudof

    begin = time.perf_counter()
    rudof = pyrudof.Rudof(pyrudof.RudofConfig())
    rudof.read_data(data, pyrudof.RDFFormat.NTriples)
    text = "\n".join(Path(path).read_text(encoding="utf-8") for path in shapes)
    rudof.read_shacl(text, pyrudof.ShaclFormat.Turtle)
    middle = time.perf_counter()
    report = rudof.validate_shacl(pyrudof.ShaclValidationMode.Native)
    return middle - begin, time.perf_counter() - middle, len(report.violations)


ENGINES: dict[str, Callable[[str, list[str]], Measure]] = {
    "kgraph": run_kgraph,
    "pyshacl": run_pyshacl,
    "pyrudof": run_pyrudof,
}


def main() -> None:
    """Run one engine once."""
    name, data, *shapes = sys.argv[1:]
    loading, validating, results = ENGINES[name](data, shapes)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    measured = {
        "loading_seconds": loading,
        "validating_seconds": validating,
        "results": results,
        "peak_bytes": peak,
    }
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
