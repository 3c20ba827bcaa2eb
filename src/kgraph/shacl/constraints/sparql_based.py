"""sh:sparql: a SELECT query whose rows are violations (SHACL 5)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode

from kgraph.rdf.terms import XSD_STRING, Term, show
from kgraph.shacl.constraints.prefixes import read_prefixes
from kgraph.shacl.constraints.readers import Reader, complain, component
from kgraph.shacl.constraints.rows import Binding, ValuedFocus, answers, one_row
from kgraph.shacl.context import Context
from kgraph.shacl.data import View
from kgraph.shacl.focus import Focus
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.messages import read_messages
from kgraph.shacl.paths import predicate
from kgraph.shacl.setqueries import SetQuery, fill_constants
from kgraph.shacl.shapes import Shape, Violation
from kgraph.shacl.vocabulary import ShapesError, sh

_PLACE = re.compile(r"\{[?$]([^{}\s]+)\}")
ALWAYS_BOUND = {"this", "shapesGraph", "currentShape"}


@dataclass(frozen=True)
class Select:
    """A SELECT query with its prefixes, checked when it was read.

    `constants` are the parameters of a constraint component, None where one is not given.
    """

    owner: Term
    text: str
    constants: tuple[tuple[str, Term | None], ...] = ()
    messages: tuple[Literal, ...] = ()

    def check(self) -> None:
        """Raise ShapesError when the query cannot be used."""
        # Loaded when the first query is met: the parser is half the start-up of a small run.
        from kgraph.shacl.prepared import check_query

        names = ALWAYS_BOUND | {name for name, _ in self.constants}
        check_query(self.owner, self.text, "Select", ("this",), names)

    def violations(self, context: Context, shape: Shape, focus: Focus) -> Iterator[Violation]:
        """Give one violation per distinct row (SHACL 5.3.1)."""
        valued, query, given = bind(
            context, shape, focus, self.owner, self.text, "Select", self.constants
        )
        for binding in answers(self.owner, query, valued):
            yield from self._read(context, shape, valued, given | binding)

    def _read(
        self, context: Context, shape: Shape, valued: ValuedFocus, binding: Binding
    ) -> Iterator[Violation]:
        if "this" not in binding:
            return
        path = binding.get("path")
        found = predicate(path) if shape.path is None and isinstance(path, NamedNode) else None
        for this in valued.written(binding["this"]):
            value = binding.get("value")
            if value is None or value == binding["this"]:
                values = [value and this] if shape.path else [this]
            else:
                iri = found.iri if found else shape.path.iri if shape.path else None
                forms = context.data.written_as(binding["this"], iri, value) if iri else [value]
                values = [context.data.encode(form) for form in forms]
            for each in values:
                yield Violation(this, each, found, self._messages(binding))

    def _messages(self, binding: Binding) -> tuple[Literal, ...]:
        message = binding.get("message")
        if isinstance(message, Literal):
            return (message,)
        return fill_in(self.messages, binding)


def constants_of(
    context: Context,
    view: View,
    shape: Shape,
    parameters: tuple[tuple[str, Term | None], ...],
    text: str,
) -> Binding:
    """Give the pre-bound variables that have one value in the whole query."""
    given = {name: term for name, term in parameters if term is not None}
    if "currentShape" in text:
        given["currentShape"] = shape.node
    if "shapesGraph" in text:
        given["shapesGraph"] = context.shapes_graph(view)
    return given


def bind(
    context: Context,
    shape: Shape,
    focus: Focus,
    owner: Term,
    text: str,
    kind: str,
    constants: tuple[tuple[str, Term | None], ...],
) -> tuple[ValuedFocus, SetQuery, Binding]:
    """Give the focus nodes, the query with its constants, and the values of the constants."""
    from kgraph.shacl.prepared import prepare

    names = {name for name, term in constants if term is not None}
    names |= {name for name in ("currentShape", "shapesGraph") if name in text}
    rows = ("this",) if kind == "Select" else ("this", "value")
    path = shape.path.sparql() if shape.path else ""
    query = prepare(owner, text, kind, rows, frozenset(names), path)
    predicates = query.predicates
    if predicates is not None and shape.path is not None:
        predicates |= set(shape.path.predicates())
    valued = ValuedFocus(context, focus, predicates)
    given = constants_of(context, valued.view, shape, constants, text)
    patterns = {name: one_row(valued.view, [name], [term]) for name, term in given.items()}
    return valued, fill_constants(query, patterns), given


def fill_in(messages: tuple[Literal, ...], binding: Mapping[str, Term]) -> tuple[Literal, ...]:
    """Replace {?name} and {$name} in messages by the values of a row.

    >>> fill_in((Literal("Is {?value}."),), {"value": Literal("5")})[0].value
    'Is 5.'
    """

    def text(match: re.Match[str]) -> str:
        term = binding.get(match[1])
        if term is None:
            return match[0]
        return term.value if isinstance(term, Literal | NamedNode | BlankNode) else str(term)

    return tuple(
        Literal(_PLACE.sub(text, message.value), language=message.language)
        if message.language
        else Literal(_PLACE.sub(text, message.value))
        for message in messages
    )


@dataclass(frozen=True)
class Sparql:
    """One sh:sparql constraint; `node` is the constraint, as in sh:sourceConstraint."""

    node: Term
    query: Select
    component = component("SPARQL")

    def violations(self, context: Context, shape: Shape, focus: Focus) -> Iterator[Violation]:
        """Give the violations of the query, with the constraint they come from."""
        found = dict.fromkeys(self.query.violations(context, shape, focus))
        for v in found:
            yield Violation(v.focus, v.value, v.path, v.messages, self.node)


def read_text(graph: ShapesGraph, node: Term, parameter: str) -> str:
    """Give the SPARQL text of a constraint or validator, its prefixes before it."""
    text = graph.value(node, sh(parameter))
    if not isinstance(text, Literal) or text.datatype != XSD_STRING:
        raise ShapesError(f"{show(node)} needs a SPARQL text in sh:{parameter}, as a string.", node)
    return read_prefixes(graph, node) + text.value


def _read(graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    for node in values:
        if isinstance(node, Literal):
            raise complain(shape, "sparql", "a node with sh:select", node)
        if graph.flag(node, sh("deactivated")):
            continue
        text = read_text(graph, node, "select")
        select = Select(node, text, messages=read_messages(graph, node))
        select.check()
        if "PATH" in text and shape.path is None and "$PATH" in text:
            raise ShapesError(
                f"{show(node)}: $PATH has no meaning in a node shape. Move the constraint to a "
                "property shape or write the property.",
                node,
            )
        shape.constraints.append(Sparql(node, select))


READERS: dict[str, Reader] = {"sparql": _read}
