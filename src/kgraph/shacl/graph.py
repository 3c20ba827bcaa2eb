"""A shapes graph in memory: look-ups by subject and property, and RDF lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from kgraph.rdf.terms import (
    RDF_FIRST,
    RDF_NIL,
    RDF_REST,
    RDF_TYPE,
    RDFS_SUBCLASS,
    XSD_BOOLEAN,
    Term,
    show,
)
from kgraph.shacl.vocabulary import ShapesError

Node = NamedNode | BlankNode | Literal


class ShapesGraph:
    """The triples of the shapes, whichever graph they came from; a triple counts once."""

    def __init__(self, triples: Iterable[Triple | Quad]) -> None:
        self._spo: dict[Term, dict[NamedNode, list[Term]]] = {}
        self._pso: dict[NamedNode, dict[Term, None]] = {}
        self._subclasses: dict[Term, list[Term]] = {}
        for t in triples:
            objects = self._spo.setdefault(t.subject, {}).setdefault(t.predicate, [])
            if t.object in objects:
                continue
            objects.append(t.object)
            self._pso.setdefault(t.predicate, {})[t.subject] = None
            if t.predicate == RDFS_SUBCLASS:
                self._subclasses.setdefault(t.object, []).append(t.subject)

    def triples(self) -> Iterator[Triple]:
        """Give every triple once."""
        for s, by_predicate in self._spo.items():
            for p, objects in by_predicate.items():
                for o in objects:
                    yield Triple(s, p, o)  # type: ignore[arg-type]

    def objects(self, subject: Term, predicate: NamedNode) -> list[Term]:
        """Give all values of a property, in the order in which they were read."""
        return self._spo.get(subject, {}).get(predicate, [])

    def properties(self, subject: Term) -> dict[NamedNode, list[Term]]:
        """Give all properties of a subject with their values."""
        return self._spo.get(subject, {})

    def subjects(self, predicate: NamedNode) -> list[Term]:
        """Give everything that has the property."""
        return list(self._pso.get(predicate, {}))

    def value(self, subject: Term, predicate: NamedNode) -> Term | None:
        """Give the only value of a property, or None. Errors: ShapesError when there are two."""
        objects = self.objects(subject, predicate)
        if len(objects) > 1:
            raise ShapesError(
                f"{show(subject)} has {len(objects)} values of {show(predicate)}; "
                "at most one is allowed. Remove the others.",
                subject,
            )
        return objects[0] if objects else None

    def flag(self, subject: Term, predicate: NamedNode) -> bool:
        """Tell whether a property is `true`. Errors: ShapesError when it is no boolean.

        SHACL speaks of the term `true` alone: "1"^^xsd:boolean switches nothing on (W3C suite,
        core/property/uniqueLang-002).
        """
        value = self.value(subject, predicate)
        if value is None:
            return False
        if not isinstance(value, Literal) or value.datatype != XSD_BOOLEAN:
            raise ShapesError(
                f"{show(subject)}: {show(predicate)} must be true or false, not {show(value)}.",
                subject,
            )
        return value.value == "true"

    def items(self, head: Term, owner: Term) -> list[Term]:
        """Give the members of an RDF list. Errors: ShapesError naming `owner` when it is broken."""
        members: list[Term] = []
        seen: set[Term] = set()
        node = head
        while node != RDF_NIL:
            first, rest = self.objects(node, RDF_FIRST), self.objects(node, RDF_REST)
            if node in seen or len(first) != 1 or len(rest) != 1:
                raise ShapesError(
                    f"{show(owner)}: {show(head)} is not a well-formed list. Write it as ( … ).",
                    owner,
                )
            seen.add(node)
            members.append(first[0])
            node = rest[0]
        return members

    def subclasses(self, top: Term) -> set[Term]:
        """Give a class and all classes below it in this graph."""
        found, queue = {top}, [top]
        while queue:
            for below in self._subclasses.get(queue.pop(), []):
                if below not in found:
                    found.add(below)
                    queue.append(below)
        return found

    def instances(self, top: Term) -> list[Term]:
        """Give the SHACL instances of a class in this graph."""
        classes = self.subclasses(top)
        return [s for s in self.subjects(RDF_TYPE) if classes & set(self.objects(s, RDF_TYPE))]

    def is_instance(self, node: Term, top: Term) -> bool:
        """Tell whether a node is a SHACL instance of a class in this graph."""
        return bool(self.subclasses(top) & set(self.objects(node, RDF_TYPE)))
