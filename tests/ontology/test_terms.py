"""Every term and every concept says what it is, once, in German and in English."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Triple, parse

ROOT = Path(__file__).resolve().parents[2]
MR = "https://w3id.org/munirel/def#"
ONTOLOGY = NamedNode("https://w3id.org/munirel/def")
VOC = "https://w3id.org/munirel/voc/"
OWL = "http://www.w3.org/2002/07/owl#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDF_TYPE = NamedNode(RDF + "type")
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
XSD = "http://www.w3.org/2001/XMLSchema#"

KINDS_OF_TERMS = {"Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty"}
LABEL = NamedNode(RDFS + "label")
DEFINITION = NamedNode(SKOS + "definition")
PREF_LABEL = NamedNode(SKOS + "prefLabel")
IN_SCHEME = NamedNode(SKOS + "inScheme")
DEFINED_BY = NamedNode(RDFS + "isDefinedBy")

Description = dict[NamedNode, list[object]]


def describe(triples: list[Triple]) -> dict[NamedNode, Description]:
    """Give subject -> predicate -> objects."""
    found: dict[NamedNode, Description] = defaultdict(lambda: defaultdict(list))
    for subject, predicate, value in triples:
        found[subject][predicate].append(value)
    return found


def faults_of_texts(name: object, description: Description, predicate: NamedNode) -> list[str]:
    values = description.get(predicate, [])
    languages = sorted(
        str(value.language) if isinstance(value, Literal) else "none" for value in values
    )
    if languages == ["de", "en"]:
        return []
    return [f"{name}: {predicate} has the languages {languages}, give one de and one en"]


def faults_of_sentences(name: object, description: Description) -> list[str]:
    return [
        f"{name}: the definition {value.value!r} is no full sentence"
        for value in description.get(DEFINITION, [])
        if not re.match(r"^[A-ZÄÖÜ].* .*[.]$", value.value)
    ]


def test_terms_have_labels_and_definitions_in_both_languages(terms: list[Triple]) -> None:
    described = describe(terms)
    ours = {name: about for name, about in described.items() if name.value.startswith(MR)}
    faults: list[str] = []
    for name, about in ours.items():
        faults += faults_of_texts(name, about, LABEL)
        faults += faults_of_texts(name, about, DEFINITION)
        faults += faults_of_sentences(name, about)
        if about.get(DEFINED_BY) != [ONTOLOGY]:
            faults.append(f"{name}: rdfs:isDefinedBy must be {ONTOLOGY}, once")
        kinds = {kind.value.removeprefix(OWL) for kind in about[RDF_TYPE]}
        if len(kinds & KINDS_OF_TERMS) != 1:
            faults.append(f"{name}: give it one of the kinds {sorted(KINDS_OF_TERMS)}")
    assert len(ours) > 100
    assert not faults, "\n".join(faults)


def test_each_kind_of_property_has_the_range_that_goes_with_it(terms: list[Triple]) -> None:
    faults = []
    datatypes = (XSD, "http://id.loc.gov/datatypes/", RDF + "langString")
    for name, about in describe(terms).items():
        kinds = {kind.value for kind in about.get(RDF_TYPE, [])}
        for predicate in (NamedNode(RDFS + "range"), NamedNode("https://schema.org/rangeIncludes")):
            for value in about.get(predicate, []):
                is_datatype = value.value.startswith(datatypes) or value.value.endswith(
                    "langString"
                )
                if is_datatype != (OWL + "DatatypeProperty" in kinds):
                    faults.append(f"{name}: {value} is no range for {kinds}")
    assert not faults, "\n".join(faults)


def test_the_terms_are_those_that_the_model_page_lists(terms: list[Triple]) -> None:
    """Source: docs/model.md, section 5."""
    page = (ROOT / "docs" / "model.md").read_text(encoding="utf-8").split("## 5. Terms")[1]
    lists = re.findall(r"of our own: (.*?)\.(?:\n\n|\n*\Z)", page, re.DOTALL)
    listed = {word for part in lists for word in re.findall(r"\w+", part)}
    defined = {name.value.removeprefix(MR) for name in describe(terms) if MR in name.value}
    assert defined - listed == set(), "list these in docs/model.md"
    assert listed - defined == set(), "define these in ontology/"


def test_ontology_has_version_licence_and_namespace(terms: list[Triple]) -> None:
    about = describe(terms)[ONTOLOGY]
    assert about[NamedNode(OWL + "versionIRI")] == [NamedNode(f"{ONTOLOGY.value}/0.2.0")]
    assert about[NamedNode(OWL + "versionInfo")] == [Literal("0.2.0")]
    assert about[NamedNode("http://purl.org/dc/terms/license")]
    assert about[NamedNode("http://purl.org/vocab/vann/preferredNamespaceUri")] == [Literal(MR)]
    for name in ("title", "description"):
        predicate = NamedNode(f"http://purl.org/dc/terms/{name}")
        assert faults_of_texts(ONTOLOGY, about, predicate) == []


def test_concepts_have_labels_definitions_and_one_scheme(concepts: list[Triple]) -> None:
    described = describe(concepts)
    scheme_type = NamedNode(SKOS + "ConceptScheme")
    schemes = {name for name, about in described.items() if scheme_type in about[RDF_TYPE]}
    faults: list[str] = []
    for name, about in described.items():
        faults += faults_of_texts(name, about, PREF_LABEL)
        faults += faults_of_texts(name, about, DEFINITION)
        faults += faults_of_sentences(name, about)
        if name in schemes:
            continue
        scheme = NamedNode(name.value.rpartition("/")[0])
        if about.get(IN_SCHEME) != [scheme] or scheme not in schemes:
            faults.append(f"{name}: skos:inScheme must be its own scheme, once")
        if about.get(DEFINED_BY) != [scheme]:
            faults.append(f"{name}: rdfs:isDefinedBy must be its own scheme, once")
        for broader in about.get(NamedNode(SKOS + "broader"), []):
            if broader not in described or broader == name:
                faults.append(f"{name}: skos:broader {broader} is no other concept of ours")
    assert len(described) > 250
    assert not faults, "\n".join(faults)


def test_no_two_concepts_of_a_scheme_share_a_label(concepts: list[Triple]) -> None:
    seen: dict[tuple[str, Literal], NamedNode] = {}
    for subject, predicate, value in concepts:
        if predicate == PREF_LABEL:
            scheme = subject.value.rpartition("/")[0]
            other = seen.setdefault((scheme, value), subject)
            assert other == subject, f"{subject} and {other} are both called {value}"


def test_each_scheme_stands_in_the_file_of_its_name() -> None:
    for path in sorted((ROOT / "ontology" / "concepts").glob("*.ttl")):
        text = path.read_text(encoding="utf-8")
        assert f"\n<{VOC}{path.stem}>\n  a skos:ConceptScheme" in text, path


def test_official_roles_are_roles(concepts: list[Triple]) -> None:
    for name, about in describe(concepts).items():
        is_role = NamedNode("http://www.w3.org/ns/org#Role") in about[RDF_TYPE]
        assert is_role == name.value.startswith(VOC + "official-role/"), name


def test_alignments_start_from_terms_that_exist(
    alignments: list[Triple], terms: list[Triple], concepts: list[Triple]
) -> None:
    known = set(describe(terms)) | set(describe(concepts))
    assert alignments
    for subject, predicate, value in alignments:
        assert subject in known, f"{subject} is not defined in ontology/"
        assert predicate.value.startswith(SKOS), predicate
        assert not value.value.startswith("https://w3id.org/munirel/"), value


@pytest.mark.parametrize("path", sorted((ROOT / "ontology").rglob("*.ttl")), ids=lambda p: p.stem)
def test_files_are_small_and_without_blank_nodes(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= 300 or path.parent.name == "concepts", f"{path} has {lines} lines: split it"
    assert not any(isinstance(quad.subject, BlankNode) for quad in parse(path=path))
