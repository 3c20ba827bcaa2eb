"""The SPARQL endpoint over HTTP: one row per rule, then the real clients."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from kgraph.web.app import create_app
from kgraph.web.settings import read_settings
from kgraph.web.site import make_site

DATA = """
@prefix e: <http://e/> .
e:a e:name "Köln"@de ; e:knows e:b .
e:graph { e:b e:name "Bonn" . }
"""
SELECT = "SELECT * { <http://e/a> <http://e/name> ?name }"
CONSTRUCT = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A site over four triples, one of them in a named graph."""
    file: Path = tmp_path_factory.mktemp("data") / "small.trig"
    file.write_text(DATA, encoding="utf-8")
    site = make_site(read_settings(workers=2, query_seconds=2), [file])
    with TestClient(create_app(site)) as client:
        yield client


@pytest.mark.parametrize(
    ("query", "accept", "kind", "word"),
    [
        (SELECT, "application/sparql-results+json", "application/sparql-results+json", '"de"'),
        (SELECT, "application/sparql-results+xml", "application/sparql-results+xml", "<literal"),
        (SELECT, "text/csv", "text/csv; charset=utf-8", "Köln"),
        (SELECT, "text/tab-separated-values", "text/tab-separated-values; charset=utf-8", "@de"),
        (SELECT, "text/html", "text/html; charset=utf-8", '<td lang="de">Köln</td>'),
        ("ASK {}", "application/sparql-results+json", "application/sparql-results+json", "true"),
        ("ASK {}", "text/html", "text/html; charset=utf-8", "yes"),
        (CONSTRUCT, "text/turtle", "text/turtle; charset=utf-8", "Köln"),
        (CONSTRUCT, "application/n-triples", "application/n-triples", "<http://e/knows>"),
        (CONSTRUCT, "application/ld+json", "application/ld+json", "@id"),
        (CONSTRUCT, "application/rdf+xml", "application/rdf+xml", "rdf:RDF"),
        (CONSTRUCT, "application/trig", "application/trig", "Köln"),
        (CONSTRUCT, "application/n-quads", "application/n-quads", "Köln"),
        (CONSTRUCT, "text/html", "text/html; charset=utf-8", "&lt;http://e/knows&gt;"),
    ],
)
def test_each_format(client: TestClient, query: str, accept: str, kind: str, word: str) -> None:
    answer = client.get("/sparql", params={"query": query}, headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == kind
    assert answer.headers["vary"].lower().startswith("accept")
    assert word in answer.text


@pytest.mark.parametrize(
    ("method", "content_type", "body", "status", "word"),
    [
        ("POST", "application/sparql-query", SELECT, 200, "Köln"),
        ("QUERY", "application/sparql-query", SELECT, 200, "Köln"),
        ("POST", "application/x-www-form-urlencoded", "query=ASK%20%7B%7D", 200, "true"),
        ("POST", "application/x-www-form-urlencoded", "query=ASK+{}&query=ASK+{}", 400, "one"),
        ("POST", "application/x-www-form-urlencoded", "nothing=1", 400, "query"),
        ("POST", "application/sparql-update", "CLEAR ALL", 403, "pull request"),
        ("POST", "application/x-www-form-urlencoded", "update=CLEAR+ALL", 403, "read-only"),
        ("POST", "application/json", "{}", 415, "application/json"),
        ("POST", "application/sparql-query", b"ASK { \xff }", 400, "UTF-8"),
        ("POST", "application/sparql-query", "ASK {", 400, "line 1"),
        ("POST", "application/sparql-query", "INSERT DATA {}", 403, "pull request"),
        ("PUT", "application/sparql-query", SELECT, 405, "Not Allowed"),
    ],
)
def test_each_way_to_ask(
    client: TestClient, method: str, content_type: str, body: str | bytes, status: int, word: str
) -> None:
    headers = {"Content-Type": content_type}
    answer = client.request(method, "/sparql", content=body, headers=headers)
    assert answer.status_code == status
    assert word in answer.text
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status


def test_a_syntax_error_names_line_and_column(client: TestClient) -> None:
    problem = client.get("/sparql", params={"query": "SELECT * {\n ?s rdfs:label ?o }"}).json()
    assert (problem["line"], problem["column"]) == (2, 5)
    assert "PREFIX rdfs:" in problem["detail"]


def test_what_is_not_acceptable_is_406(client: TestClient) -> None:
    for query in (SELECT, CONSTRUCT):
        answer = client.get("/sparql", params={"query": query}, headers={"Accept": "image/png"})
        assert answer.status_code == 406


def test_a_query_over_its_limit_is_422(client: TestClient) -> None:
    endless = "SELECT (COUNT(*) AS ?n) { " + " ".join(
        f"VALUES ?v{n} {{ {' '.join(map(str, range(40)))} }}" for n in range(9)
    )
    answer = client.get("/sparql", params={"query": f"{endless} }}"})
    assert (answer.status_code, answer.json()["limit"]) == (422, "seconds")


def test_an_answer_the_client_holds_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/sparql", params={"query": SELECT})
    again = client.get(
        "/sparql", params={"query": SELECT}, headers={"If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    as_csv = client.get("/sparql", params={"query": SELECT}, headers={"Accept": "text/csv"})
    assert as_csv.headers["etag"] != first.headers["etag"]


def test_head_and_preflight(client: TestClient) -> None:
    head = client.head("/sparql", params={"query": SELECT})
    assert (head.status_code, head.content) == (200, b"")
    preflight = client.options(
        "/sparql", headers={"Origin": "http://a.example", "Access-Control-Request-Method": "POST"}
    )
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert preflight.headers["access-control-allow-headers"] == "*"


def test_graphs_of_the_data_set_are_kept(client: TestClient) -> None:
    def count(query: str, **more: str) -> int:
        answer = client.get("/sparql", params={"query": query, **more})
        return len(json.loads(answer.text)["results"]["bindings"])

    assert count("SELECT * { ?s ?p ?o }") == 2
    assert count("SELECT * { GRAPH ?g { ?s ?p ?o } }") == 1
    assert count("SELECT * { ?s ?p ?o }", **{"default-graph-uri": "http://e/graph"}) == 1


def test_pages(client: TestClient) -> None:
    assert "SPARQL" in client.get("/").text
    assert "http://e/graph" in client.get("/holdings").text
    browser = {"Accept": "text/html"}
    assert "<textarea" in client.get("/sparql", headers=browser).text
    wrong = client.get("/sparql", params={"query": "SELECT <script>"}, headers=browser)
    assert wrong.status_code == 400
    assert "<script>" not in wrong.text
    assert client.get("/questions/none").status_code == 404
    assert client.get("/static/style.css").headers["content-type"].startswith("text/css")
