"""RDFS makes nothing of a thing that it is not declared to be.

The closure over subclasses, subproperties, domains and ranges is taken set by set. A thing may gain
the superclasses of its own types and nothing else: a city that becomes a `schema:Person` through a
careless property would be a city nobody can count any more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
MR = "https://w3id.org/munirel/def#"
OURS = "https://w3id.org/munirel/"
ID = OURS + "id/"
#: Whatever has such a name is described in this repository, so it must have a type of its own.
DESCRIBED_HERE = tuple(f"<{OURS}{kind}" for kind in ("id/", "voc/", "def#", "graph/"))

TYPE = NamedNode(RDF + "type")
#: What everything is; gaining it says nothing.
EVERYTHING = {NamedNode(RDFS + "Resource"), NamedNode(OWL + "Thing"), NamedNode(RDFS + "Literal")}
#: Which datatypes hold all values of another.
WIDER = {
    XSD + "integer": {XSD + "decimal"},
    XSD + "nonNegativeInteger": {XSD + "integer", XSD + "decimal"},
}

Links = dict[NamedNode, set[NamedNode]]


class Schema:
    """Superclasses, domains and ranges of a set of triples, each closed under RDFS."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        parents: Links = defaultdict(set)
        broader: Links = defaultdict(set)
        domains: Links = defaultdict(set)
        ranges: Links = defaultdict(set)
        for subject, predicate, value in triples:
            if isinstance(subject, BlankNode) or not isinstance(value, NamedNode):
                continue
            match predicate.value.removeprefix(RDFS).removeprefix(OWL):
                case "subClassOf":
                    parents[subject].add(value)
                case "equivalentClass":
                    parents[subject].add(value)
                    parents[value].add(subject)
                case "subPropertyOf":
                    broader[subject].add(value)
                case "domain":
                    domains[subject].add(value)
                case "range":
                    ranges[subject].add(value)
        self.superclasses = closed(parents)
        properties = closed(broader)
        names = set(domains) | set(ranges) | set(properties)
        self.domains = {n: inherited(n, properties, domains) - EVERYTHING for n in names}
        self.ranges = {n: inherited(n, properties, ranges) - EVERYTHING for n in names}

    def is_within(self, gained: NamedNode, types: set[NamedNode]) -> bool:
        return any(gained == t or gained in self.superclasses.get(t, ()) for t in types)


def closed(links: Links) -> Links:
    """Give each node everything that is reached from it, itself included."""
    reached: Links = {}
    for start in links:
        seen, todo = {start}, [start]
        while todo:
            for target in links.get(todo.pop(), ()):
                if target not in seen:
                    seen.add(target)
                    todo.append(target)
        reached[start] = seen
    return reached


def inherited(name: NamedNode, properties: Links, classes: Links) -> set[NamedNode]:
    return set().union(*(classes.get(p, ()) for p in properties.get(name, {name})))


def gained_types(schema: Schema, triples: list[Triple]) -> list[str]:
    """Give one sentence for each type that a thing gains and that its own types do not hold."""
    types: Links = defaultdict(set)
    for subject, predicate, value in triples:
        if predicate == TYPE:
            types[subject].add(value)
    faults: set[str] = set()
    for subject, predicate, value in triples:
        gains = [(subject, c, "domain") for c in schema.domains.get(predicate, ())]
        for wanted in schema.ranges.get(predicate, ()):
            if isinstance(value, Literal):
                have = {value.datatype.value, *WIDER.get(value.datatype.value, ())}
                if wanted.value not in have:
                    faults.add(f"{subject} {predicate} {value}: the range is {wanted}")
            else:
                gains.append((value, wanted, "range"))
        for thing, gained, why in gains:
            own = types.get(thing)
            if own is None and not str(thing).startswith(DESCRIBED_HERE):
                continue  # a thing of somebody else's, described elsewhere
            if not schema.is_within(gained, own or set()):
                declared = "" if own else ", and no file says what it is"
                faults.add(f"{thing} would become a {gained} by the {why} of {predicate}{declared}")
    return sorted(faults)


@pytest.fixture(scope="session")
def schema(terms: list[Triple], vocabularies: list[Triple]) -> Schema:
    return Schema([*terms, *vocabularies])


def test_terms_and_concepts_gain_no_type(
    schema: Schema, terms: list[Triple], concepts: list[Triple]
) -> None:
    # The alignments stay outside: SKOS says that what has a closeMatch is a concept, and a class
    # that is looked at as a concept there is the purpose of those files.
    faults = gained_types(schema, [*terms, *concepts])
    assert not faults, "\n".join(faults[:40])


