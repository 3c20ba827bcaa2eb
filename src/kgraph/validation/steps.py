"""Which triple a property path ends on: the last step from a node to a value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pyoxigraph import NamedNode, Triple

from kgraph.rdf.terms import Term
from kgraph.shacl.paths import Path


@dataclass(frozen=True)
class Step:
    """A node that a path reaches, by the triple of its last step; None where it takes no step."""

    end: Term
    triple: Triple | None


class Links:
    """Triples by subject, and by object, each in the order given."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self._out: dict[Term, list[Triple]] = defaultdict(list)
        self._in: dict[Term, list[Triple]] = defaultdict(list)
        for triple in triples:
            self._out[triple.subject].append(triple)
            self._in[triple.object].append(triple)

    def leaving(self, node: Term) -> list[Triple]:
        """Give the triples with this subject."""
        return self._out.get(node, [])

    def coming(self, node: Term) -> list[Triple]:
        """Give the triples with this object."""
        return self._in.get(node, [])


def walk(links: Links, node: Term, path: Path) -> Iterator[Step]:
    """Yield every node the path reaches from a node, a node once per way."""
    if path.iri is not None:
        yield from _step(links, node, path.iri, False)
    elif path.kind == "inverse":
        yield from _walk_back(links, node, path.parts[0])
    elif path.kind == "sequence":
        yield from _sequence(links, node, path.parts)
    elif path.kind == "alternative":
        for part in path.parts:
            yield from walk(links, node, part)
    else:
        yield from _repeat(links, node, path)


def _step(links: Links, node: Term, predicate: NamedNode, is_back: bool) -> Iterator[Step]:
    for triple in links.coming(node) if is_back else links.leaving(node):
        if triple.predicate == predicate:
            yield Step(triple.subject if is_back else triple.object, triple)


def _walk_back(links: Links, node: Term, path: Path) -> Iterator[Step]:
    """Walk a path from its end to its start: the parts turned round, in the other order."""
    if path.iri is not None:
        yield from _step(links, node, path.iri, True)
        return
    if path.kind == "inverse":
        yield from walk(links, node, path.parts[0])
        return
    turned = tuple(Path("inverse", None, (part,)) for part in path.parts)
    if path.kind == "sequence":
        turned = turned[::-1]
    yield from walk(links, node, Path(path.kind, None, turned))


def _sequence(links: Links, node: Term, parts: tuple[Path, ...]) -> Iterator[Step]:
    if not parts:
        yield Step(node, None)
        return
    for step in walk(links, node, parts[0]):
        for last in _sequence(links, step.end, parts[1:]):
            yield last if last.triple else Step(last.end, step.triple)


def _repeat(links: Links, node: Term, path: Path) -> Iterator[Step]:
    """Walk a part any number of times, breadth first; a circle ends where it began."""
    found: dict[Term, Step] = {}
    if path.kind != "oneOrMorePath":
        found[node] = Step(node, None)
    edge = [node]
    while edge:
        reached = [step for start in edge for step in walk(links, start, path.parts[0])]
        edge = []
        for step in reached:
            if step.end not in found:
                found[step.end] = step
                edge.append(step.end)
        if path.kind == "zeroOrOnePath":
            break
    yield from found.values()
