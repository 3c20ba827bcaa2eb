"""Pitfalls that a checker of the OOPS! kind finds, each under the name it has in its catalogue."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import chain

from pyoxigraph import Literal, NamedNode, Triple

from kgraph.namespaces import MR, MRS, PREFIXES, SKOS

OWL, RDF, RDFS, XSD = PREFIXES["owl"], PREFIXES["rdf"], PREFIXES["rdfs"], PREFIXES["xsd"]
SCHEMA = PREFIXES["schema"]
TYPE = RDF + "type"
DOMAINS = (RDFS + "domain", SCHEMA + "domainIncludes")
RANGES = (RDFS + "range", SCHEMA + "rangeIncludes")
CLASS_PLACES = {RDFS + "subClassOf", OWL + "disjointWith", *DOMAINS}
#: The languages that ontologies are written in: their words need no declaration.
LANGUAGE = (OWL, RDF, RDFS, XSD)

Uses = dict[NamedNode, dict[str, list[NamedNode | Literal]]]


def describe(triples: list[Triple]) -> Uses:
    found: Uses = defaultdict(lambda: defaultdict(list))
    for subject, predicate, value in triples:
        found[subject][predicate.value].append(value)
    return found


def of_kind(terms: list[Triple], *kinds: str) -> Uses:
    """Give our own terms of these kinds."""
    wanted = {NamedNode(OWL + kind) for kind in kinds}
    return {
        name: about
        for name, about in describe(terms).items()
        if name.value.startswith(MR) and wanted & set(about[TYPE])
    }


def declared(terms: list[Triple], *kinds: str) -> set[str]:
    wanted = {NamedNode(kind) for kind in kinds}
    return {t.subject.value for t in terms if t.predicate.value == TYPE and t.object in wanted}


def is_word_of_the_language(name: str) -> bool:
    return name.startswith(LANGUAGE)


def test_p04_no_class_stands_alone(terms: list[Triple]) -> None:
    places = {*CLASS_PLACES, *RANGES}
    tied = {end for t in terms if t.predicate.value in places for end in (t.subject, t.object)}
    alone = [name.value for name in of_kind(terms, "Class") if name not in tied]
    assert alone == []


def test_p06_no_class_lies_below_itself(terms: list[Triple]) -> None:
    parents = defaultdict(set)
    for subject, predicate, value in terms:
        if predicate.value == RDFS + "subClassOf":
            parents[subject].add(value)
    for start in list(parents):
        seen, todo = set(), [start]
        while todo:
            for parent in parents[todo.pop()] - seen:
                assert parent != start, f"{start} lies below itself"
                seen.add(parent)
                todo.append(parent)


def test_p08_each_term_has_label_and_comment(terms: list[Triple]) -> None:
    for name, about in of_kind(
        terms, "Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty"
    ).items():
        for predicate in (RDFS + "label", RDFS + "comment"):
            found = sorted(value.language for value in about[predicate])
            assert found == ["de", "en"], f"{name}: {predicate}"


def test_p11_each_property_says_what_it_joins(terms: list[Triple]) -> None:
    for name, about in of_kind(terms, "ObjectProperty", "DatatypeProperty").items():
        for sides in (DOMAINS, RANGES):
            assert any(about[side] for side in sides), f"{name}: add one of {sides}"


def test_p13_each_link_between_our_things_reads_from_its_other_end(terms: list[Triple]) -> None:
    """There are no inverse properties (SPARQL has `^`); a label says how the other end reads."""
    classes = set(of_kind(terms, "Class"))
    label = MR + "inverseLabel"
    for name, about in of_kind(terms, "ObjectProperty").items():
        ours = classes & set(chain.from_iterable(about[side] for side in RANGES))
        found = sorted(value.language for value in about[label])
        if ours:
            assert found == ["de", "en"], f"{name}: add mr:inverseLabel in de and en"
        else:
            assert found in ([], ["de", "en"]), name
        assert not about[OWL + "inverseOf"], name


def test_p19_no_property_has_two_domains_or_ranges(terms: list[Triple]) -> None:
    for name, about in of_kind(terms, "ObjectProperty", "DatatypeProperty").items():
        for predicate in (RDFS + "domain", RDFS + "range"):
            assert len(about[predicate]) <= 1, f"{name}: several {predicate} mean all of them"


def test_p22_names_follow_one_convention(terms: list[Triple]) -> None:
    for name in of_kind(terms, "Class"):
        assert re.fullmatch(r"[A-Z][A-Za-z0-9]+", name.value.removeprefix(MR)), name
    for name in of_kind(terms, "ObjectProperty", "DatatypeProperty", "AnnotationProperty"):
        assert re.fullmatch(r"[a-z][A-Za-z0-9]+", name.value.removeprefix(MR)), name


def test_p28_asymmetric_properties_are_no_symmetric_ones(terms: list[Triple]) -> None:
    for name, about in of_kind(terms, "AsymmetricProperty").items():
        assert NamedNode(OWL + "SymmetricProperty") not in about[TYPE], name


def test_p34_each_class_that_is_used_is_declared(
    terms: list[Triple], concepts: list[Triple], texts: list[Triple], lists: list[Triple]
) -> None:
    known = declared(terms, OWL + "Class", RDFS + "Datatype")
    used = {t.object.value for t in terms if t.predicate.value in CLASS_PLACES}
    for t in chain(concepts, texts, lists):
        if t.predicate.value == TYPE:
            used.add(t.object.value)
    missing = {name for name in used - known if not is_word_of_the_language(name)}
    assert sorted(missing) == [], "declare them in ontology/reused.ttl"


def test_p35_each_property_that_is_used_is_declared(
    terms: list[Triple], concepts: list[Triple], texts: list[Triple], lists: list[Triple]
) -> None:
    kinds = ("ObjectProperty", "DatatypeProperty", "AnnotationProperty")
    known = declared(terms, *(OWL + kind for kind in kinds))
    used = {t.predicate.value for t in chain(terms, concepts, texts, lists)}
    missing = {name for name in used - known if not is_word_of_the_language(name)}
    assert sorted(missing) == [], "declare them in ontology/reused-properties.ttl or reused.ttl"


def test_p36_no_address_ends_like_a_file(terms: list[Triple]) -> None:
    for name in {t.subject.value for t in terms if t.subject.value.startswith(MR)}:
        assert not re.search(r"\.(ttl|owl|rdf|html)$", name), name


def test_p40_nothing_is_said_about_terms_of_others(terms: list[Triple]) -> None:
    """They are declared, so that a reasoner knows their kind; their meaning is not ours."""
    ours = ("https://w3id.org/munirel/", MRS)
    allowed = {TYPE, RDFS + "isDefinedBy"}
    for subject, predicate, value in terms:
        if not subject.value.startswith(ours):
            assert predicate.value in allowed, f"{subject} {predicate} {value}"


def test_a_term_has_an_example_where_its_definition_is_short(terms: list[Triple]) -> None:
    """At least every second term shows what it means; SKOS examples are in both languages."""
    ours = of_kind(terms, "Class", "ObjectProperty", "DatatypeProperty")
    shown = [name for name, about in ours.items() if about[SKOS + "example"]]
    assert len(shown) * 2 >= len(ours), f"{len(shown)} of {len(ours)} terms have an example"


def test_no_definition_only_repeats_that_it_names_something(terms: list[Triple]) -> None:
    empty = re.compile(
        r"^(The property names the (kind|type) of|Die Eigenschaft nennt, welcher Art)"
    )
    for name, about in of_kind(terms, "ObjectProperty", "DatatypeProperty").items():
        for value in about[SKOS + "definition"]:
            assert not empty.match(value.value), f"{name}: say what it means, not that it names it"
