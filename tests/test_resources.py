"""Addresses, names and descriptions of things, on a small data set of three graphs."""

from __future__ import annotations

import io

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Store, Triple, parse

from kgraph.engines.embedded import EmbeddedEngine
from kgraph.errors import EngineFailure, NotAcceptable, UnknownResource
from kgraph.formats import GRAPH_TYPES
from kgraph.namespaces import BASE, GRAPH, ID, MR, RDFS
from kgraph.questions.views import read_views
from kgraph.resources.addresses import find_path, read_path
from kgraph.resources.description import (
    MOST_REFERENCES,
    MOST_STATEMENTS,
    ask_description,
    describe,
)
from kgraph.resources.labels import LABEL_PROPERTIES, find_labels
from kgraph.resources.writing_description import say_cuts, write_description
from kgraph.sparql.values import fill_values

BONN, OXFORD = NamedNode(f"{ID}authority/bonn"), NamedNode(f"{ID}authority/oxford")
LIST, REGISTER = NamedNode(f"{GRAPH}lists/bonn"), NamedNode(f"{GRAPH}registers/germany")
LABEL = NamedNode(f"{RDFS}label")
PREFIXES = """
PREFIX authority: <https://w3id.org/munirel/id/authority/>
PREFIX graph: <https://w3id.org/munirel/graph/>
PREFIX mr: <https://w3id.org/munirel/def#>
PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX schema: <https://schema.org/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""
DATA = f"""{PREFIXES}
<https://w3id.org/munirel/graph/registers/germany> {{
  authority:bonn a mr:Municipality ; rdfs:label "Bonn"@de , "Bonn"@en ; mr:ags "05314000" .
  authority:bonn schema:address [ schema:postalCode "53111" ; schema:area [ rdfs:label "Mitte" ] ] .
  mr:Municipality rdfs:label "Kommune"@de , "municipality"@en ;
    rdfs:isDefinedBy <https://w3id.org/munirel/def> .
}}
<https://w3id.org/munirel/graph/lists/bonn> {{
  authority:bonn a mr:Municipality .
  <https://w3id.org/munirel/id/relationship/bonn-oxford> mr:hasPartner authority:bonn ,
    authority:oxford .
  <https://w3id.org/munirel/id/document/9#char=4,8> oa:hasSource
    <https://w3id.org/munirel/id/document/9> .
}}
<https://w3id.org/munirel/graph/provenance> {{
  <https://w3id.org/munirel/graph/lists/bonn> prov:hadPrimarySource <https://bonn.example/twins> .
}}
authority:bonn mr:ags "05314000" ; mr:onlyHere true .
"""


def make_engine(text: str = DATA) -> EmbeddedEngine:
    store = Store()
    store.load(text.encode(), format=RdfFormat.TRIG)
    return EmbeddedEngine(store)


@pytest.mark.parametrize(
    ("iri", "path"),
    [
        ("id/authority/bonn", "/doc/authority/bonn"),
        ("doc/authority/bonn", "/doc/authority/bonn"),
        ("id/document/001#char=4,180", "/doc/document/001#char=4,180"),
        ("def", "/def"),
        ("def#Place", "/def#Place"),
        ("def/0.1.0", "/def/0.1.0"),
        ("shapes#place", "/shapes#place"),
        ("voc/theme", "/voc/theme"),
        ("voc/theme/culture", "/voc/theme/culture"),
        ("graph/lists/a%20b", "/graph/lists/a%20b"),
    ],
)
def test_an_identifier_has_a_path_and_the_path_names_it(iri: str, path: str) -> None:
    assert find_path(BASE + iri) == path
    page, _, _ = iri.partition("#")
    assert read_path(path.partition("#")[0]).resource.value == BASE + page.replace("doc/", "id/")


@pytest.mark.parametrize("iri", ["https://schema.org/name", BASE, ID, f"{BASE}defence", "a", ""])
def test_what_is_not_ours_has_no_path(iri: str) -> None:
    assert find_path(iri) is None


@pytest.mark.parametrize("suffix", [*GRAPH_TYPES, "html"])
def test_a_suffix_asks_for_a_format(suffix: str) -> None:
    assert read_path(f"/doc/authority/bonn.{suffix}") == (BONN, suffix)
    assert read_path(f"/def.{suffix}") == (NamedNode(f"{BASE}def"), suffix)


def test_a_dot_in_a_name_is_no_suffix() -> None:
    for path in ("/doc/authority/st.gallen", "/def/0.1.0", "/doc/authority/.ttl"):
        assert read_path(path).suffix is None


def test_what_no_iri_may_hold_is_encoded() -> None:
    assert read_path("/doc/a b<c>\n").resource.value == f"{ID}a%20b%3Cc%3E%0A"
    assert read_path("/graph/a%20b") == read_path("/graph/a b")


def test_names_come_in_all_languages_in_one_query() -> None:
    labels = find_labels(make_engine(), [BONN, NamedNode(f"{MR}Municipality"), OXFORD])
    assert len(labels.names) == 2
    assert labels.choose(NamedNode(f"{MR}Municipality"), ("fr", "de")) == Literal(
        "Kommune", language="de"
    )
    assert labels.choose(OXFORD, ("en",)) is None


def test_the_best_property_gives_the_name() -> None:
    text = f"""{PREFIXES} authority:bonn skos:prefLabel "second"@en-GB, "zweiter"@de ;
        schema:name "third" ; rdfs:label [] ."""
    labels = find_labels(make_engine(text), [BONN])
    assert labels.choose(BONN, ("en",)) == Literal("second", language="en-gb")
    assert labels.choose(BONN, ("fr",)) == Literal("third")
    assert [prop.value for prop, _ in labels.names[BONN]] == [
        LABEL_PROPERTIES[1],
        LABEL_PROPERTIES[1],
        LABEL_PROPERTIES[3],
    ]


def test_a_query_without_a_table_to_fill_is_a_fault() -> None:
    with pytest.raises(ValueError, match="no empty VALUES"):
        fill_values("SELECT * { VALUES ?x { 1 } }", "x", [BONN])


def test_each_statement_comes_with_all_its_sources() -> None:
    description = describe(make_engine(), BONN)
    graphs = {each.predicate.value: each.graphs for each in description.about(BONN)}
    assert graphs["http://www.w3.org/1999/02/22-rdf-syntax-ns#type"] == (LIST, REGISTER)
    assert graphs[f"{MR}ags"] == (REGISTER,)
    assert graphs[f"{MR}onlyHere"] == ()
    assert description.graphs == [LIST, REGISTER]
    assert description.sources == {LIST: (NamedNode("https://bonn.example/twins"),)}
    assert description.types == [NamedNode(f"{MR}Municipality")]


def test_nodes_without_a_name_are_described_two_steps_deep() -> None:
    description = describe(make_engine(), BONN)
    inner = [each for each in description.statements if isinstance(each.subject, BlankNode)]
    assert {str(each.object) for each in inner if isinstance(each.object, Literal)} == {
        '"53111"',
        '"Mitte"',
    }


def test_terms_and_passages_belong_to_their_document() -> None:
    ontology = describe(make_engine(), NamedNode(f"{BASE}def"))
    assert ontology.parts == [NamedNode(f"{MR}Municipality")]
    # What its own description says is not said again as a reference.
    assert (ontology.references.rows, ontology.references.total) == ((), 0)
    document = describe(make_engine(), NamedNode(f"{ID}document/9"))
    assert document.parts == [NamedNode(f"{ID}document/9#char=4,8")]


def test_what_points_to_a_thing_is_counted_whole_and_given_in_part() -> None:
    many = "".join(f"<http://e/{n:04}> mr:country authority:bonn .\n" for n in range(900))
    text = f"{PREFIXES} {many} <http://e/rare> mr:zone authority:bonn ."
    description = describe(make_engine(text), BONN)
    references = description.references
    assert len(references.rows) == MOST_REFERENCES
    assert references.total == 901
    assert references.alike == {NamedNode(f"{MR}country"): 900, NamedNode(f"{MR}zone"): 1}
    # What few say comes first, so that it is not lost behind what many say.
    assert references.rows[0] == (NamedNode("http://e/rare"), NamedNode(f"{MR}zone"))
    assert references.rows[-1][0] == NamedNode("http://e/0198")
    assert list(say_cuts(description)) == ["Of 901 statements that refer to this, 200 are given."]
    assert b"Of 901 statements" in write_description(description, "ttl")


def test_a_description_is_bounded_and_says_so() -> None:
    many = "".join(f"authority:bonn mr:length {n} .\n" for n in range(MOST_STATEMENTS + 1))
    description = describe(make_engine(PREFIXES + many), BONN)
    assert description.is_cut
    assert len(description.statements) == MOST_STATEMENTS
    assert "10,000 statements" in next(iter(say_cuts(description)))


def test_what_the_default_graph_repeats_counts_once() -> None:
    many = "".join(f"authority:bonn mr:length {n} .\n" for n in range(MOST_STATEMENTS // 2 + 1))
    text = f"{PREFIXES} {many} graph:lists {{ {many} }}"
    description = describe(make_engine(text), BONN)
    assert not description.is_cut
    assert len(description.statements) == MOST_STATEMENTS // 2 + 1


def test_the_default_graph_may_say_where_a_graph_is_from() -> None:
    text = (
        f"{PREFIXES} graph:lists {{ authority:bonn mr:ags 1 }} graph:lists prov:wasDerivedFrom 2 ."
    )
    assert list(describe(make_engine(text), BONN).sources) == [NamedNode(f"{GRAPH}lists")]


def test_the_bounds_are_those_of_the_queries() -> None:
    assert f"LIMIT {MOST_STATEMENTS}\n" in read_views()["statements"]
    assert f"LIMIT {MOST_REFERENCES}\n" in read_views()["references"]
    assert all(name.rpartition("#")[2].rpartition("/")[2] in read_views()["labels"]
               for name in LABEL_PROPERTIES)  # fmt: skip


def test_the_order_is_that_of_the_data_alone() -> None:
    quads = [quad for quad in make_engine().store if not isinstance(quad.object, BlankNode)]
    first, second = Store(), Store()
    first.extend(quads)
    second.extend(reversed(quads))
    descriptions = [describe(EmbeddedEngine(store), BONN) for store in (first, second)]
    assert descriptions[0] == descriptions[1]
    for suffix in GRAPH_TYPES:
        assert len({write_description(each, suffix) for each in descriptions}) == 1


def test_what_is_only_referred_to_has_a_description() -> None:
    description = describe(make_engine(), OXFORD)
    assert not description.statements
    assert description.references.total == 1


def test_a_graph_is_known_by_what_it_holds() -> None:
    assert describe(make_engine(), LIST).size == 4
    assert describe(make_engine(), NamedNode(f"{GRAPH}provenance")).size == 1


def test_what_nothing_mentions_is_unknown() -> None:
    for name in (f"{ID}authority/nowhere", f"{GRAPH}nowhere"):
        with pytest.raises(UnknownResource, match="mentions"):
            describe(make_engine(), NamedNode(name))


def test_rows_of_another_form_are_the_engines_fault() -> None:
    engine = make_engine("<http://e/a> <http://e/b> 1 .")
    asking = ask_description(BONN)
    next(asking)
    with pytest.raises(EngineFailure, match="statements"):
        asking.send(engine.select("SELECT ?o (1 AS ?p) (2 AS ?q) (3 AS ?r) { ?s ?b ?o }"))


@pytest.mark.parametrize("suffix", GRAPH_TYPES)
def test_each_format_holds_the_statements_the_references_and_the_names(suffix: str) -> None:
    description = describe(make_engine(), BONN)
    kind = RdfFormat.from_extension(suffix)
    assert kind is not None
    quads = list(parse(io.BytesIO(write_description(description, suffix)), format=kind))
    triples = {quad.triple for quad in quads}
    assert Triple(BONN, NamedNode(f"{MR}ags"), Literal("05314000")) in triples
    relationship = NamedNode(f"{ID}relationship/bonn-oxford")
    assert Triple(relationship, NamedNode(f"{MR}hasPartner"), BONN) in triples
    name = Literal("municipality", language="en")
    assert Triple(NamedNode(f"{MR}Municipality"), LABEL, name) in triples
    graphs = {q.graph_name for q in quads if q.predicate.value == f"{MR}ags"}
    assert (graphs == {REGISTER}) is (suffix in ("trig", "nq"))


def test_a_format_that_cannot_hold_a_triple_term_is_refused() -> None:
    text = f"{PREFIXES} authority:bonn mr:says <<( authority:bonn mr:ags 1 )>> ."
    description = describe(make_engine(text), BONN)
    assert b"<<(" in write_description(description, "ttl")
    with pytest.raises(NotAcceptable, match="N-Triples"):
        write_description(description, "jsonld")
