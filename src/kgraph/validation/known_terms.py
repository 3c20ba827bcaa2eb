"""Terms and concepts that nothing defines: a typo, or a definition that is missing."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode

from kgraph.findings import Finding
from kgraph.names import shorten, suggest
from kgraph.namespaces import MR, MRS, VOC
from kgraph.validation.codes import make_finding
from kgraph.validation.files import CheckedFile, FileSet
from kgraph.validation.positions import Positions

if TYPE_CHECKING:
    from rdflib.namespace import DefinedNamespace

OLD_SCHEMA = "http://schema.org/"


def check_terms(files: FileSet, places: Positions) -> Iterator[Finding]:
    """Yield a finding for the first use of each undefined term in each file."""
    defined = {
        MR: _subjects(files.in_sections("ontology"), MR),
        MRS: _subjects(files.in_sections("shapes"), MRS),
        VOC: _subjects(files.in_sections("concepts"), VOC),
    }
    for file in files.whole():
        seen: set[str] = set()
        for statement in file.statements:
            quad = statement.quad
            terms = [quad.predicate, quad.object]
            if isinstance(quad.object, Literal):
                terms = [quad.predicate, quad.object.datatype]
            for term in terms:
                if not isinstance(term, NamedNode) or term.value in seen:
                    continue
                seen.add(term.value)
                fault = _explain(term.value, defined)
                if fault is None:
                    continue
                code, message, help_text, more = fault
                place = (
                    places.of_predicate_in(file, statement)
                    if term == quad.predicate
                    else places.of_triple_in(file, statement)
                )
                yield make_finding(
                    code,
                    message,
                    place,
                    help=help_text,
                    focus=str(quad.subject),
                    value=str(term),
                    **more,
                )


def _explain(
    iri: str, defined: dict[str, set[str]]
) -> tuple[str, str, str | None, dict[str, str]] | None:
    for namespace, known in defined.items():
        if iri.startswith(namespace) and known and iri not in known and iri != namespace:
            if namespace == VOC and iri.rstrip("/") in known:
                return None
            what = "concept" if namespace == VOC else "term"
            where = {MR: "ontology/", MRS: "shapes/", VOC: "ontology/concepts/"}[namespace]
            message = f"The {what} {shorten(iri)} is defined nowhere in {where}."
            near = suggest(iri, known)
            help_text = f"did you mean {near}?" if near else f"define it in {where}, or correct it"
            return "Y01", message, help_text, {"name": f"unknown-{what}"}
    if iri.startswith(OLD_SCHEMA):
        https = iri.replace("http:", "https:", 1)
        message = f"<{iri}>: schema.org is used in its https form here."
        return "Y02", message, f"write {shorten(https)}", {}
    for namespace, listed in _list_vocabularies().items():
        local = iri.removeprefix(namespace)
        if iri.startswith(namespace) and local and "/" not in local and local not in listed:
            near = suggest(iri, [str(term) for term in dir(listed)])
            return (
                "Y03",
                f"{shorten(iri)} is no term of {namespace} that we know.",
                f"did you mean {near}?" if near else "look it up in that vocabulary",
                {},
            )
    return None


@functools.cache
def _list_vocabularies() -> dict[str, type[DefinedNamespace]]:
    """Give the vocabularies that rdflib lists the terms of; it is loaded here and not before."""
    from rdflib import namespace as n

    spaces = (
        n.DCAT, n.DCTERMS, n.FOAF, n.ORG, n.OWL, n.PROV, n.RDF, n.RDFS, n.SDO, n.SH, n.SKOS,
        n.VOID, n.XSD,
    )  # fmt: skip
    return {str(space): space for space in spaces}


def _subjects(files: list[CheckedFile], namespace: str) -> set[str]:
    return {
        quad.subject.value
        for file in files
        for quad in file.quads
        if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(namespace)
    }
