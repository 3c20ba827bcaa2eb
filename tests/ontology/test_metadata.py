"""What a checker of the FOOPS! kind asks of the ontology and the concept schemes: who, when, which.

Whether the addresses can be fetched is a matter of the server and tested there.
"""

from __future__ import annotations

from collections import defaultdict

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from kgraph.namespaces import MR, PREFIXES, SKOS

ONTOLOGY = NamedNode("https://w3id.org/munirel/def")
DCT, OWL, RDFS = PREFIXES["dct"], PREFIXES["owl"], PREFIXES["rdfs"]
VANN = "http://purl.org/vocab/vann/"
BIBO = "http://purl.org/ontology/bibo/"
TYPE = NamedNode(PREFIXES["rdf"] + "type")

Values = dict[str, list[NamedNode | Literal]]


def describe(triples: list[Triple]) -> dict[NamedNode, Values]:
    found: dict[NamedNode, Values] = defaultdict(lambda: defaultdict(list))
    for subject, predicate, value in triples:
        found[subject][predicate.value].append(value)
    return found


def languages(values: list[NamedNode | Literal]) -> list[str | None]:
    return sorted(value.language for value in values if isinstance(value, Literal))


@pytest.fixture(scope="session")
def about(terms: list[Triple]) -> Values:
    return describe(terms)[ONTOLOGY]


def test_ontology_is_declared_once(terms: list[Triple]) -> None:
    declared = {t.subject for t in terms if t.object == NamedNode(OWL + "Ontology")}
    assert declared == {ONTOLOGY}


@pytest.mark.parametrize("role", ["creator", "contributor", "publisher"])
def test_ontology_names_who_made_it(role: str, about: Values, terms: list[Triple]) -> None:
    (maker,) = about[DCT + role]
    assert any(t.subject == maker and t.predicate == TYPE for t in terms), "describe the maker"


@pytest.mark.parametrize("name", ["created", "issued", "modified"])
def test_ontology_says_when(name: str, about: Values) -> None:
    (day,) = about[DCT + name]
    assert isinstance(day, Literal)
    assert day.datatype == NamedNode(PREFIXES["xsd"] + "date")


def test_dates_are_in_order(about: Values) -> None:
    created, issued = (about[DCT + name][0].value for name in ("created", "issued"))
    assert created <= issued


def test_version_is_part_of_its_address_and_the_prior_one_is_another(about: Values) -> None:
    (version,), (address,) = about[OWL + "versionInfo"], about[OWL + "versionIRI"]
    (prior,) = about[OWL + "priorVersion"]
    assert address.value == f"{ONTOLOGY.value}/{version.value}"
    assert prior.value.startswith(f"{ONTOLOGY.value}/")
    assert prior != address


def test_ontology_can_be_cited(about: Values) -> None:
    (citation,) = about[DCT + "bibliographicCitation"]
    (version,) = about[OWL + "versionInfo"]
    assert ONTOLOGY.value in citation.value
    assert version.value in citation.value, "the citation names another version"


def test_ontology_has_a_licence_status_and_namespace(about: Values) -> None:
    assert about[DCT + "license"][0].value.startswith("https://creativecommons.org/")
    assert about[BIBO + "status"]
    assert about[VANN + "preferredNamespacePrefix"] == [Literal("mr")]
    assert about[VANN + "preferredNamespaceUri"] == [Literal(MR)]


@pytest.mark.parametrize(
    "name",
    [
        DCT + "title", DCT + "description", RDFS + "label", RDFS + "comment", VANN + "usageNote"
    ],
)  # fmt: skip
def test_ontology_is_described_in_both_languages(name: str, about: Values) -> None:
    assert languages(about[name]) == ["de", "en"]


def test_each_term_has_a_comment_that_is_its_definition(terms: list[Triple]) -> None:
    """Many tools show rdfs:comment alone; two texts would drift apart."""
    for name, values in describe(terms).items():
        if name.value.startswith(MR):
            comments, definitions = values[RDFS + "comment"], values[SKOS + "definition"]
            assert set(comments) == set(definitions), f"{name}: repeat skos:definition"


def test_each_scheme_says_what_the_ontology_says_of_itself(
    concepts: list[Triple], about: Values
) -> None:
    schemes = [
        (name, values)
        for name, values in describe(concepts).items()
        if NamedNode(SKOS + "ConceptScheme") in values[TYPE.value]
    ]
    assert len(schemes) > 20
    for name, values in schemes:
        assert languages(values[DCT + "title"]) == ["de", "en"], name
        assert values[DCT + "creator"] == about[DCT + "creator"], name
        assert values[DCT + "license"] == about[DCT + "license"], name
        assert values[OWL + "versionInfo"] == about[OWL + "versionInfo"], name


def test_each_scheme_names_the_concepts_without_a_broader_one(concepts: list[Triple]) -> None:
    tops: dict[NamedNode, set[NamedNode]] = defaultdict(set)
    below = {t.subject for t in concepts if t.predicate.value == SKOS + "broader"}
    for subject, predicate, value in concepts:
        if predicate.value == SKOS + "inScheme" and subject not in below:
            tops[value].add(subject)
    for scheme, expected in tops.items():
        named = set(describe(concepts)[scheme][SKOS + "hasTopConcept"])
        assert named == expected, f"{scheme}: correct skos:hasTopConcept: {named ^ expected}"
