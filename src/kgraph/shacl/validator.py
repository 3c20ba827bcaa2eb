"""Data against shapes: all shapes with targets, in several threads, to one report."""

from __future__ import annotations

import os
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

from kgraph.rdf.terms import Term
from kgraph.shacl.data import Data
from kgraph.shacl.report import Report, build_report
from kgraph.shacl.shape_evaluation import Evaluation
from kgraph.shacl.shapes import Shapes


def validate(shapes: Shapes, data: Data, focus: Collection[Term] | None = None) -> Report:
    """Check the data against all shapes that have targets.

    `focus` restricts the target nodes that are looked at; everything else in the data is still
    there to be reached by paths. Errors: EngineFailure when the engine gives no answer, ShapesError
    when a SPARQL constraint is no SPARQL.
    """
    evaluation = Evaluation(shapes, data)
    tasks = [
        task
        for shape in shapes.targeted()
        for task in evaluation.tasks(shape, evaluation.target_focus(shape, focus))
    ]
    # The store answers without Python's lock, so threads help; an endpoint is asked one by one.
    workers = (os.cpu_count() or 1) if data.is_exact else 1
    with ThreadPoolExecutor(workers) as pool:
        found = [result for results in pool.map(lambda task: task(), tasks) for result in results]
    return build_report(found, evaluation.undecided)