def test_things_of_the_texts_gain_no_type(
    schema: Schema,
    terms: list[Triple],
    concepts: list[Triple],
    texts: list[Triple],
    lists: list[Triple],
) -> None:
    faults = gained_types(schema, [*terms, *concepts, *texts, *lists])
    assert not faults, f"{len(faults)} faults:\n" + "\n".join(faults[:60])


def unexpected_uses(schema: Schema, terms: list[Triple], triples: list[Triple]) -> list[str]:
    """Give one sentence for each kind of use that schema:domainIncludes and rangeIncludes miss.

    They infer nothing, so the closure cannot hold them to what they say. Evidence and the
    checksums of passages are left out: a passage gets its type when the snapshot is built.
    """
    included: dict[str, Links] = {"domain": defaultdict(set), "range": defaultdict(set)}
    for subject, predicate, value in terms:
        for side, links in included.items():
            if predicate.value == f"https://schema.org/{side}Includes":
                links[subject].add(value)
    types: Links = defaultdict(set)
    for subject, predicate, value in triples:
        if predicate == TYPE:
            types[subject].add(value)
    faults = set()
    for subject, predicate, value in triples:
        if predicate == NamedNode(MR + "evidence") or "#char=" in str(subject):
            continue
        for side, thing in (("domain", subject), ("range", value)):
            expected = included[side].get(predicate, set())
            have = {thing.datatype} if isinstance(thing, Literal) else types.get(thing, set())
            if expected and not any(schema.is_within(e, have) for e in expected):
                kinds = ", ".join(sorted(map(str, have))) or "something without a type"
                faults.add(f"{predicate}: {kinds} is not in its {side}, see {thing}")
    return sorted(faults)


def test_terms_are_used_as_they_say(
    schema: Schema,
    terms: list[Triple],
    concepts: list[Triple],
    texts: list[Triple],
    lists: list[Triple],
) -> None:
    faults = unexpected_uses(schema, terms, [*concepts, *texts, *lists])
    assert not faults, "\n".join(faults[:60])


def test_a_use_that_no_term_expects_is_noticed(schema: Schema, terms: list[Triple]) -> None:
    place = NamedNode(ID + "place/p")
    event_type = NamedNode(MR + "eventType")
    stated = [
        Triple(place, TYPE, NamedNode(MR + "Place")),
        Triple(place, event_type, NamedNode(OURS + "voc/event-type/visit")),
    ]
    (fault,) = unexpected_uses(schema, terms, stated)
    assert "Place" in fault
    assert "eventType" in fault


@pytest.mark.parametrize(
    ("predicate", "value", "gained"),
    [
        (MR + "governs", ID + "place/x", "LocalAuthority"),
        ("http://www.w3.org/ns/org#unitOf", ID + "body/y", "OrganizationalUnit"),
        ("http://www.w3.org/ns/prov#wasDerivedFrom", ID + "claim/z", "Entity"),
        ("http://xmlns.com/foaf/0.1/member", ID + "person/p", "Group"),
    ],
)
def test_a_careless_property_is_noticed(
    schema: Schema, terms: list[Triple], predicate: str, value: str, gained: str
) -> None:
    event = NamedNode(ID + "event/e")
    faults = gained_types(
        schema,
        [
            *terms,
            Triple(event, TYPE, NamedNode(MR + "Event")),
            Triple(event, NamedNode(predicate), NamedNode(value)),
        ],
    )
    assert any(str(event) in fault and gained in fault for fault in faults)


def test_a_literal_outside_the_range_is_noticed(schema: Schema, terms: list[Triple]) -> None:
    figure = NamedNode(ID + "figure/f")
    typed = [*terms, Triple(figure, TYPE, NamedNode(MR + "Figure"))]
    value = NamedNode(MR + "value")
    assert gained_types(schema, [*typed, Triple(figure, value, Literal(44115))]) == []
    assert gained_types(schema, [*typed, Triple(figure, value, Literal("44.115"))])


def test_a_concept_that_nobody_defined_is_noticed(schema: Schema, terms: list[Triple]) -> None:
    place = NamedNode(ID + "place/p")
    kind = NamedNode(OURS + "voc/place-kind/castle")
    stated = [
        Triple(place, TYPE, NamedNode(MR + "Place")),
        Triple(place, NamedNode(MR + "placeKind"), kind),
    ]
    faults = gained_types(schema, [*terms, *stated])
    assert [fault for fault in faults if str(kind) in fault and "no file" in fault]
