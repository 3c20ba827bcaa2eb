"""Whether two graphs are the same but for the labels of their blank nodes.

Canonicalization takes about the cube of the length of a chain of blank nodes, and a list of 160
items some seconds. So blank nodes that form a tree, as lists do, are folded into a hash first.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable

from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, NamedNode, Quad

TREE = "urn:x-tree:"


def are_isomorphic(one: Iterable[Quad], other: Iterable[Quad]) -> bool:
    """Say whether two sets of triples are the same graph."""
    return _normalize(one) == _normalize(other)


def _normalize(quads: Iterable[Quad]) -> Dataset:
    dataset = Dataset(fold_trees(set(quads)))
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def fold_trees(quads: set[Quad]) -> list[Quad]:
    """Give the triples with each blank node that is used once, and starts no circle, as a hash.

    The hash stands for everything said of the node. Twins, which are used with the same subject and
    predicate and of which the same is said, are told apart by a number. Named graphs are not looked
    at: all triples are taken as one graph.
    """
    about: dict[BlankNode, list[Quad]] = defaultdict(list)
    uses: Counter[BlankNode] = Counter()
    for quad in quads:
        if isinstance(quad.subject, BlankNode):
            about[quad.subject].append(quad)
        if isinstance(quad.object, BlankNode):
            uses[quad.object] += 1
    parents = {quad.object: quad for quad in quads if isinstance(quad.object, BlankNode)}
    waiting = {
        node: sum(isinstance(quad.object, BlankNode) for quad in about[node])
        for node, count in uses.items()
        if count == 1
    }
    ready = [node for node, children in waiting.items() if not children]
    folded: dict[BlankNode, str] = {}
    while ready:
        node = ready.pop()
        lines = sorted(_write(quad, folded) for quad in about[node])
        folded[node] = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        parent = parents[node].subject
        if isinstance(parent, BlankNode) and parent in waiting:
            waiting[parent] -= 1
            if not waiting[parent]:
                ready.append(parent)
    kept: list[Quad] = []
    twins: Counter[tuple[object, ...]] = Counter()
    for quad in quads:
        if isinstance(quad.subject, BlankNode) and quad.subject in folded:
            continue
        value = quad.object
        if isinstance(value, BlankNode) and value in folded:
            key = (quad.subject, quad.predicate, folded[value])
            twins[key] += 1
            value = NamedNode(f"{TREE}{folded[value]}-{twins[key]}")
        kept.append(Quad(quad.subject, quad.predicate, value))
    return kept


def _write(quad: Quad, folded: dict[BlankNode, str]) -> str:
    value = quad.object
    if isinstance(value, BlankNode):
        return f"{quad.predicate} {TREE}{folded[value]}"
    return f"{quad.predicate} {value}"
