"""SPARQL-based constraint components: a vocabulary of constraints of one's own (SHACL 6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from pyoxigraph import Literal, NamedNode

from kgraph.namespaces import SH
from kgraph.rdf.terms import Term, show
from kgraph.shacl.constraints.rows import answers
from kgraph.shacl.constraints.sparql_based import (
    ALWAYS_BOUND,
    Select,
    bind,
    fill_in,
    read_text,
)
from kgraph.shacl.context import Context
from kgraph.shacl.focus import Focus
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.messages import read_messages
from kgraph.shacl.shapes import Shape, Violation
from kgraph.shacl.vocabulary import ShapesError, sh

Constants = tuple[tuple[str, Term | None], ...]


@dataclass(frozen=True)
class Ask:
    """An ASK validator: true for the value nodes that conform."""

    owner: Term
    text: str
    constants: Constants
    messages: tuple[Literal, ...]

    def check(self) -> None:
        """Raise ShapesError when the query cannot be used."""
        from kgraph.shacl.prepared import check_query

        names = ALWAYS_BOUND | {"value"} | {name for name, _ in self.constants}
        check_query(self.owner, self.text, "Ask", ("this", "value"), names)

    def violations(self, context: Context, shape: Shape, focus: Focus) -> Iterator[Violation]:
        """Ask for all pairs that conform, and give the others."""
        valued, query, given = bind(
            context, shape, focus, self.owner, self.text, "Ask", self.constants
        )
        good = {
            (binding["this"], binding["value"])
            for binding in answers(self.owner, query, valued, shape)
        }
        data = context.data
        for this, value in context.answers.pairs(shape, focus):
            pair = valued.seen(this), valued.seen(value)
            if pair not in good:
                binding = given | {"this": data.decode(this), "value": data.decode(value)}
                yield Violation(this, value, messages=fill_in(self.messages, binding))


@dataclass(frozen=True)
class Custom:
    """One constraint of a declared component, with the parameters it was given."""

    component: NamedNode
    validator: Ask | Select

    def violations(self, context: Context, shape: Shape, focus: Focus) -> Iterator[Violation]:
        """Give the violations that the validator finds."""
        yield from dict.fromkeys(self.validator.violations(context, shape, focus))


@dataclass(frozen=True)
class Component:
    """A declared component: its parameters (property to variable name) and its validators."""

    node: NamedNode
    required: tuple[NamedNode, ...]
    optional: tuple[NamedNode, ...]

    def add_to(self, graph: ShapesGraph, shape: Shape) -> None:
        """Add a constraint to the shape for each set of parameters that it has."""
        if not all(graph.objects(shape.node, parameter) for parameter in self.required):
            return
        validator = self._validator(graph, shape)
        if validator is None:
            return
        parameters = [*self.required, *self.optional]
        values: list[list[Term | None]] = [
            list(graph.objects(shape.node, parameter)) or [None] for parameter in parameters
        ]
        if len(parameters) > 1 and any(len(each) > 1 for each in values):
            raise ShapesError(
                f"{show(shape.node)}: a parameter of {show(self.node)} has several values; a "
                "component with more than one parameter takes one value each.",
                shape.node,
            )
        names = [local_name(parameter) for parameter in parameters]
        for combination in product(*values):
            constants = tuple(zip(names, combination, strict=True))
            made = _read_validator(graph, validator, constants)
            made.check()
            shape.constraints.append(Custom(self.node, made))

    def _validator(self, graph: ShapesGraph, shape: Shape) -> Term | None:
        """Choose the validator (SHACL 6.2.3); None when the component has none for this shape."""
        special = "nodeValidator" if shape.path is None else "propertyValidator"
        for name in (special, "validator"):
            found = graph.objects(self.node, sh(name))
            if found:
                return found[0]
        return None


def _read_validator(graph: ShapesGraph, node: Term, constants: Constants) -> Ask | Select:
    messages = read_messages(graph, node)
    if graph.objects(node, sh("ask")):
        return Ask(node, read_text(graph, node, "ask"), constants, messages)
    return Select(node, read_text(graph, node, "select"), constants, messages)


def local_name(parameter: NamedNode) -> str:
    """Give the name of the SPARQL variable of a parameter: what follows the last `#`, `/` or `:`.

    >>> local_name(NamedNode("http://example.org/ns#maxAge"))
    'maxAge'
    """
    text = parameter.value
    return text[max(text.rfind(mark) for mark in "#/:") + 1 :]


def read_components(graph: ShapesGraph) -> list[Component]:
    """Give the components declared in a shapes graph, those of SHACL itself left out."""
    found = []
    for node in graph.instances(sh("ConstraintComponent")):
        if not isinstance(node, NamedNode) or node.value.startswith(SH):
            continue
        required: list[NamedNode] = []
        optional: list[NamedNode] = []
        for parameter in graph.objects(node, sh("parameter")):
            path = graph.value(parameter, sh("path"))
            if not isinstance(path, NamedNode):
                raise ShapesError(f"{show(node)}: a parameter needs an IRI as sh:path.", node)
            name = local_name(path)
            if not name.isidentifier() or name in ALWAYS_BOUND | {"path", "PATH", "value"}:
                raise ShapesError(
                    f"{show(node)}: {name!r} cannot be the name of a parameter.", node
                )
            (optional if graph.flag(parameter, sh("optional")) else required).append(path)
        if required:
            found.append(Component(node, tuple(sorted(required, key=str)), tuple(optional)))
    return found
