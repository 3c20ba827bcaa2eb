"""SHACL property paths: read from a shapes graph, written as SPARQL and as triples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import BlankNode, NamedNode, Triple

from kgraph.rdf.terms import RDF_FIRST, RDF_NIL, RDF_REST, Term, show
from kgraph.shacl.graph import ShapesGraph
from kgraph.shacl.vocabulary import ShapesError, sh

# Suffix of the SPARQL operator for each of the three properties that repeat a path.
REPEATS = {"zeroOrMorePath": "*", "oneOrMorePath": "+", "zeroOrOnePath": "?"}


@dataclass(frozen=True)
class Path:
    """A path: `kind` is predicate, inverse, sequence, alternative, or one of REPEATS.

    `iri` is set for a predicate alone, `parts` for all others.
    """

    kind: str
    iri: NamedNode | None = None
    parts: tuple[Path, ...] = ()

    def sparql(self) -> str:
        """Write the path as a SPARQL 1.1 property path, with brackets wherever they may matter.

        >>> p = predicate(NamedNode("urn:p"))
        >>> Path("sequence", None, (p, Path("inverse", None, (p,)))).sparql()
        '(<urn:p>/(^<urn:p>))'
        """
        if self.kind == "predicate":
            return str(self.iri)
        inner = [part.sparql() for part in self.parts]
        if self.kind == "inverse":
            return f"(^{inner[0]})"
        if self.kind == "sequence":
            return "(" + "/".join(inner) + ")"
        if self.kind == "alternative":
            return "(" + "|".join(inner) + ")"
        return f"({inner[0]}{REPEATS[self.kind]})"

    def is_nullable(self) -> bool:
        """Tell whether every node reaches itself by this path, in the graph or not."""
        if self.kind in ("zeroOrMorePath", "zeroOrOnePath"):
            return True
        if self.kind in ("inverse", "oneOrMorePath"):
            return self.parts[0].is_nullable()
        if self.kind == "sequence":
            return all(part.is_nullable() for part in self.parts)
        if self.kind == "alternative":
            return any(part.is_nullable() for part in self.parts)
        return False

    def triples(self) -> tuple[NamedNode | BlankNode, list[Triple]]:
        """Give the node that stands for this path and the triples that spell it out."""
        if self.kind == "predicate":
            assert self.iri is not None
            return self.iri, []
        if self.kind == "sequence":
            return _list_triples(self.parts)
        node = BlankNode()
        if self.kind == "alternative":
            inner, triples = _list_triples(self.parts)
            return node, [Triple(node, sh("alternativePath"), inner), *triples]
        name = "inversePath" if self.kind == "inverse" else self.kind
        end, triples = self.parts[0].triples()
        return node, [Triple(node, sh(name), end), *triples]

    def predicates(self) -> Iterator[NamedNode]:
        """Give every predicate the path mentions."""
        if self.iri is not None:
            yield self.iri
        for part in self.parts:
            yield from part.predicates()


def predicate(iri: NamedNode) -> Path:
    """Give the path of one predicate."""
    return Path("predicate", iri)


def _list_triples(parts: tuple[Path, ...]) -> tuple[BlankNode, list[Triple]]:
    nodes = [BlankNode() for _ in parts]
    triples = []
    for index, (node, part) in enumerate(zip(nodes, parts, strict=True)):
        inner, more = part.triples()
        rest = nodes[index + 1] if index + 1 < len(nodes) else RDF_NIL
        triples += [Triple(node, RDF_FIRST, inner), Triple(node, RDF_REST, rest), *more]
    return nodes[0], triples


def read_path(graph: ShapesGraph, node: Term, shape: Term) -> Path:
    """Read the path that a node stands for. Errors: ShapesError naming `shape` when there is none.

    A node that is both a list and something else counts as the list, as in the W3C suite.
    """
    return _read(graph, node, shape, ())


def _read(graph: ShapesGraph, node: Term, shape: Term, above: tuple[Term, ...]) -> Path:
    if isinstance(node, NamedNode) and node != RDF_NIL:
        return predicate(node)
    if node in above:
        raise ShapesError(f"{show(shape)}: the path {show(node)} contains itself.", shape)
    above = (*above, node)
    if graph.objects(node, RDF_FIRST):
        return Path("sequence", None, _read_list(graph, node, shape, above, "sequence"))
    alternatives = graph.value(node, sh("alternativePath"))
    if alternatives is not None:
        parts = _read_list(graph, alternatives, shape, above, "alternative")
        return Path("alternative", None, parts)
    for name in ("inversePath", *REPEATS):
        inner = graph.value(node, sh(name))
        if inner is not None:
            kind = "inverse" if name == "inversePath" else name
            return Path(kind, None, (_read(graph, inner, shape, above),))
    raise ShapesError(
        f"{show(shape)}: sh:path {show(node)} is not a path. Give a property, a list of at least "
        "two paths, or a node with sh:inversePath, sh:alternativePath, sh:zeroOrMorePath, "
        "sh:oneOrMorePath or sh:zeroOrOnePath.",
        shape,
    )


def _read_list(
    graph: ShapesGraph, head: Term, shape: Term, above: tuple[Term, ...], kind: str
) -> tuple[Path, ...]:
    members = graph.items(head, shape)
    if len(members) < 2:
        raise ShapesError(
            f"{show(shape)}: a {kind} path needs at least two members, {show(head)} has "
            f"{len(members)}.",
            shape,
        )
    return tuple(_read(graph, member, shape, above) for member in members)
