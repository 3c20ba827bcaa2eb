"""Our terms, the vocabularies they build on and the five texts contradict each other nowhere.

HermiT reads OWL DL, which RDF data are not. What it is given is therefore a selection, made here
and nowhere else: the axioms named in AXIOMS, types, and statements between things; statements with
a literal only where HermiT knows the datatype. What is left out is listed below, with the reason.
"""

from __future__ import annotations

import io
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable

import owlready2
import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, serialize

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
PROV = "http://www.w3.org/ns/prov#"
MR = "https://w3id.org/munirel/def#"
ID = "https://w3id.org/munirel/id/"

TYPE = NamedNode(RDF + "type")
THING = NamedNode(OWL + "Thing")

#: Axioms between two named terms that HermiT is given.
AXIOMS = {
    RDFS + "subClassOf",
    RDFS + "subPropertyOf",
    RDFS + "domain",
    RDFS + "range",
    OWL + "disjointWith",
    OWL + "equivalentClass",
    OWL + "inverseOf",
}
#: Kinds of property that HermiT is given; they hold of properties between things only.
CHARACTERISTICS = {
    OWL + name for name in ("FunctionalProperty", "InverseFunctionalProperty", "SymmetricProperty")
}
#: Datatypes HermiT knows, of those our data use.
KNOWN_DATATYPES = {
    XSD + name
    for name in ("string", "boolean", "integer", "decimal", "nonNegativeInteger", "anyURI")
}
#: Datatypes our data use that HermiT does not know, with what is lost.
UNKNOWN_DATATYPES = {
    XSD + "date": "days: that a value is a date is checked by the shapes",
    "http://id.loc.gov/datatypes/edtf/EDTF": "vague times: checked by the shapes and by the build",
    RDF + "langString": "texts: their languages are checked by the shapes",
    XSD + "gYear": "years in tables of others",
}
#: Terms of the language itself: no reasoner takes them as ordinary classes and properties.
RESERVED = (RDF, RDFS, OWL, XSD)
#: Left out besides: expressions on blank nodes (unions as domains, restrictions, property chains),
#: transitivity together with the disjoint properties of SKOS (OWL DL forbids it), annotations.


def is_reserved(term: object) -> bool:
    return isinstance(term, NamedNode) and term.value.startswith(RESERVED) and term != THING


def kinds_of_properties(triples: Iterable[Triple]) -> dict[NamedNode, str]:
    """Say of each property whether HermiT sees it as one between things or one with literals.

    What its vocabulary declares decides; where it declares nothing (schema.org, DCTERMS), the use.
    """
    declared: dict[NamedNode, str] = {}
    used: dict[NamedNode, str] = {}
    for subject, predicate, value in triples:
        if predicate == TYPE and value.value in (OWL + "ObjectProperty", OWL + "DatatypeProperty"):
            declared[subject] = value.value
        elif not is_reserved(predicate):
            is_literal = isinstance(value, Literal)
            if not is_literal or predicate not in used:
                used[predicate] = OWL + ("DatatypeProperty" if is_literal else "ObjectProperty")
    return used | declared


def is_readable_axiom(axiom: Triple, kinds: dict[NamedNode, str]) -> bool:
    subject, predicate, value = axiom
    is_datatype = value.value in KNOWN_DATATYPES
    if is_reserved(subject) or (is_reserved(value) and not is_datatype):
        return False
    if value.value in UNKNOWN_DATATYPES:
        return False
    match predicate.value.rpartition("#")[2]:
        case "subPropertyOf":
            return subject in kinds and kinds[subject] == kinds.get(value)
        case "domain" | "range" | "inverseOf":
            return subject in kinds
    return True


def is_readable(triple: Triple, kinds: dict[NamedNode, str]) -> bool:
    subject, predicate, value = triple
    if isinstance(subject, BlankNode) or isinstance(value, BlankNode):
        return False
    if predicate.value in AXIOMS:
        return is_readable_axiom(triple, kinds)
    if predicate == TYPE:
        is_between_things = kinds.get(subject) == OWL + "ObjectProperty"
        return is_between_things if value.value in CHARACTERISTICS else not is_reserved(value)
    if is_reserved(predicate):
        return False
    if isinstance(value, Literal):
        is_known = value.datatype.value in KNOWN_DATATYPES
        return is_known and kinds[predicate] == OWL + "DatatypeProperty"
    return kinds[predicate] == OWL + "ObjectProperty"


def classes_named_in(triples: Iterable[Triple]) -> set[NamedNode]:
    found: set[NamedNode] = set()
    for subject, predicate, value in triples:
        match predicate.value.rpartition("#")[2]:
            case "subClassOf" | "disjointWith" | "equivalentClass":
                found |= {subject, value}
            case "domain" | "range" | "type":
                found.add(value)
    return {name for name in found if not is_reserved(name) and name != THING}


