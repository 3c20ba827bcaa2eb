"""Terms, tables and things as HTML: links, languages, datatypes, and what comes from outside."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Store, Triple

from kgraph.engines.decoding import decode_answer
from kgraph.engines.embedded import EmbeddedEngine
from kgraph.engines.protocol import Rows
from kgraph.errors import EngineFailure, TooCostly
from kgraph.namespaces import GRAPH, ID, MR, XSD
from kgraph.pages.cells import Cell, show_term
from kgraph.pages.rendering import Pages, read_style
from kgraph.pages.resource_page import write_resource_page
from kgraph.pages.tables import join_labels, make_table
from kgraph.resources.description import describe

DATA = """
PREFIX mr: <https://w3id.org/munirel/def#>
PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
<https://w3id.org/munirel/graph/registers/germany> {
  <https://w3id.org/munirel/id/authority/bonn> a mr:Municipality ;
    rdfs:label "Bonn & <b>Rhein</b>"@de , "Bonn"@en ;
    skos:definition "Am Rhein."@de , "On the Rhine."@en ;
    mr:founded "1288"^^xsd:gYear ;
    mr:homepage <https://bonn.example/> , <javascript:alert(1)> ;
    mr:address [ mr:street "Am Hof" ] .
  mr:Municipality rdfs:label "municipality"@en .
  <https://w3id.org/munirel/id/document/1#char=10,20> oa:hasSource
    <https://w3id.org/munirel/id/document/1> .
  <https://w3id.org/munirel/id/document/1#char=9,12> oa:hasSource
    <https://w3id.org/munirel/id/document/1> .
  <https://w3id.org/munirel/id/person/x> mr:livesIn <https://w3id.org/munirel/id/authority/bonn> .
}
"""
BONN = NamedNode(f"{ID}authority/bonn")


def write_page(iri: NamedNode = BONN, root: str = "") -> str:
    store = Store()
    store.load(DATA.encode(), format=RdfFormat.TRIG)
    description = describe(EmbeddedEngine(store), iri)
    return write_resource_page(Pages("Site", root), description, "/doc/authority/bonn")


@pytest.mark.parametrize(
    ("term", "cell"),
    [
        (Literal("Köln", language="de"), Cell("Köln", language="de")),
        (Literal("Köln"), Cell("Köln")),
        (
            Literal("1958", datatype=NamedNode(f"{XSD}gYear")),
            Cell("1958", datatype="xsd:gYear"),
        ),
        (BlankNode("b"), Cell("_:b")),
        (NamedNode("urn:x"), Cell("urn:x", iri="urn:x")),
        (NamedNode("javascript:x"), Cell("javascript:x", iri="javascript:x")),
        (
            NamedNode("http://e/a"),
            Cell("http://e/a", address="http://e/a", iri="http://e/a"),
        ),
        (
            NamedNode(f"{MR}Place"),
            Cell("mr:Place", path="/def#Place", iri=f"{MR}Place"),
        ),
        (
            NamedNode(f"{GRAPH}lists/berlin"),
            Cell("lists/berlin", path="/graph/lists/berlin", iri=f"{GRAPH}lists/berlin"),
        ),
        (
            NamedNode(f"{ID}document/001#char=4,8"),
            Cell(
                "document 001, characters 4 to 8",
                path="/doc/document/001#char=4,8",
                iri=f"{ID}document/001#char=4,8",
            ),
        ),
    ],
)
def test_a_term_is_shown_with_what_it_has(term: NamedNode | Literal, cell: Cell) -> None:
    assert show_term(term) == cell


def test_a_text_of_addresses_alone_has_a_link_for_each() -> None:
    sources = show_term(Literal(f"https://e/a {ID}document/1#char=2,3"))
    assert [part.text for part in sources.parts] == [
        "https://e/a",
        "document 1, characters 2 to 3",
    ]
    for text in ("see https://e/a", "https://e/a urn:x", "https://e/a  https://e/<b>", ""):
        assert not show_term(Literal(text)).parts


def test_rows_keep_their_terms() -> None:
    body = (
        b'{"head":{"vars":["a","b"]},"results":{"bindings":[{"b":{"type":"literal","value":"1",'
        b'"datatype":"http://www.w3.org/2001/XMLSchema#integer"}}]}}'
    )
    rows = decode_answer(body)
    assert isinstance(rows, Rows)
    assert make_table(rows).rows == [[None, Cell("1", datatype="xsd:integer")]]
    assert make_table(True).rows == [[Cell("yes")]]
    assert join_labels(False).rows == [[Cell("no")]]
    with pytest.raises(EngineFailure):
        decode_answer(b'{"head":')


def test_a_label_stands_in_place_of_what_it_names() -> None:
    rows = Rows(
        ("city", "cityLabel", "Label", "yearLabel"),
        [
            (BONN, Literal("Bonn", language="en"), None, Literal("1958")),
            (BONN, None, Literal("x"), None),
            (None, Literal("y"), None, None),
        ],
    )
    table = join_labels(rows)
    assert table.columns == ["city", "Label", "yearLabel"]
    cells = [row[0] for row in table.rows]
    assert cells[0] == Cell("Bonn", "/doc/authority/bonn", language="en", iri=BONN.value)
    assert cells[1] == Cell("authority:bonn", "/doc/authority/bonn", iri=BONN.value)
    assert cells[2] == Cell("y")


def nest(depth: int) -> bytes:
    """Give an answer with one triple term within another, so deep."""
    before = (
        b'{"type":"triple","value":{"subject":{"type":"uri","value":"http://e/s"},'
        b'"predicate":{"type":"uri","value":"http://e/p"},"object":'
    )
    inner = b'{"type":"literal","value":"1"}'
    rows = before * depth + inner + b"}}" * depth
    return b'{"head":{"vars":["x"]},"results":{"bindings":[{"x":' + rows + b"}]}}"


def test_a_triple_term_is_a_text_however_deep() -> None:
    shallow = Triple(BONN, NamedNode("http://e/p"), Literal("1"))
    assert show_term(shallow) == Cell(f'<<( {BONN} <http://e/p> "1" )>>')
    rows = decode_answer(nest(900))
    html = Pages("Site").render(
        "sparql.html", query="", endpoint="", table=make_table(rows), graph=None, fault=None
    )
    assert "characters)" in html
    with pytest.raises(TooCostly, match="deep"):
        decode_answer(nest(5_000))


def test_many_triple_terms_beside_each_other_are_no_depth() -> None:
    one = nest(1).partition(b'"bindings":[')[2].removesuffix(b"]}}")
    body = b'{"head":{"vars":["x"]},"results":{"bindings":[' + b",".join([one] * 2_000) + b"]}}"
    rows = decode_answer(body)
    assert isinstance(rows, Rows)
    assert len(rows.rows) == 2_000


class Outline(HTMLParser):
    """What a page links to, and the ids and languages in it; fails on a tag that is not closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.languages: set[str] = set()
        self.open: list[str] = []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag not in ("meta", "link", "input"):
            self.open.append(tag)
        if tag == "a":
            self.links.append(values["href"] or "")
        if "id" in values:
            self.ids.append(values["id"] or "")
        self.languages.add(values.get("lang") or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_of_a_thing() -> None:
    html = write_page()
    outline = Outline(html)
    assert '<h1 lang="en">Bonn</h1>' in html
    assert "Bonn &amp; &lt;b&gt;Rhein&lt;/b&gt;" in html
    assert "1288 <small>xsd:gYear</small>" in html
    assert html.index("On the Rhine.") < html.index("Am Rhein.")
    assert {"/def#Municipality", "/graph/registers/germany", "/doc/person/x"} <= set(outline.links)
    assert "/doc/authority/bonn.jsonld" in outline.links
    assert not [link for link in outline.links if link.startswith("javascript")]
    assert "Am Hof" in html
    assert "_:" not in html
    assert outline.languages >= {"en", "de"}
    assert len(set(outline.ids)) == len(outline.ids)
    assert "<script" not in html


def test_passages_stand_in_the_order_of_the_text() -> None:
    ids = Outline(write_page(NamedNode(f"{ID}document/1"))).ids
    assert ids == ["char=9,12", "char=10,20"]


def test_a_property_is_a_header_of_all_its_values() -> None:
    header = r'<th scope="rowgroup" rowspan="2"><a href="[^"]*#label"[^>]*>rdfs:label</a></th>'
    assert re.search(header, write_page())


def test_a_site_below_a_path_keeps_its_links_there() -> None:
    links = Outline(write_page(root="/kg")).links
    inner = [link for link in links if not link.startswith("http")]
    assert len(inner) > 10
    assert all(link.startswith(("/kg/", "#")) for link in inner)
    assert 'href="/kg/static/style.css"' in write_page(root="/kg")


def test_the_style_sheet_is_there() -> None:
    assert b"--ink" in read_style()
