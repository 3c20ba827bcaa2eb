"""sh:datatype, sh:nodeKind and sh:in: what a value is, judged by itself."""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode

from kgraph.namespaces import XSD
from kgraph.rdf.literals import (
    compare,
    has_lexical_rules,
    images,
    is_rewritable,
    is_well_formed,
    safe_form,
)
from kgraph.rdf.terms import XSD_INTEGER, Term
from kgraph.shacl.constraints.readers import Reader, complain, component, iri, only
from kgraph.shacl.context import Context
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.shapes import Shape
from kgraph.shacl.vocabulary import AS_WRITTEN, sh

# Node kind to its three answers: IRI, blank node, literal.
NODE_KINDS: dict[NamedNode, tuple[bool, bool, bool]] = {
    sh("IRI"): (True, False, False),
    sh("BlankNode"): (False, True, False),
    sh("Literal"): (False, False, True),
    sh("BlankNodeOrIRI"): (True, True, False),
    sh("BlankNodeOrLiteral"): (False, True, True),
    sh("IRIOrLiteral"): (True, False, True),
}


@dataclass(frozen=True)
class Datatype:
    """The value is a literal of the datatype, and its form belongs to it."""

    datatype: NamedNode
    component = component("Datatype")

    def suspicion(self, context: Context, var: str) -> str:
        """Suspect other datatypes, and forms that are not plainly right."""
        coded = NamedNode(AS_WRITTEN + self.datatype.value)
        kind = f"sameTerm(DATATYPE({var}), {self.datatype})"
        safe = safe_form(self.datatype)
        if safe is not None:
            kind = f'{kind} && REGEX(STR({var}), "{safe}")'
        elif has_lexical_rules(self.datatype):
            kind = "false"
        if context.data.is_exact and not has_lexical_rules(self.datatype):
            kind = f"{kind} || sameTerm(DATATYPE({var}), {coded})"
        return f"!COALESCE({kind}, false)"

    def failing(self, values: set[Term]) -> set[Term]:
        """Give what is no literal, has another datatype, or a wrong form."""
        return {
            value
            for value in values
            if not isinstance(value, Literal)
            or value.datatype != self.datatype
            or not is_well_formed(value)
        }

    def is_sure(self, value: Term) -> bool:
        """A value whose datatype may stand for the one wanted is not sure."""
        if not isinstance(value, Literal) or value.datatype == self.datatype:
            return True
        return value.datatype not in images(self.datatype)

    def hides(self, var: str) -> str | None:
        """An integer may have been written as a byte, a time with zone as a time stamp."""
        kind = f"sameTerm(DATATYPE({var}), {self.datatype})"
        if self.datatype == XSD_INTEGER:
            return f"COALESCE({kind}, false)"
        if self.datatype == NamedNode(f"{XSD}dateTime"):
            return f'COALESCE({kind} && TZ({var}) != "", false)'
        return None


@dataclass(frozen=True)
class NodeKind:
    """The value is an IRI, a blank node or a literal, as allowed."""

    kind: NamedNode
    component = component("NodeKind")

    def suspicion(self, context: Context, var: str) -> str:
        """Suspect exactly what fails."""
        tests = (f"isIRI({var})", f"isBlank({var})", f"isLiteral({var})")
        allowed = [t for t, yes in zip(tests, NODE_KINDS[self.kind], strict=True) if yes]
        return f"!({' || '.join(allowed)})"

    def failing(self, values: set[Term]) -> set[Term]:
        """Give what is of another kind."""
        allowed = tuple(
            python
            for python, yes in zip(
                (NamedNode, BlankNode, Literal), NODE_KINDS[self.kind], strict=True
            )
            if yes
        )
        return {value for value in values if not isinstance(value, allowed)}

    def is_sure(self, value: Term) -> bool:
        """Every form of a value gives the same answer."""
        return True

    def hides(self, var: str) -> str | None:
        """Nothing is hidden."""
        return None


@dataclass(frozen=True)
class In:
    """The value is a member of a list, compared as a term."""

    members: frozenset[Term]
    component = component("In")

    def suspicion(self, context: Context, var: str) -> str:
        """Suspect what equals no member; blank nodes are looked at here."""
        named = [m for m in self.members if not isinstance(m, BlankNode)]
        if not named:
            return "true"
        listed = sorted(str(context.data.encode(member)) for member in named)
        if all(isinstance(member, NamedNode) for member in named):
            return f"{var} NOT IN ({', '.join(listed)})"
        return "!(" + " || ".join(f"sameTerm({var}, {text})" for text in listed) + ")"

    def failing(self, values: set[Term]) -> set[Term]:
        """Give what is no member."""
        return {value for value in values if value not in self.members}

    def is_sure(self, value: Term) -> bool:
        """What no store rewrites is sure, and what has the value of no member in any form."""
        if not isinstance(value, Literal) or not is_rewritable(value):
            return True
        literals = [member for member in self.members if isinstance(member, Literal)]
        return not any(compare([(value, member) for member in literals], "="))

    def hides(self, var: str) -> str | None:
        """A member that comes back may be another form of the same value."""
        members = sorted(str(member) for member in self.members if is_rewritable(member))
        return " || ".join(f"sameTerm({var}, {text})" for text in members) or None


def _read_datatype(graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    value = only(shape, "datatype", values)
    shape.local.append(Datatype(iri(shape, "datatype", value)))


def _read_node_kind(graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    value = only(shape, "nodeKind", values)
    if not isinstance(value, NamedNode) or value not in NODE_KINDS:
        raise complain(shape, "nodeKind", "one of the six node kinds of SHACL", value)
    shape.local.append(NodeKind(value))


def _read_in(graph: ShapesGraph, shape: Shape, values: list[Term]) -> None:
    head = only(shape, "in", values)
    shape.local.append(In(frozenset(graph.items(head, shape.node))))


READERS: dict[str, Reader] = {
    "datatype": _read_datatype,
    "nodeKind": _read_node_kind,
    "in": _read_in,
}
