"""Addresses of things over HTTP, with real workers: one row per rule."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pyoxigraph import NamedNode

from kgraph.engines.protocol import Rows
from kgraph.formats import GRAPH_TYPES
from kgraph.resources.description import Description, ask_description
from kgraph.web.app import create_app
from kgraph.web.settings import read_settings
from kgraph.web.site import make_site

DATA = """
PREFIX authority: <https://w3id.org/munirel/id/authority/>
PREFIX mr: <https://w3id.org/munirel/def#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX sh: <http://www.w3.org/ns/shacl#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
<https://w3id.org/munirel/graph/registers/germany> {
  authority:bonn a mr:Municipality ; rdfs:label "Bonn"@de ; mr:twin authority:oxford .
  <https://w3id.org/munirel/id/person/writer> a mr:Person .
}
<https://w3id.org/munirel/graph/ontology/core> {
  <https://w3id.org/munirel/def> a owl:Ontology ;
    owl:versionIRI <https://w3id.org/munirel/def/0.1.0> .
  mr:Municipality rdfs:label "municipality"@en ; rdfs:isDefinedBy <https://w3id.org/munirel/def> .
  <https://w3id.org/munirel/voc/theme> a skos:ConceptScheme .
  <https://w3id.org/munirel/voc/theme/culture> skos:prefLabel "culture"@en ;
    rdfs:isDefinedBy <https://w3id.org/munirel/voc/theme> .
}
<https://w3id.org/munirel/graph/shapes/core> {
  <https://w3id.org/munirel/shapes> owl:versionIRI <https://w3id.org/munirel/shapes/0.1.0> ;
    owl:priorVersion <https://w3id.org/munirel/shapes/0.0.9> .
  <https://w3id.org/munirel/shapes#place> rdfs:isDefinedBy <https://w3id.org/munirel/shapes> ;
    sh:property <https://w3id.org/munirel/shapes#place-name> .
  <https://w3id.org/munirel/shapes#place-name> sh:maxCount 1 .
}
"""
#: Enough terms that their description is worth compressing.
TERMS = "".join(
    f"mr:term{n} rdfs:isDefinedBy <https://w3id.org/munirel/def> .\n" for n in range(100)
)
TURTLE, HTML = "text/turtle", "text/html"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file: Path = tmp_path_factory.mktemp("data") / "things.trig"
    file.write_text(DATA + TERMS, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def client(file: Path) -> Iterator[TestClient]:
    site = make_site(read_settings(workers=2, budget_seconds=0), [file])
    with TestClient(create_app(site), follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "accept", "status", "kind", "word"),
    [
        ("/doc/authority/bonn", None, 200, TURTLE, '"Bonn"@de'),
        ("/doc/authority/bonn", "*/*", 200, TURTLE, '"Bonn"@de'),
        ("/doc/authority/bonn", BROWSER, 200, HTML, '<h1 lang="de">Bonn</h1>'),
        ("/doc/authority/bonn", "application/ld+json", 200, "application/ld+json", "Bonn"),
        ("/doc/authority/bonn", "text/turtle;q=0.5, application/rdf+xml", 200,
         "application/rdf+xml", "Bonn"),
        ("/doc/authority/bonn.ttl", HTML, 200, TURTLE, '"Bonn"@de'),
        ("/doc/authority/bonn.html", TURTLE, 200, HTML, "municipality"),
        ("/doc/authority/bonn.trig", None, 200, "application/trig", "registers/germany"),
        ("/doc/authority/bonn?format=jsonld", HTML, 200, "application/ld+json", "Bonn"),
        ("/doc/authority/bonn?format=nothing", None, 406, "", "text/turtle"),
        ("/doc/authority/bonn", "image/png", 406, "", "text/turtle"),
        ("/doc/authority/oxford", TURTLE, 200, TURTLE, "mr:twin"),
        ("/doc/authority/nowhere", TURTLE, 404, "", "Nothing here mentions"),
        ("/doc/authority/nowhere.html", None, 404, "", "Nothing here mentions"),
        ("/doc/authority/bonn.pdf", None, 404, "", "Nothing here mentions"),
        ("/doc/", None, 404, "", "no address"),
        ("/id/authority/nowhere", None, 404, "", "Nothing here mentions"),
        ("/id/authority/bonn.ttl", None, 404, "", "suffixes"),
        ("/def", None, 200, TURTLE, "mr:Municipality"),
        ("/def", BROWSER, 200, HTML, 'id="Municipality"'),
        ("/def.jsonld", None, 200, "application/ld+json", "municipality"),
        ("/def/0.1.0", None, 200, TURTLE, "mr:Municipality"),
        ("/def/0.1.0.html", None, 200, HTML, 'id="Municipality"'),
        ("/def/0.2.0", None, 404, "", "Nothing here mentions"),
        ("/shapes/0.1.0", None, 200, TURTLE, "mrs:place"),
        ("/shapes/0.0.9.ttl", None, 404, "", "no version"),
        ("/defence", None, 404, "", "Not Found"),
        ("/shapes", None, 200, TURTLE, "mrs:place"),
        ("/shapes.html", None, 200, HTML, 'id="place"'),
        ("/shapes.html", None, 200, HTML, 'id="place-name"'),
        ("/voc/theme", None, 200, TURTLE, '"culture"@en'),
        ("/voc/theme", BROWSER, 200, HTML, 'id="culture"'),
        ("/voc/theme/culture", BROWSER, 200, HTML, "culture"),
        ("/voc/theme/nothing", None, 404, "", "Nothing here mentions"),
        ("/graph/registers/germany", None, 200, TURTLE, "authority/bonn"),
        ("/graph/registers/germany.nt", None, 200, "application/n-triples", "authority/bonn"),
        ("/graph/registers/germany", BROWSER, 200, HTML, "Its 4 statements"),
        ("/graph/registers/germany", "image/png", 406, "", "text/turtle"),
        ("/graph/nowhere", None, 404, "", "nowhere"),
        ("/graph/nowhere", BROWSER, 404, "", "nowhere"),
    ],
)  # fmt: skip
def test_each_address(
    client: TestClient, path: str, accept: str | None, status: int, kind: str, word: str
) -> None:
    answer = client.get(path, headers={"Accept": accept} if accept else {"Accept": ""})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].split(";")[0] == (kind or "application/problem+json")
    assert word in answer.text
    if status == 200:
        assert "accept" in answer.headers["vary"].lower()


def test_a_name_leads_to_its_description(client: TestClient) -> None:
    answer = client.get("/id/authority/bonn")
    assert (answer.status_code, answer.headers["location"]) == (303, "/doc/authority/bonn")
    assert answer.headers["link"] == '</doc/authority/bonn>; rel="describedby"'
    # So does what is only referred to.
    assert client.get("/id/authority/oxford").status_code == 303


@pytest.mark.parametrize("accept", [TURTLE, HTML, "application/ld+json"])
@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_what_the_client_holds_is_not_sent_again(
    client: TestClient, accept: str, coding: str
) -> None:
    headers = {"Accept": accept, "Accept-Encoding": coding}
    first = client.get("/def", headers=headers)
    assert first.headers.get("content-encoding", "identity") == coding
    again = client.get("/def", headers=headers | {"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for name in ("etag", "vary", "content-location", "link"):
        assert again.headers[name] == first.headers[name]


def test_each_coding_has_a_validator_of_its_own(client: TestClient) -> None:
    codings = ("identity", "gzip", "zstd")
    tags = {client.get("/def", headers={"Accept-Encoding": c}).headers["etag"] for c in codings}
    assert len(tags) == 3


def test_each_form_has_a_validator_of_its_own(client: TestClient) -> None:
    paths = [f"/doc/authority/bonn.{suffix}" for suffix in (*GRAPH_TYPES, "html")]
    paths += ["/doc/authority/oxford.ttl", "/def.ttl"]
    assert len({client.get(path).headers["etag"] for path in paths}) == len(paths)
    negotiated = client.get("/doc/authority/bonn", headers={"Accept": TURTLE})
    assert negotiated.headers["etag"] == client.get("/doc/authority/bonn.ttl").headers["etag"]


def test_other_data_have_other_validators(file: Path) -> None:
    tags = set()
    for name in ("first.trig", "second.trig"):
        copy = file.with_name(name)
        copy.write_text(file.read_text())
        site = make_site(read_settings(workers=2, budget_seconds=0), [copy])
        with TestClient(create_app(site)) as client:
            tags.add(client.get("/def.ttl").headers["etag"])
    assert len(tags) == 2


def test_data_that_may_change_are_not_stored(file: Path) -> None:
    site = make_site(read_settings(workers=2, budget_seconds=0), [file])
    with TestClient(create_app(site)) as client:
        assert client.get("/def.ttl").headers["cache-control"].startswith("public")
        site.generations.current.digest = ""
        answer = client.get("/def.ttl")
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers


def test_each_form_leads_to_the_others(client: TestClient) -> None:
    answer = client.get("/doc/authority/bonn", headers={"Accept": HTML})
    links = dict(re.findall(r'<([^>]*)>; rel="([^"]*)"', answer.headers["link"]))
    assert links["/doc/authority/bonn"] == "canonical"
    assert links["https://w3id.org/munirel/id/authority/bonn"] == "describes"
    assert answer.headers["content-location"] == "/doc/authority/bonn.html"
    for suffix, media in GRAPH_TYPES.items():
        assert "alternate" in links[f"/doc/authority/bonn.{suffix}"]
        other = client.get(f"/doc/authority/bonn.{suffix}")
        assert other.headers["content-type"].split(";")[0] == media.type
        assert '</doc/authority/bonn.html>; rel="alternate"' in other.headers["link"]
    # A term's document is the term's own: it describes nothing else.
    assert "describes" not in client.get("/def.ttl").headers["link"]


def test_a_description_is_written_once_for_each_form(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    asked: list[NamedNode] = []

    def ask(resource: NamedNode) -> Generator[str, Rows, Description]:
        asked.append(resource)
        return ask_description(resource)

    def write(pages: object, description: Description, path: str) -> str:
        written.append(path)
        return "page"

    monkeypatch.setattr("kgraph.web.descriptions.ask_description", ask)
    monkeypatch.setattr("kgraph.web.descriptions.write_resource_page", write)
    monkeypatch.setattr(
        "kgraph.web.descriptions.write_description",
        lambda description, suffix: written.append(suffix) or b"graph",
    )
    for suffix in ("html", "ttl", "html", "ttl"):
        assert client.get(f"/doc/person/writer.{suffix}").status_code == 200
    assert written == ["/doc/person/writer", "ttl"]
    # Once for each request, to know that there is anything, and once for each form.
    assert len(asked) == 4 + 2


def test_a_site_below_a_path_keeps_its_addresses_there(file: Path) -> None:
    base = "https://example.org/kg/"
    site = make_site(read_settings(workers=2, budget_seconds=0, public_base=base), [file])
    with TestClient(create_app(site), follow_redirects=False) as client:
        assert client.get("/id/authority/bonn").headers["location"] == "/kg/doc/authority/bonn"
        page = client.get("/doc/authority/bonn.html")
        assert page.headers["content-location"] == "/kg/doc/authority/bonn.html"
        links = re.findall(r'href="([^"]*)"', page.text)
        assert "/kg/def#Municipality" in links
        assert all(link.startswith(("/kg/", "http", "#")) for link in links)
        # Identifiers stay what they are.
        assert "https://w3id.org/munirel/id/" in client.get("/doc/authority/bonn.nt").text
        start = client.get("/").text
        assert 'href="/kg/static/style.css"' in start


def test_links_in_answers_lead_to_this_site(client: TestClient) -> None:
    query = "SELECT ?s { ?s a <https://w3id.org/munirel/def#Municipality> }"
    query = query.replace("{ ?s", "{ GRAPH ?g { ?s").replace("> }", "> } }")
    page = client.get("/sparql", params={"query": query}, headers={"Accept": HTML})
    assert '<td><a href="/doc/authority/bonn">authority:bonn</a></td>' in page.text


def test_terms_nested_too_deep_for_a_page_are_a_sentence(client: TestClient) -> None:
    term = "<<( <http://e/s> <http://e/p> " * 900 + "1" + " )>>" * 900
    query = f"SELECT ?t {{ VALUES ?t {{ {term} }} }}"
    page = client.get("/sparql", params={"query": query}, headers={"Accept": HTML})
    assert page.status_code == 200
    assert "characters)" in page.text
