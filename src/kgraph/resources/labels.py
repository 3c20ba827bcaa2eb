"""What things are called, in the languages there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode

from kgraph.engines.protocol import Engine, Row
from kgraph.namespaces import DCT, RDFS, SCHEMA, SKOS, VOCABULARIES
from kgraph.questions.views import read_views
from kgraph.sparql.values import fill_values

#: Properties that name a thing, the best first: those of `queries/views/labels.rq`.
LABEL_PROPERTIES = (
    f"{RDFS}label",
    f"{SKOS}prefLabel",
    f"{DCT}title",
    f"{SCHEMA}name",
    f"{VOCABULARIES['foaf']}name",
    f"{VOCABULARIES['sh']}name",
)


@dataclass(frozen=True)
class Labels:
    """The names of things: IRI -> (property, name) pairs, the best property first, then by
    language."""

    names: Mapping[NamedNode, Sequence[tuple[NamedNode, Literal]]] = field(default_factory=dict)

    def choose(self, thing: NamedNode, languages: Sequence[str] = ()) -> Literal | None:
        """Give the name in the first of these languages that has one; else one without a
        language, else any. None for a thing without a name.

        A language stands for its regions too: `en` takes a name in `en-GB`.
        """
        known = [name for _, name in self.names.get(thing, ())]
        for language in languages:
            for name in known:
                if (name.language or "").split("-")[0].lower() == language:
                    return name
        return next((name for name in known if not name.language), known[0] if known else None)


def write_labels_query(things: Iterable[NamedNode]) -> str:
    """Give the one query for the names of many things; `read_labels` reads its rows."""
    ordered = sorted(set(things), key=lambda thing: thing.value)
    return fill_values(read_views()["labels"], "thing", ordered)


def read_labels(rows: Iterable[Row]) -> Labels:
    """Give the names in the rows of a labels query: thing, property, name. What is no literal is
    left out."""
    found: dict[NamedNode, set[tuple[NamedNode, Literal]]] = {}
    for thing, prop, name in rows:
        if not isinstance(thing, NamedNode) or not isinstance(prop, NamedNode):
            continue
        if isinstance(name, Literal):
            found.setdefault(thing, set()).add((prop, name))
    return Labels({thing: sorted(found[thing], key=_order) for thing in sorted(found, key=str)})


def find_labels(engine: Engine, things: Iterable[NamedNode]) -> Labels:
    """Give the names of things, all languages, in one query. Errors: those of the engine."""
    return read_labels(engine.select(write_labels_query(things)).rows)


def _order(named: tuple[NamedNode, Literal]) -> tuple[int, str, str]:
    prop, name = named
    known = prop.value in LABEL_PROPERTIES
    rank = LABEL_PROPERTIES.index(prop.value) if known else len(LABEL_PROPERTIES)
    return rank, name.language or "", name.value