def select(triples: list[Triple]) -> list[Triple]:
    """Give what HermiT can read, declarations of classes and properties included."""
    kinds = kinds_of_properties(triples)
    chosen = [t for t in dict.fromkeys(triples) if is_readable(t, kinds)]
    declared = [Triple(name, TYPE, NamedNode(kind)) for name, kind in kinds.items()]
    classes = sorted(classes_named_in(chosen), key=str)
    return [*(Triple(name, TYPE, NamedNode(OWL + "Class")) for name in classes), *declared, *chosen]


def contradictions(triples: list[Triple]) -> list[str]:
    """Give the classes that can have no member, or one sentence when nothing can be true at all."""
    world = owlready2.World()
    ontology = world.get_ontology("https://w3id.org/munirel/test/consistency#")
    ontology.load(fileobj=io.BytesIO(serialize(select(triples), format=RdfFormat.RDF_XML)))
    try:
        with ontology:
            owlready2.sync_reasoner_hermit(world, infer_property_values=False, debug=0)
    except owlready2.OwlReadyInconsistentOntologyError:
        return ["terms and data contradict each other"]
    return sorted(str(c.iri) for c in world.inconsistent_classes() if c is not owlready2.Nothing)


@pytest.fixture(scope="session")
def reason() -> Callable[[list[Triple]], list[str]]:
    if shutil.which("java") is None:
        pytest.skip("java is not installed: HermiT needs it")
    return contradictions


@pytest.fixture(scope="session")
def everything(terms: list[Triple], vocabularies: list[Triple]) -> list[Triple]:
    # Annotations of the terms are for readers; the reasoner would only see them as data.
    kept = {*AXIOMS, TYPE.value}
    return [t for t in [*terms, *vocabularies] if t.predicate.value in kept]


def test_every_class_can_have_members_and_the_texts_agree_with_the_terms(
    reason: Callable[[list[Triple]], list[str]],
    everything: list[Triple],
    concepts: list[Triple],
    texts: list[Triple],
) -> None:
    assert reason([*everything, *concepts, *texts]) == []


def test_each_datatype_of_the_texts_is_known_or_listed(texts: list[Triple]) -> None:
    used = defaultdict(list)
    for triple in texts:
        if isinstance(triple.object, Literal):
            used[triple.object.datatype.value].append(triple)
    unlisted = {
        name: str(examples[0])
        for name, examples in used.items()
        if name not in KNOWN_DATATYPES and name not in UNKNOWN_DATATYPES
    }
    assert not unlisted


def typed(name: str, *classes: str) -> list[Triple]:
    return [Triple(NamedNode(ID + name), TYPE, NamedNode(c)) for c in classes]


CITY = typed("authority/a", MR + "LocalAuthority")
PLACE = typed("place/p", MR + "Place")


@pytest.mark.parametrize(
    "mistake",
    [
        typed("event/e", MR + "Event", MR + "PlannedEvent"),
        typed("agreement/a", MR + "Agreement", MR + "ProposedAgreement"),
        typed("cancelledevent/e", MR + "CancelledEvent", MR + "Event"),
        typed("resolution/r", MR + "Resolution", MR + "Agreement"),
        typed("role/r", MR + "OfficeHolding", MR + "FormerOfficeHolding"),
        typed("institutional/i", MR + "InstitutionalPartnership", MR + "MunicipalRelationship"),
        typed("signature/s", MR + "Signature", PROV + "Entity"),
        typed("project/p", MR + "Project", MR + "SourceDocument"),
        [
            *PLACE,
            Triple(
                NamedNode(ID + "relationship/r"),
                NamedNode(MR + "hasPartner"),
                NamedNode(ID + "place/p"),
            ),
        ],
        [
            *CITY,
            Triple(
                NamedNode(ID + "signature/s"),
                NamedNode(MR + "signatory"),
                NamedNode(ID + "authority/a"),
            ),
        ],
        [Triple(NamedNode(ID + "figure/f"), NamedNode(MR + "value"), Literal("many"))],
    ],
    ids=[
        "plan-as-event",
        "draft-as-agreement",
        "cancellation-as-event",
        "resolution-as-agreement",
        "held-and-former",
        "schools-as-cities",
        "signing-as-thing",
        "project-as-document",
        "place-as-partner",
        "city-signs",
        "word-as-number",
    ],
)
def test_a_mistake_is_a_contradiction(
    reason: Callable[[list[Triple]], list[str]], everything: list[Triple], mistake: list[Triple]
) -> None:
    assert reason([*everything, *mistake]) == ["terms and data contradict each other"]


def test_a_class_that_can_have_no_member_is_named(
    reason: Callable[[list[Triple]], list[str]], everything: list[Triple]
) -> None:
    name = NamedNode(MR + "PlanThatTookPlace")
    below = NamedNode(RDFS + "subClassOf")
    parents = [NamedNode(MR + "Event"), NamedNode(MR + "PlannedEvent")]
    planted = [Triple(name, below, parent) for parent in parents]
    assert reason([*everything, *planted]) == [name.value]
