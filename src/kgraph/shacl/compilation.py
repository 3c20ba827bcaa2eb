"""From a shapes graph to shapes: every shape is read and checked before any data is touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyoxigraph import Literal, NamedNode, Quad, Triple

from kgraph.rdf.terms import Term, show
from kgraph.shacl.constraints import PARAMETERS
from kgraph.shacl.constraints.components import read_components
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.messages import read_messages
from kgraph.shacl.paths import read_path
from kgraph.shacl.shapes import Shape, Shapes
from kgraph.shacl.targets import CLASS, NODE, OBJECTS, SUBJECTS, read_targets
from kgraph.shacl.vocabulary import ShapesError, sh

PATH = sh("path")


def compile_shapes(triples: Iterable[Triple | Quad]) -> Shapes:
    """Read all shapes of a graph: those with a type or a target, and all that these speak of.

    Errors: ShapesError, naming the node, when a shape is not well-formed or speaks of itself.
    """
    graph = ShapesGraph(triples)
    components = read_components(graph)
    by_node: dict[Term, Shape] = {}
    queue = list(_declared(graph))
    while queue:
        node = queue.pop(0)
        if node in by_node:
            continue
        shape = by_node[node] = _read_shape(graph, node)
        for component in components:
            component.add_to(graph, shape)
        for below in shape.properties:
            if not graph.objects(below, PATH):
                raise ShapesError(
                    f"{show(below)} is used as a property shape by {show(node)} and has no "
                    "sh:path. Add one.",
                    below,
                )
        queue += shape.properties + shape.references
    _refuse_cycles(by_node)
    return Shapes(graph, by_node)


def _declared(graph: ShapesGraph) -> Iterator[Term]:
    found: dict[Term, None] = {}
    for kind in ("NodeShape", "PropertyShape"):
        found.update(dict.fromkeys(graph.instances(sh(kind))))
    for target in (CLASS, NODE, SUBJECTS, OBJECTS):
        found.update(dict.fromkeys(graph.subjects(target)))
    yield from found


def _read_shape(graph: ShapesGraph, node: Term) -> Shape:
    if isinstance(node, Literal):
        raise ShapesError(f"The literal {show(node)} cannot be a shape.", node)
    path = graph.value(node, PATH)
    if path is None and graph.is_instance(node, sh("PropertyShape")):
        raise ShapesError(f"{show(node)} is a property shape without a sh:path. Add one.", node)
    if path is not None and graph.is_instance(node, sh("NodeShape")):
        raise ShapesError(
            f"{show(node)} is a sh:NodeShape and has a sh:path. Remove the path, or call it a "
            "sh:PropertyShape.",
            node,
        )
    shape = Shape(
        node=node,
        path=None if path is None else read_path(graph, path, node),
        severity=_severity(graph, node),
        messages=read_messages(graph, node),
        is_deactivated=graph.flag(node, sh("deactivated")),
        targets=read_targets(graph, node),
    )
    for parameter, read in PARAMETERS.items():
        values = graph.objects(node, sh(parameter))
        if values:
            read(graph, shape, values)
    return shape


def _severity(graph: ShapesGraph, node: Term) -> NamedNode:
    severity = graph.value(node, sh("severity"))
    if severity is None:
        return sh("Violation")
    if not isinstance(severity, NamedNode):
        raise ShapesError(f"{show(node)}: sh:severity must be an IRI.", node)
    return severity


def _refuse_cycles(by_node: dict[Term, Shape]) -> None:
    done: set[Term] = set()
    for start in by_node:
        trail: list[Term] = []
        stack: list[tuple[Term, Iterator[Term]]] = []
        node = start
        if node in done:
            continue
        trail.append(node)
        stack.append((node, iter(by_node[node].properties + by_node[node].references)))
        while stack:
            node, below = stack[-1]
            following = next(below, None)
            if following is None:
                stack.pop()
                done.add(trail.pop())
            elif following in trail:
                cycle = [*trail[trail.index(following) :], following]
                names = " -> ".join(show(term) for term in cycle)
                raise ShapesError(
                    f"The shape {show(following)} speaks of itself: {names}. SHACL leaves the "
                    "meaning of recursive shapes open; break the circle.",
                    following,
                )
            elif following not in done:
                shape = by_node[following]
                trail.append(following)
                stack.append((following, iter(shape.properties + shape.references)))
