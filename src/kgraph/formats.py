"""The one table of formats: RDF graphs and query results, and what each is called where."""

from __future__ import annotations

from dataclasses import dataclass

_W3C = "http://www.w3.org/ns/formats/"


@dataclass(frozen=True)
class MediaType:
    """One way to write a thing: its type, its file suffix, and a short name for menus.

    `pyoxigraph` and `rdflib` are the names in those libraries (empty where rdflib is not asked),
    `iri` is the W3C's name. `has_graphs` says that a whole data set goes into it.
    `other_names` and `other_types` are what else clients call it; `result_name` is the format of
    results whose name means this one where the answer is a graph.
    """

    type: str
    suffix: str
    label: str
    pyoxigraph: str
    iri: str
    rdflib: str = ""
    has_graphs: bool = False
    other_names: tuple[str, ...] = ()
    other_types: tuple[str, ...] = ()
    result_name: str = ""


def _table(*formats: MediaType) -> dict[str, MediaType]:
    return {each.suffix: each for each in formats}


#: Formats of a graph, or of a data set where the format has graphs; the first is the default.
GRAPH_TYPES: dict[str, MediaType] = _table(
    MediaType(
        "text/turtle",
        "ttl",
        "Turtle",
        "TURTLE",
        f"{_W3C}Turtle",
        "turtle",
        other_names=("turtle", "n3"),
        other_types=("text/n3", "application/x-turtle"),
    ),
    MediaType(
        "application/n-triples",
        "nt",
        "N-Triples",
        "N_TRIPLES",
        f"{_W3C}N-Triples",
        "nt",
        other_names=("ntriples",),
        other_types=("text/plain",),
    ),
    MediaType(
        "application/trig",
        "trig",
        "TriG",
        "TRIG",
        f"{_W3C}TriG",
        has_graphs=True,
        other_types=("application/x-trig",),
    ),
    MediaType(
        "application/n-quads",
        "nq",
        "N-Quads",
        "N_QUADS",
        f"{_W3C}N-Quads",
        has_graphs=True,
        other_names=("nquads",),
        other_types=("text/x-nquads",),
    ),
    MediaType(
        "application/ld+json",
        "jsonld",
        "JSON-LD",
        "JSON_LD",
        f"{_W3C}JSON-LD",
        "json-ld",
        has_graphs=True,
        other_names=("json-ld",),
        result_name="json",
    ),
    MediaType(
        "application/rdf+xml",
        "rdf",
        "RDF/XML",
        "RDF_XML",
        f"{_W3C}RDF_XML",
        "xml",
        other_names=("rdfxml", "rdf+xml"),
        result_name="xml",
    ),
)

#: Formats of the rows of a SELECT or the answer of an ASK; the first is the default.
RESULT_TYPES: dict[str, MediaType] = _table(
    MediaType(
        "application/sparql-results+json",
        "json",
        "JSON",
        "JSON",
        f"{_W3C}SPARQL_Results_JSON",
        other_types=("application/json",),
    ),
    MediaType(
        "application/sparql-results+xml",
        "xml",
        "XML",
        "XML",
        f"{_W3C}SPARQL_Results_XML",
        other_types=("application/xml", "text/xml"),
    ),
    MediaType("text/csv", "csv", "CSV", "CSV", f"{_W3C}SPARQL_Results_CSV"),
    MediaType("text/tab-separated-values", "tsv", "TSV", "TSV", f"{_W3C}SPARQL_Results_TSV"),
)

#: Formats into which several graphs go.
DATASET_FORMATS = tuple(suffix for suffix, each in GRAPH_TYPES.items() if each.has_graphs)
_BY_RESULT = {each.result_name: suffix for suffix, each in GRAPH_TYPES.items() if each.result_name}


def choose_graph_suffix(suffix: str) -> str | None:
    """Give the format of a graph that a suffix means: `xml` is RDF/XML, `json` is JSON-LD.

    None for a format that has no room for a graph.

    >>> choose_graph_suffix("xml"), choose_graph_suffix("nq"), choose_graph_suffix("csv")
    ('rdf', 'nq', None)
    """
    return suffix if suffix in GRAPH_TYPES else _BY_RESULT.get(suffix)
