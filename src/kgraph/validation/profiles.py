"""Which rules hold where: `mrs:profile` of a shape, source graph or union.

A source graph need not be complete, but may not contradict itself; the union must be complete, and
may hold what two sources say differently. A shape without `mrs:profile` belongs to both profiles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from pyoxigraph import Literal, NamedNode, Triple

from kgraph.namespaces import MRS, SH, XSD
from kgraph.rdf.terms import Term

PROFILE = NamedNode(f"{MRS}profile")
SOURCE, MERGED = NamedNode(f"{MRS}source"), NamedNode(f"{MRS}merged")
_DEACTIVATED = NamedNode(f"{SH}deactivated")
_TRUE = Literal("true", datatype=NamedNode(f"{XSD}boolean"))


def select_profile(shapes: Iterable[Triple], profile: NamedNode) -> list[Triple]:
    """Give the shapes graph with every shape of other profiles alone deactivated."""
    triples = list(shapes)
    return [*triples, *deactivate(find_outsiders(triples, profile))]


def deactivate(shapes: Iterable[Term]) -> Iterator[Triple]:
    """Yield the triples that switch these shapes off."""
    for shape in shapes:
        yield Triple(shape, _DEACTIVATED, _TRUE)  # type: ignore[arg-type]


def find_outsiders(shapes: Iterable[Triple], profile: NamedNode) -> frozenset[Term]:
    """Give the shapes that belong to other profiles alone."""
    profiles: dict[Term, set[object]] = defaultdict(set)
    for triple in shapes:
        if triple.predicate == PROFILE:
            profiles[triple.subject].add(triple.object)
    return frozenset(shape for shape, named in profiles.items() if profile not in named)
