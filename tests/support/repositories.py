"""Small repositories for tests, written into a folder of their own."""

from __future__ import annotations

from pathlib import Path

from kgraph.namespaces import PREFIXES

HEAD = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())

ONTOLOGY = """
<https://w3id.org/munirel/def> a owl:Ontology .
mr:LocalAuthority a owl:Class .
mr:Place a owl:Class .
mr:Event a owl:Class .
mr:SourceDocument a owl:Class .
mr:Claim a owl:Class .
mr:host a owl:ObjectProperty .
mr:evidence a owl:ObjectProperty .
mr:length a owl:DatatypeProperty .
mr:sha256 a owl:DatatypeProperty .
mr:fileName a owl:DatatypeProperty .
mr:edtf a owl:DatatypeProperty .
mr:inferred a owl:DatatypeProperty .
mr:status a owl:ObjectProperty .
"""
SHAPES = """
mrs:code a owl:AnnotationProperty .
mrs:profile a owl:AnnotationProperty .
mrs:merged a owl:NamedIndividual .
mrs:source a owl:NamedIndividual .
mrs:EventShape a sh:NodeShape ;
  sh:targetClass mr:Event ;
  sh:property mrs:Event-host , mrs:Event-label .
mrs:Event-host a sh:PropertyShape ;
  mrs:code "E01" ; mrs:profile mrs:merged ; sh:name "event-host"@en ;
  sh:path mr:host ; sh:minCount 1 ; sh:class mr:LocalAuthority ;
  sh:message "An event needs a host that is a local authority; add mr:host."@en ,
    "Eine Veranstaltung braucht eine Kommune als Gastgeberin; ergänzen Sie mr:host."@de .
mrs:Event-label a sh:PropertyShape ;
  mrs:code "E02" ; mrs:profile mrs:source ; sh:name "event-label"@en ;
  sh:path rdfs:label ; sh:maxCount 1 ; sh:severity sh:Warning ;
  sh:message "An event has one label per source; remove the others."@en .
"""
REGISTER = """
authority:rheine a mr:LocalAuthority ; rdfs:label "Rheine"@de .
"""
DOCUMENT = """
event:fair a mr:Event ; rdfs:label "Fair"@en ; mr:host authority:rheine ;
  schema:startDate "2024-11-12"^^xsd:date ;
  mr:evidence <https://w3id.org/munirel/id/document/001#char=0,4> .
"""
PROVENANCE = """
document:001 a mr:SourceDocument ; mr:fileName "001.txt" ; mr:length 9 ;
  mr:sha256 "cd8b2eb2a7e44c8a8a3b1a05d7b4bcd4b8c4b2cf8ed6bd4a0cb35e8ee2e8f0d7" .
"""
CURATED = """
claim:guess a mr:Claim ; mr:inferred true ; mr:edtf "1992/.."^^edtf:EDTF .
claim:sure a mr:Claim .
"""
FILES = {
    "ontology/core.ttl": ONTOLOGY,
    "shapes/events.ttl": SHAPES,
    "data/registers/municipalities.ttl": REGISTER,
    "data/documents/2024-fair.ttl": DOCUMENT,
    "data/provenance.ttl": PROVENANCE,
    "data/curated.ttl": CURATED,
}
QUESTION = """#+ id: hosts
#+ question.en: Which events have a host?
#+ question.de: Welche Veranstaltungen haben eine Gastgeberin?
#+ row: one event
#+ parameters: host (iri, optional)
#+ expect: at least 1 rows
PREFIX mr: <https://w3id.org/munirel/def#>
SELECT ?event ?host WHERE { ?event mr:host ?host }
"""
RULE = """#+ id: labels-differ
#+ code: I01
#+ severity: warning
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?subject (rdfs:label AS ?path) ?value ("Two things have one label; rename one." AS ?message)
WHERE { ?subject rdfs:label ?value . ?other rdfs:label ?value . FILTER(?other != ?subject) }
"""


def write_repository(root: Path, **changed: str) -> Path:
    """Write the small repository; `changed` replaces a text by its file stem, empty drops it."""
    for name, text in FILES.items():
        body = changed.pop(Path(name).stem.replace("-", "_"), text)
        if body:
            write(root, name, HEAD + body)
    write(root, "queries/questions/hosts.rq", QUESTION)
    write(root, "queries/integrity/labels-differ.rq", RULE)
    assert not changed, f"no such file: {changed}"
    return root


def write(root: Path, name: str, text: str) -> Path:
    """Write one file of a repository."""
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file
