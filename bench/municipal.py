"""Writes a municipal graph of any size, skewed like the real one, the same for the same seed.

    python bench/municipal.py --triples 65000 --seed 1 > graph.nt

A few cities have very many partners and most have one or two; half of all relationships have an
agreement, a third are funded, and few programmes fund most. About one node in 300 breaks a rule of
`bench/core.ttl` or `bench/sparql.ttl`, so that a validator has something to find.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator
from typing import TextIO

ID = "https://w3id.org/munirel/id/"
VOC = "https://w3id.org/munirel/voc/"
MR = "https://w3id.org/munirel/def#"
XSD = "http://www.w3.org/2001/XMLSchema#"
RDF_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
RDFS_LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
DCT_SOURCE = "<http://purl.org/dc/terms/source>"
ORG = "http://www.w3.org/ns/org#"
SCHEMA = "https://schema.org/"

# Triples that one relationship brings along, measured on the generator itself.
TRIPLES_PER_RELATIONSHIP = 45.9
FAULTS_PER_NODE = 1 / 300

FORMS = ("partnership", "friendship", "contact", "project-partnership")
STATUSES = ("active", "active", "active", "dormant", "ended", "suspended")
AGREEMENTS = ("partnership-treaty", "friendship-agreement", "renewal", "declaration-of-intent")
EVENTS = ("reception", "visit", "conference", "expert-exchange", "youth-exchange", "anniversary")
OFFICES = ("lord-mayor", "mayor", "deputy-mayor", "consul-general")
FUNDING = ("grant", "experts", "travel", "staff")


def mr(name: str) -> str:
    """Give one of our own terms in N-Triples."""
    return f"<{MR}{name}>"


def node(kind: str, name: object) -> str:
    """Give the IRI of a thing in N-Triples."""
    return f"<{ID}{kind}/{name}>"


def concept(scheme: str, name: str) -> str:
    """Give a concept in N-Triples."""
    return f"<{VOC}{scheme}/{name}>"


def date(day: int) -> str:
    """Give the date so many days (of 28 a month) after 1950-01-01."""
    months, rest = divmod(day, 28)
    years, month = divmod(months, 12)
    return f'"{1950 + years:04d}-{month + 1:02d}-{rest + 1:02d}"^^<{XSD}date>'


class Municipal:
    """One generated graph."""

    def __init__(self, triples: int, seed: int) -> None:
        self.chance = random.Random(seed)
        self.relationships = max(1, round(triples / TRIPLES_PER_RELATIONSHIP))
        self.authorities = self.relationships // 4 + 20
        self.persons = self.relationships // 2 + 10
        self.programmes = self.relationships // 200 + 5
        self.countries = 60

    def skewed(self, count: int) -> int:
        """Give a number below `count`, small ones far more often."""
        return int(count * self.chance.random() ** 3)

    def is_faulty(self) -> bool:
        """Tell whether this node gets a fault."""
        return self.chance.random() < FAULTS_PER_NODE

    def triples(self) -> Iterator[tuple[str, str, str]]:
        """Give all triples as N-Triples terms."""
        for number in range(self.countries):
            yield from self.named("country", number, "Place")
        for number in range(self.programmes):
            yield from self.programme(number)
        for number in range(self.authorities):
            yield from self.authority(number)
        for number in range(self.persons):
            yield from self.person(number)
        for number in range(self.relationships):
            yield from self.relationship(number)

    def named(self, kind: str, number: object, *classes: str) -> Iterator[tuple[str, str, str]]:
        """Give types and labels."""
        subject = node(kind, number)
        for name in classes:
            yield subject, RDF_TYPE, mr(name)
        yield subject, RDFS_LABEL, f'"{kind} {number}"@en'
        if not self.is_faulty():
            yield subject, RDFS_LABEL, f'"{kind}-{number}"@de'

    def programme(self, number: int) -> Iterator[tuple[str, str, str]]:
        """Give a programme and the body that funds it."""
        body, programme = node("body", number), node("programme", number)
        yield body, RDF_TYPE, f"<{ORG}FormalOrganization>"
        yield body, RDFS_LABEL, f'"Funder {number}"@en'
        yield from self.named("programme", number, "Programme")
        yield programme, f"<{SCHEMA}funder>", body
        yield programme, DCT_SOURCE, f"<https://example.org/programme/{number}>"

    def authority(self, number: int) -> Iterator[tuple[str, str, str]]:
        """Give a municipality and its place."""
        subject, place = node("authority", number), node("place", number)
        yield from self.named("authority", number, "LocalAuthority", "Municipality")
        yield subject, mr("authorityKind"), concept("authority-kind", "city")
        yield subject, mr("governs"), place
        yield subject, mr("ags"), f'"{number % 10**8:08d}"'
        yield from self.named("place", number, "Place")
        country = node("country", self.skewed(self.countries))
        yield place, f"<{SCHEMA}containedInPlace>", country
        latitude = 30 + self.chance.randrange(4_000_000) / 100_000 + 0.000001
        yield place, f"<{SCHEMA}latitude>", f'"{latitude:.6f}"^^<{XSD}decimal>'

    def person(self, number: int) -> Iterator[tuple[str, str, str]]:
        """Give a person and one role."""
        person, role = node("person", number), node("role", number)
        yield person, RDF_TYPE, "<http://xmlns.com/foaf/0.1/Person>"
        yield person, "<http://xmlns.com/foaf/0.1/name>", f'"Person {number}"'
        yield role, RDF_TYPE, f"<{ORG}Membership>"
        yield role, f"<{ORG}member>", person
        yield role, f"<{ORG}organization>", node("authority", self.skewed(self.authorities))
        yield role, f"<{ORG}role>", concept("official-role", self.chance.choice(OFFICES))
        yield role, mr("attestedOn"), date(self.chance.randrange(24_000))
        yield role, DCT_SOURCE, f"<https://example.org/role/{number}>"

    def relationship(self, number: int) -> Iterator[tuple[str, str, str]]:
        """Give a relationship with its phase, agreements, events and funding."""
        subject = node("relationship", number)
        yield from self.named("relationship", number, "MunicipalRelationship")
        first = self.skewed(self.authorities)
        second = (first + 1 + self.skewed(self.authorities - 1)) % self.authorities
        yield subject, mr("hasPartner"), node("authority", first)
        if self.is_faulty():
            yield subject, mr("hasPartner"), node("person", number % self.persons)
        elif not self.is_faulty():
            yield subject, mr("hasPartner"), node("authority", second)
        yield subject, DCT_SOURCE, f"<https://example.org/relationship/{number}>"
        start = self.chance.randrange(20_000)
        yield from self.phase(number, start)
        for index in range(self.chance.choice((0, 0, 1, 1, 2))):
            yield from self.agreement(f"{number}-{index}", number, start, (first, second))
        for index in range(self.skewed(5)):
            yield from self.event(f"{number}-{index}", number, start)
        if self.chance.random() < 0.3:
            yield from self.funding(number)

    def phase(self, number: int, start: int) -> Iterator[tuple[str, str, str]]:
        """Give the one phase of a relationship."""
        subject = node("phase", number)
        yield subject, RDF_TYPE, mr("RelationshipPhase")
        yield subject, mr("phaseOf"), node("relationship", number)
        yield subject, mr("form"), concept("relationship-form", self.chance.choice(FORMS))
        status = "finished" if self.is_faulty() else self.chance.choice(STATUSES)
        yield subject, mr("status"), concept("relationship-status", status)
        wrong = f'"19.09.2011"^^<{XSD}date>'
        yield subject, f"<{SCHEMA}startDate>", wrong if self.is_faulty() else date(start)
        if self.chance.random() < 0.2:
            length = -400 if self.is_faulty() else self.chance.randrange(4000)
            yield subject, f"<{SCHEMA}endDate>", date(max(0, start + length))
        yield subject, mr("confidence"), concept("confidence", "listed")
        yield subject, DCT_SOURCE, f"<https://example.org/phase/{number}>"

    def agreement(
        self, name: str, number: int, start: int, parties: tuple[int, int]
    ) -> Iterator[tuple[str, str, str]]:
        """Give an agreement and its two signatures."""
        subject = node("agreement", name)
        yield from self.named("agreement", name, "Agreement")
        kind = self.chance.choice(AGREEMENTS)
        yield subject, mr("agreementType"), concept("agreement-type", kind)
        yield subject, mr("withinRelationship"), node("relationship", number)
        yield subject, mr("signedOn"), date(start)
        yield subject, DCT_SOURCE, f"<https://example.org/agreement/{name}>"
        for index, party in enumerate(parties):
            signature = node("signature", f"{name}-{index}")
            yield subject, mr("hasParty"), node("authority", party)
            yield signature, RDF_TYPE, mr("Signature")
            yield signature, mr("ofAgreement"), subject
            yield signature, mr("signatory"), node("person", self.skewed(self.persons))
            stranger = self.authorities if self.is_faulty() else party
            yield signature, mr("onBehalfOf"), node("authority", stranger)
            yield signature, mr("inCapacity"), concept("official-role", OFFICES[0])

    def event(self, name: str, number: int, start: int) -> Iterator[tuple[str, str, str]]:
        """Give an event of a relationship."""
        subject = node("event", name)
        yield from self.named("event", name, "Event")
        yield subject, mr("eventType"), concept("event-type", self.chance.choice(EVENTS))
        yield subject, mr("realization"), concept("realization", "took-place")
        yield subject, f"<{SCHEMA}startDate>", date(start + self.chance.randrange(4000))
        if self.is_faulty():
            yield subject, f"<{SCHEMA}startDate>", date(start)
        yield subject, f"<{SCHEMA}location>", node("place", self.skewed(self.authorities))
        yield subject, mr("withinRelationship"), node("relationship", number)
        yield subject, DCT_SOURCE, f"<https://example.org/event/{name}>"

    def funding(self, number: int) -> Iterator[tuple[str, str, str]]:
        """Give the funding of a relationship."""
        subject, programme = node("funding", number), self.skewed(self.programmes)
        yield subject, RDF_TYPE, mr("Funding")
        if not self.is_faulty():
            yield subject, f"<{SCHEMA}funder>", node("body", programme)
        yield subject, f"<{SCHEMA}fundedItem>", node("relationship", number)
        yield subject, mr("underProgramme"), node("programme", programme)
        kind = self.chance.choice(FUNDING)
        yield subject, mr("fundingKind"), concept("funding-kind", kind)
        amount = -1 if self.is_faulty() else self.chance.randrange(1, 10_000) * 50
        yield subject, mr("amount"), f'"{amount}.00"^^<{XSD}decimal>'
        yield subject, mr("currency"), '"EUR"'
        yield subject, DCT_SOURCE, f"<https://example.org/funding/{number}>"


def write_graph(out: TextIO, triples: int, seed: int = 1) -> int:
    """Write about so many triples as N-Triples and give their number."""
    count = 0
    for subject, predicate, value in Municipal(triples, seed).triples():
        out.write(f"{subject} {predicate} {value} .\n")
        count += 1
    return count


def main() -> None:
    """Write a graph to standard output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--triples", type=int, default=65_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    count = write_graph(sys.stdout, arguments.triples, arguments.seed)
    print(f"{count} triples", file=sys.stderr)


if __name__ == "__main__":
    main()
