"""SHACL Core and SHACL-SPARQL by set-at-a-time SPARQL queries: shapes in, results out.

shapes = compile_shapes(triples)
report = validate(shapes, LoadedData(data_triples))
"""

from kgraph.shacl.compilation import compile_shapes
from kgraph.shacl.data import Data, EndpointData
from kgraph.shacl.loaded import LoadedData
from kgraph.shacl.report import Report, Result, Undecided, report_graph
from kgraph.shacl.shapes import Shapes
from kgraph.shacl.validator import validate
from kgraph.shacl.vocabulary import ShapesError

__all__ = [
    "Data",
    "EndpointData",
    "LoadedData",
    "Report",
    "Result",
    "Shapes",
    "ShapesError",
    "Undecided",
    "compile_shapes",
    "report_graph",
    "validate",
]
