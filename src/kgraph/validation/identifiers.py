"""Identifiers of things: known kind, well-formed name, right class, described somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pyoxigraph import NamedNode

from kgraph.dataset.evidence import LOOKS_LIKE
from kgraph.findings import Finding
from kgraph.names import shorten, suggest
from kgraph.namespaces import ID, KINDS, MR, PREFIXES
from kgraph.rdf.terms import RDF_TYPE
from kgraph.turtle.document import CheckedFile
from kgraph.validation.codes import make_finding
from kgraph.validation.files import FileSet
from kgraph.validation.positions import Positions

NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
#: Kinds whose things are described in data/registers/ and nowhere else.
REGISTERED = ("authority", "country", "person", "place")
ORG, SCHEMA, FOAF = PREFIXES["org"], PREFIXES["schema"], PREFIXES["foaf"]
#: Kind -> the classes one of which its things have.
CLASSES: dict[str, tuple[str, ...]] = {
    "agreement": (f"{MR}Agreement",),
    "authority": (f"{MR}LocalAuthority",),
    "body": (f"{ORG}FormalOrganization", f"{ORG}Organization", f"{ORG}OrganizationalUnit"),
    "cancelledevent": (f"{MR}CancelledEvent",),
    "changeevent": (f"{ORG}ChangeEvent",),
    "claim": (f"{MR}Claim",),
    "contact": (f"{SCHEMA}ContactPoint",),
    "country": (f"{MR}Place",),
    "discrepancy": (f"{MR}Discrepancy",),
    "document": (f"{MR}SourceDocument",),
    "event": (f"{MR}Event",),
    "figure": (f"{MR}Figure",),
    "funding": (f"{MR}Funding", f"{MR}PlannedFunding"),
    "group": (f"{MR}Delegation", f"{MR}CommunityGroup", f"{FOAF}Group"),
    "institutional": (f"{MR}InstitutionalPartnership",),
    "membership": (f"{ORG}Membership",),
    "name": (f"{MR}DatedName",),
    "participation": (f"{PREFIXES['cv']}Participation",),
    "partnering": (f"{MR}Partnering",),
    "period": (f"{PREFIXES['dct']}PeriodOfTime",),
    "person": (f"{FOAF}Person",),
    "phase": (f"{MR}RelationshipPhase",),
    "photo": (f"{SCHEMA}Photograph",),
    "place": (f"{MR}Place",),
    "plannedevent": (f"{MR}PlannedEvent",),
    "programme": (f"{MR}Programme",),
    "project": (f"{MR}Project",),
    "proposal": (f"{MR}ProposedAgreement",),
    "provision": (f"{MR}Provision",),
    "relationship": (f"{MR}MunicipalRelationship",),
    "rendering": (f"{MR}Rendering",),
    "resolution": (f"{MR}Resolution",),
    "role": (f"{MR}OfficeHolding", f"{MR}FormerOfficeHolding"),
    "signature": (f"{MR}Signature",),
    "statemembership": (f"{MR}StateMembership",),
    "statuschange": (f"{MR}StatusChange",),
    "utterance": (f"{MR}Utterance",),
}


def check_identifiers(files: FileSet, places: Positions) -> Iterator[Finding]:
    """Yield findings on the things' IRIs, one per IRI and file."""
    described = _find_described(files)
    types = _find_types(files)
    for file in files.whole():
        if file.section in ("ontology", "concepts", "alignments", "shapes", "passages"):
            continue
        seen: set[NamedNode] = set()
        for statement in file.statements:
            quad = statement.quad
            for term in (quad.subject, quad.object):
                if not isinstance(term, NamedNode) or term in seen:
                    continue
                seen.add(term)
                if not term.value.startswith(ID) or LOOKS_LIKE.fullmatch(term.value):
                    continue
                fault = _explain(term.value, described, types)
                if fault:
                    code, message, help_text = fault
                    place = (
                        places.of_triple_in(file, statement)
                        if term == quad.object
                        else places.of_subject_in(file, statement)
                    )
                    yield make_finding(
                        code,
                        message,
                        place,
                        help=help_text,
                        focus=str(quad.subject),
                        value=str(term),
                    )


def _explain(
    iri: str, described: dict[str, set[str]], types: dict[str, set[str]]
) -> tuple[str, str, str] | None:
    """Give code, name, message and help of what is wrong with an IRI; None when nothing is."""
    kind, _, name = iri.removeprefix(ID).partition("/")
    short = shorten(iri)
    if kind not in CLASSES:
        near = suggest(f"{ID}{kind}", [f"{ID}{known}" for known in KINDS])
        hint = f"did you mean {near}?" if near else f"take one of {', '.join(KINDS)}"
        return "Y04", f"{short}: there is no kind of thing “{kind}”.", hint
    if not NAME.fullmatch(name):
        hint = "write small ASCII letters, digits and single hyphens (ä as ae, é as e)"
        return "Y05", f"{short}: “{name}” is no name for an identifier.", hint
    if iri not in described["any"]:
        near = suggest(iri, [known for known in described["any"] if f"/{kind}/" in known])
        if kind in REGISTERED:
            hint = "add it there, with its labels in German and English and its kind"
            if near:
                hint = f"did you mean {near}? Otherwise {hint}"
            return "Y06", f"{short} has no entry in data/registers/.", hint
        hint = f"did you mean {near}?" if near else "describe it, with its type and label"
        return "Y07", f"{short} is described nowhere.", hint
    if kind in REGISTERED and iri not in described["registers"]:
        return (
            "Y06",
            f"{short} is described, but has no entry in data/registers/.",
            "move its description there",
        )
    wanted = CLASSES[kind]
    found = types.get(iri, set())
    if found and not found & set(wanted):
        expected = " or ".join(shorten(name) for name in wanted)
        has = ", ".join(sorted(shorten(name) for name in found))
        return (
            "Y08",
            f"{short} is {has}, but things of the kind “{kind}” are {expected}.",
            "correct the type, or the kind in the identifier",
        )
    return None


def _find_described(files: FileSet) -> dict[str, set[str]]:
    """Give the typed things of all files, and of the registers; broken files count as far as read.

    What a broken register says beyond that cannot be known, so names in its text count as well.
    """
    found: dict[str, set[str]] = {"any": set(), "registers": set()}
    for file in files.files:
        names = _typed(file)
        if file.is_broken:
            names |= _mentioned(file)
        found["any"] |= names
        if file.section == "registers":
            found["registers"] |= names
    return found


def _typed(file: CheckedFile) -> set[str]:
    return {
        quad.subject.value
        for quad in file.quads
        if quad.predicate == RDF_TYPE and isinstance(quad.subject, NamedNode)
    }


def _mentioned(file: CheckedFile) -> set[str]:
    pattern = re.compile(rf"(?<![\w:-])({'|'.join(KINDS)}):({NAME.pattern})")
    return {f"{ID}{kind}/{name}" for kind, name in pattern.findall("\n".join(file.lines))}


def _find_types(files: FileSet) -> dict[str, set[str]]:
    types: dict[str, set[str]] = {}
    for file in files.files:
        for quad in file.quads:
            if quad.predicate == RDF_TYPE and isinstance(quad.subject, NamedNode):
                types.setdefault(quad.subject.value, set()).add(quad.object.value)  # type: ignore[union-attr]
    return types
