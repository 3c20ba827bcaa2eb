"""Any shapes on data that lie behind a SPARQL 1.1 endpoint."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from kgraph.dataset.layout import GraphFile
from kgraph.engines.protocol import Engine
from kgraph.engines.remote import RemoteEngine
from kgraph.errors import BadQuery, EngineFailure
from kgraph.namespaces import GRAPH, SH
from kgraph.shacl import EndpointData, ShapesError, Undecided, compile_shapes, validate
from kgraph.validation.files import read_files
from kgraph.validation.positions import Positions
from kgraph.validation.run import BROKEN_SHAPES, DEFAULT_OPTIONS, RunOptions, make_report
from kgraph.validation.run_report import RunReport
from kgraph.validation.shape_checks import FindingWriter, name_place

_SHAPES = NamedNode(f"{GRAPH}shapes/x")
_COUNT = "SELECT (COUNT(*) AS ?count) WHERE { ?s ?p ?o }"


def validate_endpoint(
    address: str,
    shapes: Sequence[Path],
    timeout_seconds: int,
    options: RunOptions = DEFAULT_OPTIONS,
    is_trusted: bool = False,
) -> RunReport:
    """Check the default graph of an endpoint; nothing is written there.

    One answer may take `timeout_seconds`; there is about one question per constraint. With
    `is_trusted` the endpoint is taken to give literals as they were written.

    Findings have no place in a file, but the place of their rule. What the endpoint cannot decide
    is in `undecided`. Errors: BadConfig, ShapesError, EngineFailure.
    """
    engine = RemoteEngine(address, timeout_seconds)
    options.progress("syntax")
    files, faults = read_files([GraphFile(file, str(file), _SHAPES) for file in shapes])
    if faults:
        report = make_report(files, faults, [], [])
        return dataclasses.replace(report, source=address, undecided=(BROKEN_SHAPES,))
    rules = [quad.triple for file in files.files for quad in file.quads]
    places = Positions(files.files)
    try:
        compiled = compile_shapes(rules)
    except ShapesError as error:
        raise name_place(error, places) from error
    options.progress(f"shapes at {address}")
    triples = _count_triples(engine)
    try:
        found = validate(compiled, EndpointData(engine, is_trusted))
    except BadQuery as error:
        raise EngineFailure(
            f"{error}\nThe query was made from the shapes: does this endpoint know SPARQL 1.1?"
        ) from error
    describe, nowhere = FindingWriter(rules, places), Positions([])
    judged = [(describe.finding(result, nowhere), result) for result in found.results]
    return dataclasses.replace(
        make_report(files, [], judged, []),
        triples=triples,
        undecided=tuple(_explain(entry, places) for entry in found.undecided),
        source=address,
    )


def _count_triples(engine: Engine) -> int:
    """Give the size of the default graph: the first question, so that a wrong address shows."""
    row = engine.select(_COUNT).rows[0]
    return int(row[0].value) if isinstance(row[0], Literal) else 0


def _explain(entry: Undecided, places: Positions) -> str:
    place, _ = places.locate(entry.shape, None, None)
    where = f"{place.file}:{place.line}: " if place else ""
    name = entry.component.value.removeprefix(SH).removesuffix("ConstraintComponent")
    return f"{where}undecided ({name} of {entry.shape}): {entry.reason}"
