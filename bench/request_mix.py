"""The requests of the benchmark: queries of the kinds the project asks, in generated data's words.

Ten templates, five cheap and five heavy, with parameters drawn from the data of `municipal.py`.
Columns are names, dates and counts alone, which all engines write in the same way, and no LIMIT
cuts an unsorted answer, so that answers can be compared.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from municipal import AGREEMENTS, FORMS, FUNDING, Municipal

PREFIXES = """PREFIX mr: <https://w3id.org/munirel/def#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX schema: <https://schema.org/>
PREFIX org: <http://www.w3.org/ns/org#>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
PREFIX id: <https://w3id.org/munirel/id/>
PREFIX voc: <https://w3id.org/munirel/voc/>
"""
HIDDEN = ("rdfs:comment", "mr:note", "rdfs:seeAlso", "schema:image", "mr:gift")
DISTINCT = 500
ZIPF = 1.1


@dataclass(frozen=True)
class Template:
    """A question with places for parameters; `parameters` draws one set of them."""

    name: str
    heavy: bool
    text: str
    parameters: Callable[[random.Random, Municipal], dict[str, object]]


@dataclass(frozen=True)
class Request:
    """One query, and the template that it was made from."""

    template: str
    heavy: bool
    query: str


def draw_day(chance: random.Random, most: int = 18_000) -> str:
    """Give a day after 1950, of the same kind as in the data."""
    day = chance.randrange(most)
    return f"{1950 + day // 336:04d}-{day % 336 // 28 + 1:02d}-{day % 28 + 1:02d}"


TEMPLATES = (
    Template(
        "description", False,
        "SELECT ?property ?value { <https://w3id.org/munirel/id/relationship/%(number)s> "
        "?property ?value FILTER(?property != %(hidden)s) }",
        lambda chance, data: {
            "number": chance.randrange(data.relationships), "hidden": chance.choice(HIDDEN)
        },
    ),
    Template(
        "relationships-of-city", False,
        "SELECT ?relationship ?partner ?label ?form ?status ?start { ?relationship mr:hasPartner "
        "<https://w3id.org/munirel/id/authority/%(city)s> , ?partner . ?partner rdfs:label ?label "
        'FILTER(LANG(?label) = "en") ?phase mr:phaseOf ?relationship ; mr:form ?form ; '
        "mr:status ?status ; schema:startDate ?start "
        'FILTER(?start >= "%(day)s"^^xsd:date) }',
        lambda chance, data: {
            "city": chance.randrange(100, data.authorities), "day": draw_day(chance)
        },
    ),
    Template(
        "agreements-of-relationship", False,
        "SELECT ?agreement ?type ?signed ?name ?city { ?agreement mr:withinRelationship "
        "<https://w3id.org/munirel/id/relationship/%(number)s> ; mr:agreementType ?type ; "
        "mr:signedOn ?signed . ?signature mr:ofAgreement ?agreement ; mr:signatory ?person ; "
        "mr:onBehalfOf ?city . ?person foaf:name ?name "
        'FILTER(?signed >= "%(day)s"^^xsd:date) }',
        lambda chance, data: {
            "number": chance.randrange(data.relationships), "day": draw_day(chance, 6_000)
        },
    ),
    Template(
        "offices-of-person", False,
        "SELECT ?role ?office ?organization ?attested { ?role org:member "
        "<https://w3id.org/munirel/id/person/%(number)s> ; org:role ?office ; "
        "org:organization ?organization ; mr:attestedOn ?attested "
        'FILTER(?attested >= "%(day)s"^^xsd:date) }',
        lambda chance, data: {
            "number": chance.randrange(data.persons), "day": draw_day(chance, 6_000)
        },
    ),
    Template(
        "events-in-place", False,
        "SELECT ?event ?type ?start ?relationship { ?event schema:location "
        "<https://w3id.org/munirel/id/place/%(place)s> ; mr:eventType ?type ; "
        "schema:startDate ?start ; mr:withinRelationship ?relationship "
        'FILTER(?start >= "%(day)s"^^xsd:date) }',
        lambda chance, data: {
            "place": chance.randrange(100, data.authorities), "day": draw_day(chance)
        },
    ),
    Template(
        "partners-of-partners", True,
        "SELECT ?city (COUNT(DISTINCT ?via) AS ?ways) { "
        "?first mr:hasPartner <https://w3id.org/munirel/id/authority/%(city)s> , ?via . "
        "?second mr:hasPartner ?via , ?city . ?phase mr:phaseOf ?second ; schema:startDate ?start "
        'FILTER(?first != ?second && ?city != ?via && ?start >= "%(day)s"^^xsd:date) } '
        "GROUP BY ?city",
        lambda chance, data: {
            "city": chance.randrange(100, data.authorities), "day": draw_day(chance)
        },
    ),
    Template(
        "relationships-per-funder", True,
        "SELECT ?funder (COUNT(DISTINCT ?relationship) AS ?reach) { ?funding a mr:Funding ; "
        "schema:funder ?funder ; schema:fundedItem ?relationship ; mr:fundingKind "
        "<https://w3id.org/munirel/voc/funding-kind/%(kind)s> ; mr:amount ?amount "
        "FILTER(?amount >= %(amount)s) } GROUP BY ?funder",
        lambda chance, data: {"kind": chance.choice(FUNDING), "amount": chance.randrange(250_000)},
    ),
    Template(
        "shared-funding", True,
        "SELECT ?funder (COUNT(*) AS ?pairs) { ?one schema:funder ?funder ; schema:fundedItem "
        "?first . ?first mr:hasPartner <https://w3id.org/munirel/id/authority/%(city)s> . "
        "?other schema:funder ?funder ; schema:fundedItem ?second . ?phase mr:phaseOf ?second ; "
        'schema:startDate ?start FILTER(?first != ?second && ?start >= "%(day)s"^^xsd:date) } '
        "GROUP BY ?funder",
        lambda chance, data: {
            "city": chance.randrange(100, data.authorities), "day": draw_day(chance)
        },
    ),
    Template(
        "agreements-per-year", True,
        "SELECT ?year (COUNT(?agreement) AS ?agreements) { ?agreement mr:agreementType "
        "<https://w3id.org/munirel/voc/agreement-type/%(type)s> ; mr:signedOn ?signed "
        'FILTER(?signed >= "%(day)s"^^xsd:date) BIND(YEAR(?signed) AS ?year) } GROUP BY ?year',
        lambda chance, data: {"type": chance.choice(AGREEMENTS), "day": draw_day(chance)},
    ),
    Template(
        "country-pairs", True,
        "SELECT ?a ?b (COUNT(DISTINCT ?relationship) AS ?relationships) { ?phase mr:form "
        "<https://w3id.org/munirel/voc/relationship-form/%(form)s> ; mr:phaseOf ?relationship ; "
        "schema:startDate ?start "
        'FILTER(?start >= "%(day)s"^^xsd:date) ?relationship mr:hasPartner ?first , ?second . '
        "?first mr:governs/schema:containedInPlace ?a . "
        "?second mr:governs/schema:containedInPlace ?b FILTER(STR(?a) < STR(?b)) } GROUP BY ?a ?b",
        lambda chance, data: {
            "form": chance.choice(FORMS), "day": draw_day(chance)
        },
    ),
)  # fmt: skip


def make_requests(count: int, triples: int, seed: int, cheap_only: bool = False) -> list[Request]:
    """Give so many distinct requests, as many of each template, no text twice.

    Their order is by chance: with the templates in turn, each client would meet some of them alone.
    """
    chance, data = random.Random(seed), Municipal(triples, seed)
    templates = [each for each in TEMPLATES if not (cheap_only and each.heavy)]
    seen: set[str] = set()
    made = []
    for template in itertools.islice(itertools.cycle(templates), count):
        for _ in range(1000):
            query = PREFIXES + template.text % template.parameters(chance, data)
            if query not in seen:
                break
        else:
            raise ValueError(f"{template.name} has no more parameters; ask for fewer requests")
        seen.add(query)
        made.append(Request(template.name, template.heavy, query))
    chance.shuffle(made)
    return made


def draw_by_rank(count: int, distinct: int, seed: int) -> list[int]:
    """Draw numbers below `distinct` by Zipf's law, their order of rank by chance."""
    chance = random.Random(seed)
    order = list(range(distinct))
    chance.shuffle(order)
    weights = list(itertools.accumulate(1 / rank**ZIPF for rank in range(1, distinct + 1)))
    return chance.choices(order, cum_weights=weights, k=count)


def write_requests(path: Path, requests: list[Request]) -> None:
    """Write requests as JSON lines, so that what was asked can be read."""
    lines = (json.dumps(vars(request)) + "\n" for request in requests)
    path.write_text("".join(lines), encoding="utf-8")


def read_requests(path: Path) -> Iterator[Request]:
    """Give the requests of a file."""
    for line in path.read_text(encoding="utf-8").splitlines():
        yield Request(**json.loads(line))
