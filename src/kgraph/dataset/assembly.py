"""The data set of a repository: named graphs as in the files, derived graph, default graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Store,
    Triple,
    parse,
)

from kgraph.dataset.derivation import derive
from kgraph.dataset.layout import SNAPSHOT, GraphFile
from kgraph.errors import BrokenData
from kgraph.namespaces import DCT, GRAPH, MR, XSD
from kgraph.rdf.canonical import canonicalize
from kgraph.turtle.reading import explain_syntax, read_bytes

INFERRED = NamedNode(f"{MR}inferred")
SHAPES = f"{GRAPH}shapes/"
ISSUED = NamedNode(f"{DCT}issued")


def read_graphs(files: Sequence[GraphFile]) -> list[Quad]:
    """Give the quads of the files, each file in its graph, canonical, in no particular order.

    Errors: BrokenData that names every file that is no Turtle.
    """
    quads: list[Quad] = []
    faults = []
    for entry in files:
        # Blank nodes of two files are never the same, whatever their labels.
        parser = parse(
            read_bytes(entry.file, entry.name), format=RdfFormat.TURTLE, rename_blank_nodes=True
        )
        try:
            quads += [Quad(q.subject, q.predicate, q.object, entry.graph) for q in parser]
        except SyntaxError as error:
            faults.append(f"{entry.name}:{error.lineno}:{error.offset}: {explain_syntax(error)}")
    if faults:
        raise BrokenData("\n".join([*faults, "Mend them first; kgraph validate says more."]))
    return canonicalize(quads)


def assemble(named: Sequence[Quad], day: date) -> list[Quad]:
    """Give the whole data set: the named graphs, the two made ones, and the default graph.

    In: quads of the files. Out: those, `graph:derived`, `graph:snapshot` (one triple: the day), and
    the set union of all but the shapes, without the descriptions of inferred nodes.
    """
    issued = Literal(day.isoformat(), datatype=NamedNode(f"{XSD}date"))
    quads = [*named, *derive(named), Quad(SNAPSHOT, ISSUED, issued, SNAPSHOT)]
    default = DefaultGraph()
    union = (Quad(t.subject, t.predicate, t.object, default) for t in find_asserted(quads))
    return [*quads, *union]


def find_asserted(quads: Iterable[Quad]) -> set[Triple]:
    """Give the triples a naive question may see: no shapes, no description of an inferred node."""
    quads = list(quads)
    inferred = find_inferred(quads)
    return {
        quad.triple
        for quad in quads
        if quad.subject not in inferred and not name_of(quad).startswith(SHAPES)
    }


def name_of(quad: Quad) -> str:
    """Give the IRI of a quad's graph, empty for the default graph."""
    return quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else ""


def find_inferred(quads: Iterable[Quad]) -> set[NamedNode | BlankNode | Triple]:
    """Give the nodes marked `mr:inferred true`."""
    return {
        quad.subject
        for quad in quads
        if quad.predicate == INFERRED
        and isinstance(quad.object, Literal)
        and quad.object.value in ("true", "1")
    }


def load_store(quads: Iterable[Quad], folder: str | None = None) -> Store:
    """Give a store with the quads, in memory or in a new folder."""
    store = Store(folder) if folder else Store()
    store.bulk_extend(quads)
    return store
