"""Who applies the shapes: the engine of this project, or pySHACL as the reference."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from pyoxigraph import Quad, Triple

from kgraph.rdf.terms import Term
from kgraph.shacl import LoadedData, Result, Shapes, compile_shapes, validate
from kgraph.validation.profiles import deactivate

#: Data and the nodes to look at (None: all targets) in, results out.
ShapeEngine = Callable[[Sequence[Quad], Collection[Term] | None], Sequence[Result]]
#: Shapes to leave out in, a judge out.
EngineFactory = Callable[[Collection[Term]], ShapeEngine]


def apply_own(rules: Sequence[Triple]) -> EngineFactory:
    """Compile the shapes once, for any profile and any data. Errors: ShapesError."""
    shapes = compile_shapes(rules)

    def choose(left_out: Collection[Term]) -> ShapeEngine:
        by_node = {
            node: replace(shape, is_deactivated=True) if node in left_out else shape
            for node, shape in shapes.by_node.items()
        }
        chosen = Shapes(shapes.graph, by_node)
        return lambda quads, focus: validate(chosen, LoadedData(quads), focus).results

    return choose


def apply_pyshacl(rules: Sequence[Triple]) -> EngineFactory:
    """Use pySHACL, which is loaded only here: it takes most of a second."""
    from kgraph.validation.pyshacl_engine import make_pyshacl_engine

    def choose(left_out: Collection[Term]) -> ShapeEngine:
        return make_pyshacl_engine([*rules, *deactivate(left_out)])

    return choose


#: --engine -> what applies shapes.
ENGINES: dict[str, Callable[[Sequence[Triple]], EngineFactory]] = {
    "kgraph": apply_own,
    "pyshacl": apply_pyshacl,
}
