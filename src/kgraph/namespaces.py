"""The one table of prefixes: the formatter, the queries and the pages all use it."""

from __future__ import annotations

BASE = "https://w3id.org/munirel/"
MR = BASE + "def#"
MRS = BASE + "shapes#"
VOC = BASE + "voc/"
ID = BASE + "id/"
GRAPH = BASE + "graph/"

DCT = "http://purl.org/dc/terms/"
EDTF = "http://id.loc.gov/datatypes/edtf/"
OA = "http://www.w3.org/ns/oa#"
OWL = "http://www.w3.org/2002/07/owl#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SCHEMA = "https://schema.org/"
SH = "http://www.w3.org/ns/shacl#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
XSD = "http://www.w3.org/2001/XMLSchema#"

#: Kinds of things: prefix and path segment are the same word.
KINDS: tuple[str, ...] = (
    "agreement",
    "authority",
    "body",
    "cancelledevent",
    "changeevent",
    "claim",
    "contact",
    "country",
    "discrepancy",
    "document",
    "event",
    "figure",
    "funding",
    "group",
    "institutional",
    "membership",
    "name",
    "participation",
    "partnering",
    "period",
    "person",
    "phase",
    "photo",
    "place",
    "plannedevent",
    "programme",
    "project",
    "proposal",
    "provision",
    "relationship",
    "rendering",
    "resolution",
    "role",
    "signature",
    "statemembership",
    "statuschange",
    "utterance",
)

#: Concept schemes: prefix -> name of the scheme in its address.
SCHEMES: dict[str, str] = {
    "agrstatus": "agreement-status",
    "agrtype": "agreement-type",
    "amountkind": "amount-kind",
    "authkind": "authority-kind",
    "cause": "cause",
    "confidence": "confidence",
    "disctype": "discrepancy-type",
    "doctype": "document-type",
    "evtype": "event-type",
    "form": "relationship-form",
    "fundkind": "funding-kind",
    "interest": "publisher-interest",
    "modality": "modality",
    "office": "official-role",
    "orgkind": "organization-kind",
    "partrole": "participation-role",
    "placekind": "place-kind",
    "polarity": "polarity",
    "popgroup": "population-group",
    "rank": "rank",
    "realization": "realization",
    "relstatus": "relationship-status",
    "theme": "theme",
    "trait": "trait",
    "unit": "measure-unit",
}

VOCABULARIES: dict[str, str] = {
    "cv": "http://data.europa.eu/m8g/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": DCT,
    "edtf": EDTF,
    "foaf": "http://xmlns.com/foaf/0.1/",
    "gn": "https://sws.geonames.org/",
    "graph": GRAPH,
    "mr": MR,
    "mrs": MRS,
    "oa": OA,
    "org": "http://www.w3.org/ns/org#",
    "owl": OWL,
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": RDF,
    "rdfs": RDFS,
    "schema": SCHEMA,
    "sh": SH,
    "skos": SKOS,
    "time": "http://www.w3.org/2006/time#",
    "void": "http://rdfs.org/ns/void#",
    "wd": "http://www.wikidata.org/entity/",
    "xsd": XSD,
}

#: prefix -> IRI, one IRI per prefix everywhere in the repository.
PREFIXES: dict[str, str] = dict(
    sorted(
        {
            **VOCABULARIES,
            **{kind: f"{ID}{kind}/" for kind in KINDS},
            **{prefix: f"{VOC}{scheme}/" for prefix, scheme in SCHEMES.items()},
        }.items()
    )
)
