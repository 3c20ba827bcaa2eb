"""The endpoint's description of itself (SPARQL 1.1 Service Description)."""

from __future__ import annotations

from collections.abc import Iterable

from rdflib import BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import RDF, RDFS, XSD

from kgraph.formats import GRAPH_TYPES, RESULT_TYPES

_SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
_VOID = Namespace("http://rdfs.org/ns/void#")


def describe_endpoint(
    endpoint: str,
    title: str,
    graphs: Iterable[tuple[str, int]],
    default_triples: int,
    federates: bool = False,
) -> Graph:
    """Give the description of the endpoint at an address.

    Out: one service with its language, features and formats, its default graph and each named
    graph with its count of triples; about 15 triples and 5 for each graph.
    """
    description = Graph()
    description.bind("sd", _SD)
    # Without a name of its own: clients that compare it with the address they asked find it under
    # any spelling of that. Always the same label, so that the description has the same bytes.
    service = BNode("service")
    dataset = URIRef(f"{endpoint}#dataset")
    default = URIRef(f"{endpoint}#default-graph")
    add = description.add
    add((service, RDF.type, _SD.Service))
    add((service, _SD.endpoint, URIRef(endpoint)))
    add((service, RDFS.label, Literal(title, lang="en")))
    add((service, _SD.supportedLanguage, _SD.SPARQL11Query))
    if federates:
        add((service, _SD.feature, _SD.BasicFederatedQuery))
    for each in (*RESULT_TYPES.values(), *GRAPH_TYPES.values()):
        add((service, _SD.resultFormat, URIRef(each.iri)))
    add((service, _SD.defaultDataset, dataset))
    add((dataset, RDF.type, _SD.Dataset))
    add((dataset, _SD.defaultGraph, default))
    add((default, RDF.type, _SD.Graph))
    add((default, _VOID.triples, Literal(default_triples, datatype=XSD.integer)))
    for number, (name, triples) in enumerate(sorted(graphs), 1):
        named, graph = URIRef(f"{endpoint}#named-{number}"), URIRef(f"{endpoint}#graph-{number}")
        add((dataset, _SD.namedGraph, named))
        add((named, RDF.type, _SD.NamedGraph))
        add((named, _SD.name, URIRef(name)))
        add((named, _SD.graph, graph))
        add((graph, RDF.type, _SD.Graph))
        add((graph, _VOID.triples, Literal(triples, datatype=XSD.integer)))
    return description
