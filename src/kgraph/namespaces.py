"""The one table of prefixes: the formatter, the queries and the pages all use it."""

from __future__ import annotations

BASE = "https://w3id.org/munirel/"
MR = BASE + "def#"
MRS = BASE + "shapes#"
VOC = BASE + "voc/"
ID = BASE + "id/"
GRAPH = BASE + "graph/"

DCT = "http://purl.org/dc/terms/"
OA = "http://www.w3.org/ns/oa#"
OWL = "http://www.w3.org/2002/07/owl#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SCHEMA = "https://schema.org/"
SH = "http://www.w3.org/ns/shacl#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
XSD = "http://www.w3.org/2001/XMLSchema#"

#: prefix -> IRI, one IRI per prefix everywhere in the repository.
PREFIXES: dict[str, str] = {
    "cv": "http://data.europa.eu/m8g/",
    "dct": DCT,
    "foaf": "http://xmlns.com/foaf/0.1/",
    "graph": GRAPH,
    "locn": "http://www.w3.org/ns/locn#",
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
    "vann": "http://purl.org/vocab/vann/",
    "void": "http://rdfs.org/ns/void#",
    "xsd": XSD,
}
