"""Who applies the shapes: the engine of this project, or pySHACL as the reference."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from pyoxigraph import Quad, Triple

from kgraph.shacl import LoadedData, Result, compile_shapes, validate
from kgraph.validation.columns import Term

#: Data and the nodes to look at (None: all targets) in, results out.
Judge = Callable[[Sequence[Quad], Collection[Term] | None], Sequence[Result]]


def apply_own(rules: Sequence[Triple]) -> Judge:
    """Compile the shapes once for any number of data graphs. Errors: ShapesError."""
    shapes = compile_shapes(rules)
    return lambda quads, focus: validate(shapes, LoadedData(quads), focus).results


def apply_pyshacl(rules: Sequence[Triple]) -> Judge:
    """Use pySHACL, which is loaded only here: it takes most of a second."""
    from kgraph.validation.reference import judge_by_pyshacl

    return judge_by_pyshacl(rules)


#: --engine -> what applies shapes.
ENGINES: dict[str, Callable[[Sequence[Triple]], Judge]] = {
    "kgraph": apply_own,
    "pyshacl": apply_pyshacl,
}
