"""Targets: which nodes of the data a shape is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from kgraph.rdf.terms import OWL_CLASS, RDF_TYPE, RDFS_CLASS, Term, show
from kgraph.shacl.class_tree import ClassTree
from kgraph.shacl.data import Data
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.vocabulary import ShapesError, sh

CLASS, NODE = sh("targetClass"), sh("targetNode")
SUBJECTS, OBJECTS = sh("targetSubjectsOf"), sh("targetObjectsOf")


@dataclass(frozen=True)
class Target:
    """One target declaration: its property (sh:targetClass and so on) and its value."""

    kind: NamedNode
    value: Term


def read_targets(graph: ShapesGraph, node: Term) -> tuple[Target, ...]:
    """Give the targets of a shape, an implicit class target included.

    A shape that is an owl:Class counts as a class too, though SHACL 2.1.3.3 speaks of rdfs:Class:
    without OWL's own axioms at hand such a shape would silently check nothing.
    """
    found: dict[Target, None] = {}
    for kind in (CLASS, NODE, SUBJECTS, OBJECTS):
        for value in graph.objects(node, kind):
            _check(node, kind, value)
            found[Target(kind, value)] = None
    if isinstance(node, NamedNode) and graph.objects(node, RDF_TYPE):
        classes = graph.subclasses(RDFS_CLASS) | {OWL_CLASS}
        if classes & set(graph.objects(node, RDF_TYPE)):
            found[Target(CLASS, node)] = None
    return tuple(found)


def _check(node: Term, kind: NamedNode, value: Term) -> None:
    if isinstance(value, NamedNode) or (kind == NODE and isinstance(value, Literal)):
        return
    wanted = "an IRI or a literal" if kind == NODE else "an IRI"
    raise ShapesError(f"{show(node)}: {show(kind)} must be {wanted}, not {show(value)}.", node)


def write_targets(
    data: Data, classes: ClassTree, targets: Iterable[Target], var: str
) -> tuple[str, bool]:
    """Write the pattern of all targets together, and tell whether it gives each node once."""
    parts = []
    distinct = True
    nodes = []
    for target in targets:
        if target.kind == NODE:
            nodes.append(data.encode(target.value))
        elif target.kind == CLASS:
            pattern, unique = classes.write(target.value, var)
            parts.append(pattern)
            distinct = distinct and unique
        elif target.kind == SUBJECTS:
            parts.append(f"{var} {target.value} ?t_o .")
            distinct = False
        else:
            parts.append(f"?t_s {target.value} {var} .")
            distinct = False
    if nodes:
        parts.append(f"VALUES {var} {{ {' '.join(str(node) for node in nodes)} }}")
    if len(parts) == 1:
        return parts[0], distinct
    return " UNION ".join(f"{{ {part} }}" for part in parts), False
