"""Validate one file against another: what conformance runners and quick looks need."""

from __future__ import annotations

from pathlib import Path

from pyoxigraph import Quad, RdfFormat, parse, serialize

from kgraph.errors import BrokenData
from kgraph.shacl.compilation import compile_shapes
from kgraph.shacl.loaded import LoadedData
from kgraph.shacl.report import report_graph
from kgraph.shacl.validator import validate


def read_triples(path: str) -> list[Quad]:
    """Give the triples of a Turtle file. Raises BrokenData when it cannot be read."""
    try:
        with open(path, "rb") as file:
            return list(
                parse(file, format=RdfFormat.TURTLE, base_iri=Path(path).resolve().as_uri())
            )
    except (SyntaxError, OSError) as error:
        raise BrokenData(f"{path} cannot be read: {error}", path) from error


def validate_files(data: str, shapes: str) -> tuple[bool, str]:
    """Give whether the data file conforms to the shapes file, and the report in Turtle.

    A file that is both is read once, so that its blank nodes are the same in both graphs.
    """
    triples = read_triples(data)
    compiled = compile_shapes(triples if data == shapes else read_triples(shapes))
    report = validate(compiled, LoadedData(triples))
    text = serialize(report_graph(report), format=RdfFormat.TURTLE)
    return report.conforms, (text or b"").decode()
