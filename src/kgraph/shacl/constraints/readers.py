"""Reading the parameters of a constraint, with the complaints about those that are wrong."""

from __future__ import annotations

from collections.abc import Callable

from pyoxigraph import Literal, NamedNode

from kgraph.rdf.literals import is_well_formed
from kgraph.rdf.terms import XSD_INTEGER, Term, show
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.shapes import Shape
from kgraph.shacl.vocabulary import ShapesError, sh

# Reads the values of one parameter and adds constraints to the shape.
Reader = Callable[[ShapesGraph, Shape, list[Term]], None]


def component(name: str) -> NamedNode:
    """Give the IRI of a core constraint component by its short name, such as MinCount."""
    return sh(name + "ConstraintComponent")


def complain(shape: Shape, parameter: str, wanted: str, value: Term) -> ShapesError:
    """Give the error for a parameter that is not what it must be."""
    return ShapesError(
        f"{show(shape.node)}: sh:{parameter} must be {wanted}, not {show(value)}.", shape.node
    )


def only(shape: Shape, parameter: str, values: list[Term]) -> Term:
    """Give the one value. Errors: ShapesError when there are several."""
    if len(values) != 1:
        raise ShapesError(
            f"{show(shape.node)} has {len(values)} values of sh:{parameter}; one is allowed. "
            "Remove the others.",
            shape.node,
        )
    return values[0]


def iri(shape: Shape, parameter: str, value: Term) -> NamedNode:
    """Give the value when it is an IRI."""
    if not isinstance(value, NamedNode):
        raise complain(shape, parameter, "an IRI", value)
    return value


def integer(shape: Shape, parameter: str, values: list[Term]) -> int:
    """Give the one value as a whole number."""
    value = only(shape, parameter, values)
    if not isinstance(value, Literal) or value.datatype != XSD_INTEGER or not is_well_formed(value):
        raise complain(shape, parameter, "an integer", value)
    return int(value.value)


def need_path(shape: Shape, parameter: str) -> None:
    """Raise ShapesError when the shape is a node shape."""
    if shape.path is None:
        raise ShapesError(
            f"{show(shape.node)}: sh:{parameter} belongs in a property shape. Give it a sh:path "
            "or move the parameter.",
            shape.node,
        )


def node(shape: Shape, parameter: str, value: Term) -> Term:
    """Give the value when it can be a shape: an IRI or a blank node."""
    if isinstance(value, Literal):
        raise complain(shape, parameter, "a shape", value)
    return value
