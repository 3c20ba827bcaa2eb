"""The triples nobody writes by hand: sortable bounds of times, and evidence selectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from kgraph.dataset.evidence import describe_passage, read_passage
from kgraph.dataset.layout import DERIVED
from kgraph.namespaces import MR, SCHEMA, XSD
from kgraph.rdf.edtf import BadEdtf, Bounds, read_bounds

START, END = f"{SCHEMA}startDate", f"{SCHEMA}endDate"
VAGUE, SIGNED, EVIDENCE = f"{MR}edtf", f"{MR}signedOn", f"{MR}evidence"
SEEN_FIRST, SEEN_LAST = f"{MR}attestedFrom", f"{MR}attestedUntil"
TIMES = frozenset({START, END, VAGUE, SIGNED, SEEN_FIRST, SEEN_LAST})
DAY, BOOLEAN = NamedNode(f"{XSD}date"), NamedNode(f"{XSD}boolean")

Subject = NamedNode | BlankNode | Triple


def derive(quads: Iterable[Quad]) -> list[Quad]:
    """Give the derived quads of a data set, sorted, all in `graph:derived`.

    In: every quad of the data set, in any order. Out: per node with a time up to four bounds
    (`mr:earliestStart` …, xsd:date) and `mr:isOpenEnded true` for an interval that goes on; per
    evidence address six triples of the Web Annotation vocabulary. A time that cannot be read gives
    nothing: validation names it. Source: docs/time.md.
    """
    times: dict[Subject, dict[str, set[str]]] = {}
    addresses: set[str] = set()
    for quad in quads:
        predicate = quad.predicate.value
        if predicate in TIMES and isinstance(quad.object, Literal):
            found = times.setdefault(quad.subject, {}).setdefault(predicate, set())
            found.add(quad.object.value)
        elif predicate == EVIDENCE and isinstance(quad.object, NamedNode):
            addresses.add(quad.object.value)
    triples = {triple for subject, values in times.items() for triple in _describe(subject, values)}
    for address in addresses:
        passage = read_passage(address)
        if passage is not None:
            triples.update(describe_passage(passage))
    derived = (Quad(t.subject, t.predicate, t.object, DERIVED) for t in triples)
    return sorted(derived, key=str)


def find_bounds(values: dict[str, set[str]]) -> Bounds | None:
    """Give the bounds of one node from its times, by predicate; None when it has none to read.

    The days of schema:startDate and schema:endDate come first, then mr:edtf, then mr:signedOn.
    Several values of one predicate (two sources of one event) give the bounds around all of them.
    Attested time fills what these leave unknown: something was under way by the end of the first
    attestation at the latest, and ended no earlier than the last one began.
    """
    return _fill_from_attestations(_find_stated(values), values)


def _fill_from_attestations(stated: Bounds | None, values: dict[str, set[str]]) -> Bounds | None:
    seen = [bounds for name in (SEEN_FIRST, SEEN_LAST) for bounds in _read_all(values, name)]
    by = [bounds.latest_start for bounds in seen if bounds.latest_start]
    until = [bounds.earliest_end for bounds in seen if bounds.earliest_end]
    if not by or not until:
        return stated
    known = stated or Bounds(None, None, None, None)
    return replace(
        known,
        latest_start=known.latest_start or min(by),
        earliest_end=known.earliest_end or max(until),
    )


def _find_stated(values: dict[str, set[str]]) -> Bounds | None:
    if START in values or END in values:
        starts, ends = _days(values.get(START, ())), _days(values.get(END, ()))
        if not ends:
            ends = starts  # a start alone is one day
        if starts or ends:
            first, last = (min(starts), max(starts)) if starts else (None, None)
            return Bounds(first, last, min(ends), max(ends))
    for predicate in (VAGUE, SIGNED):
        found = _read_all(values, predicate)
        if found:
            return _around(found)
    return None


def _read_all(values: dict[str, set[str]], predicate: str) -> list[Bounds]:
    return [bounds for text in sorted(values.get(predicate, ())) if (bounds := _try(text))]


def _days(texts: Iterable[str]) -> list[date]:
    found = (_try(text) for text in texts if len(text) == 10)
    return [bounds.earliest_start for bounds in found if bounds and bounds.earliest_start]


def _try(text: str) -> Bounds | None:
    try:
        return read_bounds(text)
    except BadEdtf:
        return None


def _around(found: list[Bounds]) -> Bounds:
    """Give the widest bounds; a side that one of them leaves unknown is unknown."""
    return Bounds(
        _widest(min, [bounds.earliest_start for bounds in found]),
        _widest(max, [bounds.latest_start for bounds in found]),
        _widest(min, [bounds.earliest_end for bounds in found]),
        _widest(max, [bounds.latest_end for bounds in found]),
        all(bounds.is_open_ended for bounds in found),
    )


def _widest(choose: Callable[[list[date]], date], days: list[date | None]) -> date | None:
    known = [day for day in days if day is not None]
    return choose(known) if len(known) == len(days) else None


def _describe(subject: Subject, values: dict[str, set[str]]) -> Iterator[Triple]:
    bounds = find_bounds(values)
    if bounds is None:
        return
    named = {
        "earliestStart": bounds.earliest_start,
        "latestStart": bounds.latest_start,
        "earliestEnd": bounds.earliest_end,
        "latestEnd": bounds.latest_end,
    }
    for name, day in named.items():
        if day is not None:
            yield Triple(subject, NamedNode(MR + name), Literal(day.isoformat(), datatype=DAY))
    if bounds.is_open_ended:
        yield Triple(subject, NamedNode(f"{MR}isOpenEnded"), Literal("true", datatype=BOOLEAN))
