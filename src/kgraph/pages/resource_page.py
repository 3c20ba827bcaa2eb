"""The page of one thing, from its description."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from pyoxigraph import BlankNode, Literal, NamedNode

from kgraph.formats import GRAPH_TYPES
from kgraph.namespaces import DCT, SKOS
from kgraph.pages.cells import LANGUAGES, Cell, show_term
from kgraph.pages.rendering import Pages
from kgraph.resources.description import Description, SourcedStatement, SubjectTerm
from kgraph.resources.labels import Labels
from kgraph.resources.writing_description import say_cuts

#: What says in words what a thing is; the first that is there stands below its name.
_WORDS = (NamedNode(f"{SKOS}definition"), NamedNode(f"{DCT}description"))
#: Nodes without a name are described two steps deep.
_MOST_STEPS = 3


@dataclass(frozen=True)
class Value:
    """What is stated, and the graphs that say so."""

    cell: Cell
    sources: tuple[Cell, ...]


@dataclass(frozen=True)
class Property:
    """A property, or several in a row that lead through nodes without a name, and its values."""

    steps: tuple[Cell, ...]
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Section:
    """What is said of one thing: its heading, the fragment of its address, its properties."""

    heading: Cell
    fragment: str
    properties: tuple[Property, ...]


def write_resource_page(pages: Pages, description: Description, path: str) -> str:
    """Give the page of a thing in HTML: its name, classes and words; its statements with their
    sources; what belongs to it; what refers to it; where the sources are from.

    In: the path of the description below the site, without a suffix.
    """
    about = _group_by_subject(description)
    own = about.get(description.resource, [])
    labels = description.labels
    heading = show_term(description.resource, labels)
    return pages.render(
        "resource.html",
        resource=description.resource.value,
        heading=heading,
        names=_list_other_names(description, heading),
        types=[show_term(each, labels) for each in description.types],
        words=_choose_words(own),
        properties=_list_properties(own, about, labels),
        parts=[_make_section(part, about, labels) for part in _order_parts(description)],
        references=_group_references(description),
        total=description.references.total,
        sources=_list_sources(description),
        cuts=list(say_cuts(description)),
        alternates=[(f"{path}.{suffix}", media) for suffix, media in GRAPH_TYPES.items()],
        size=description.size,
        path=path,
    )


def _group_by_subject(description: Description) -> dict[SubjectTerm, list[SourcedStatement]]:
    found: dict[SubjectTerm, list[SourcedStatement]] = {}
    for each in description.statements:
        found.setdefault(each.subject, []).append(each)
    return found


def _list_other_names(description: Description, heading: Cell) -> list[Cell]:
    """Give the thing's names in other languages than the one in its heading."""
    names = description.labels.names.get(description.resource, ())
    cells = (Cell(name.value, language=name.language) for _, name in names)
    return [each for each in dict.fromkeys(cells) if each.text != heading.text]


def _choose_words(own: Sequence[SourcedStatement]) -> list[Cell]:
    for prop in _WORDS:
        found = [e.object for e in own if e.predicate == prop and isinstance(e.object, Literal)]
        if found:
            ordered = sorted(found, key=lambda text: _rank_language(text.language))
            return [Cell(text.value, language=text.language) for text in ordered]
    return []


def _rank_language(language: str | None) -> int:
    return LANGUAGES.index(language) if language in LANGUAGES else len(LANGUAGES)


def _list_properties(
    own: Sequence[SourcedStatement],
    about: dict[SubjectTerm, list[SourcedStatement]],
    labels: Labels,
) -> tuple[Property, ...]:
    lines = list(_walk(own, about, labels))
    return tuple(
        Property(steps, tuple(value for _, value in group))
        for steps, group in groupby(lines, key=lambda line: line[0])
    )


def _walk(
    own: Sequence[SourcedStatement],
    about: dict[SubjectTerm, list[SourcedStatement]],
    labels: Labels,
    before: tuple[Cell, ...] = (),
) -> Iterator[tuple[tuple[Cell, ...], Value]]:
    """Yield each value with the properties that lead to it, those of nodes without a name in their
    place."""
    for each in own:
        steps = (*before, show_term(each.predicate, labels))
        inner = about.get(each.object, []) if isinstance(each.object, BlankNode) else []
        if inner and len(steps) < _MOST_STEPS:
            yield from _walk(inner, about, labels, steps)
            continue
        sources = tuple(show_term(graph, labels) for graph in each.graphs)
        yield steps, Value(show_term(each.object, labels), sources)


def _order_parts(description: Description) -> list[NamedNode]:
    """Give the parts in order of their names; passages in order of their place in the text."""

    def order(part: NamedNode) -> tuple[list[int], str]:
        _, _, between = part.value.partition("#char=")
        numbers = [int(each) for each in between.split(",") if each.isdecimal()]
        return numbers, part.value

    return sorted(description.parts, key=order)


def _make_section(
    part: NamedNode, about: dict[SubjectTerm, list[SourcedStatement]], labels: Labels
) -> Section:
    page, _, fragment = part.value.partition("#")
    properties = _list_properties(about[part], about, labels)
    return Section(show_term(part, labels), fragment or page.rpartition("/")[2], properties)


def _group_references(description: Description) -> list[tuple[Cell, int, list[Cell]]]:
    """Give, property by property, how many things refer to this one, and the first of them."""
    references, labels = description.references, description.labels
    alike = references.alike or {}
    found = []
    for prop, pairs in groupby(references.rows, key=lambda pair: pair[1]):
        cells = [show_term(subject, labels) for subject, _ in pairs]
        found.append((show_term(prop, labels), alike.get(prop, len(cells)), cells))
    return found


def _list_sources(description: Description) -> list[tuple[Cell, list[Cell]]]:
    labels = description.labels
    return [
        (show_term(graph, labels), [show_term(each, labels) for each in found])
        for graph, found in description.sources.items()
    ]
