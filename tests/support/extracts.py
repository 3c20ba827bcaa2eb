"""Parts of the shapes and of the data that are small enough for a slow validator."""

from __future__ import annotations

import functools
import random
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from pyoxigraph import NamedNode, Triple, parse

from mutants import SH

ROOT = Path(__file__).parent.parent.parent
SUBCLASS = NamedNode("http://www.w3.org/2000/01/rdf-schema#subClassOf")
PROPERTY = NamedNode(SH + "property")
TARGETS = {
    NamedNode(SH + name)
    for name in ("targetClass", "targetSubjectsOf", "targetObjectsOf", "targetNode")
}
Node = object


def read(paths: Iterable[Path]) -> list[Triple]:
    """Give the triples of files, in the order of the files' names."""
    return [quad.triple for path in sorted(paths) for quad in parse(path=path)]


@functools.cache
def shapes_of_theme(theme: str) -> frozenset[Node]:
    """Give the targeted shapes that a file of shapes defines."""
    triples = read([ROOT / "shapes" / f"{theme}.ttl"])
    return frozenset(t.subject for t in triples if t.predicate in TARGETS)


def themes() -> list[str]:
    """Give the names of the files that hold shapes with a target."""
    names = sorted(path.stem for path in (ROOT / "shapes").glob("*.ttl"))
    return [name for name in names if shapes_of_theme(name)]


def cut_shapes(
    shapes: Sequence[Triple], chosen: Iterable[str], keep: Callable[[Triple], bool] | None = None
) -> list[Triple]:
    """Give the shapes of these themes and all they refer to; no other shape has a target.

    `keep` tells of each link from a targeted shape to a rule whether it stays.
    """
    about: dict[Node, list[Triple]] = defaultdict(list)
    for t in shapes:
        about[t.subject].append(t)
    roots = set().union(*(shapes_of_theme(theme) for theme in chosen))
    queue, seen, cut = deque(sorted(roots, key=str)), set(roots), []
    while queue:
        node = queue.popleft()
        for t in about[node]:
            is_link = node in roots and t.predicate == PROPERTY
            if (t.predicate in TARGETS and node not in roots) or (is_link and keep and not keep(t)):
                continue
            cut.append(t)
            if t.object in about and t.object not in seen:
                seen.add(t.object)
                queue.append(t.object)
    return cut


@functools.cache
def subclasses() -> tuple[Triple, ...]:
    """Give what the ontology says of classes below classes."""
    triples = read((ROOT / "ontology").glob("*.ttl"))
    return tuple(t for t in triples if t.predicate == SUBCLASS)


class Neighbourhoods:
    """The project's data, from which parts around a node can be cut."""

    def __init__(self) -> None:
        self._about: dict[Node, list[Triple]] = defaultdict(list)
        self._mentions: dict[Node, list[Node]] = defaultdict(list)
        self._by_class: dict[Node, list[Node]] = defaultdict(list)
        files = [*(ROOT / "data").rglob("*.ttl"), *(ROOT / "ontology" / "concepts").glob("*.ttl")]
        for t in dict.fromkeys(read(files)):
            self._about[t.subject].append(t)
            if not isinstance(t.object, NamedNode):
                continue
            if t.predicate.value.endswith("#type"):
                self._by_class[t.object].append(t.subject)
            else:
                self._mentions[t.object].append(t.subject)

    def cut(self, size: int, chance: random.Random) -> list[Triple]:
        """Give at most `size` triples: nodes near random nodes of random classes, each whole."""
        classes = sorted(self._by_class, key=str)
        starts = [chance.choice(self._by_class[c]) for c in chance.choices(classes, k=3)]
        queue, seen, cut = deque(starts), set(starts), []
        while queue:
            triples = self._about[queue.popleft()]
            if len(cut) + len(triples) > size:
                continue
            cut += triples
            near = [t.object for t in triples if t.object in self._about]
            near += [node for t in triples[:1] for node in self._mentions[t.subject][:20]]
            for node in near:
                if node not in seen:
                    seen.add(node)
                    queue.append(node)
        return cut
