"""The media types of RDF graphs and of query results, with their file suffixes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MediaType:
    """One way to write a thing: its type, its file suffix, and a short name for menus."""

    type: str
    suffix: str
    label: str


#: Formats of a graph, or of a data set where the format has graphs; the first is the default.
GRAPH_TYPES: dict[str, MediaType] = {
    "ttl": MediaType("text/turtle", "ttl", "Turtle"),
    "nt": MediaType("application/n-triples", "nt", "N-Triples"),
    "jsonld": MediaType("application/ld+json", "jsonld", "JSON-LD"),
    "rdf": MediaType("application/rdf+xml", "rdf", "RDF/XML"),
    "trig": MediaType("application/trig", "trig", "TriG"),
    "nq": MediaType("application/n-quads", "nq", "N-Quads"),
}

#: Formats of the rows of a SELECT or the answer of an ASK; the first is the default.
RESULT_TYPES: dict[str, MediaType] = {
    "json": MediaType("application/sparql-results+json", "json", "JSON"),
    "xml": MediaType("application/sparql-results+xml", "xml", "XML"),
    "csv": MediaType("text/csv", "csv", "CSV"),
    "tsv": MediaType("text/tab-separated-values", "tsv", "TSV"),
}
