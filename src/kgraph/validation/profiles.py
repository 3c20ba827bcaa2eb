"""Which rules hold where: `mrs:profile` of a shape, source graph or union.

A source graph need not be complete, but may not contradict itself; the union must be complete, and
may hold what two sources say differently. A shape without `mrs:profile` belongs to both profiles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from pyoxigraph import NamedNode, Triple

from kgraph.namespaces import MRS
from kgraph.validation.columns import Term

PROFILE = NamedNode(f"{MRS}profile")
SOURCE, MERGED = NamedNode(f"{MRS}source"), NamedNode(f"{MRS}merged")


def find_outsiders(shapes: Iterable[Triple], profile: NamedNode) -> frozenset[Term]:
    """Give the shapes that belong to other profiles alone."""
    profiles: dict[Term, set[object]] = defaultdict(set)
    for triple in shapes:
        if triple.predicate == PROFILE:
            profiles[triple.subject].add(triple.object)
    return frozenset(shape for shape, named in profiles.items() if profile not in named)
