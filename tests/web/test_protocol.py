"""Graphs, methods, codings and validators: one row per rule of HTTP and of the Graph Store."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard
from fastapi.testclient import TestClient
from pyoxigraph import RdfFormat, parse

from kgraph.namespaces import GRAPH
from kgraph.questions.question import read_question
from kgraph.web.app import create_app
from kgraph.web.http.problems import problem
from kgraph.web.settings import read_settings
from kgraph.web.site import make_site

OWN = f"{GRAPH}documents/small"
DATA = f"""
@prefix e: <http://e/> .
e:a e:name "Köln"@de ; e:knows e:b .
e:graph {{ e:b e:name "Bonn" . }}
<{OWN}> {{ {" ".join(f'e:s{n} e:p "{n}" .' for n in range(200))} }}
"""
PUBLIC = "https://data.example/kg"
ROWS = f"SELECT * {{ GRAPH <{OWN}> {{ ?s ?p ?o }} }}"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A site with a default graph of two triples and named graphs of one and of 200."""
    folder = tmp_path_factory.mktemp("site")
    file: Path = folder / "small.trig"
    file.write_text(DATA, encoding="utf-8")
    questions = folder / "queries" / "questions"
    questions.mkdir(parents=True)
    (questions / "names.rq").write_text(
        "#+ id: names\n#+ question.en: Who?\n#+ question.de: Wer?\n"
        "#+ parameters: from (xsd:date, a day); who (iri, a thing)\n"
        "SELECT ?who ?from { ?who <http://e/name> ?name }\n"
    )
    settings = read_settings(workers=2, query_seconds=5, public_base=PUBLIC, root=folder)
    site = make_site(settings, [file])
    site.questions["names"] = read_question(questions / "names.rq")
    with TestClient(create_app(site)) as client:
        yield client


@pytest.mark.parametrize(
    ("address", "accept", "status", "triples"),
    [
        ("/data?default", "text/turtle", 200, 2),
        ("/data?default=", "application/n-quads", 200, 2),
        ("/data?graph=http://e/graph", None, 200, 1),
        ("/data?graph=http%3A%2F%2Fe%2Fgraph", "application/rdf+xml", 200, 1),
        ("/data?graph=http://e/graph&format=nq", "text/turtle", 200, 1),
        ("/data?graph=http://e/graph", "application/ld+json", 200, 1),
        ("/data", "application/trig", 200, 203),
        ("/data", "*/*", 200, 203),
        ("/graph/documents/small", "application/n-triples", 200, 200),
        ("/data", "text/turtle", 406, 0),
        ("/data?default", "image/png", 406, 0),
        ("/data?graph=http://e/none", None, 404, 0),
        ("/graph/documents/none", None, 404, 0),
        ("/data?default&graph=http://e/graph", None, 400, 0),
        ("/data?graph=http://e/a&graph=http://e/b", None, 400, 0),
        ("/data?graph=relative", None, 400, 0),
        ("/data?graph=http://e/%20%3C", None, 400, 0),
        ("/data?graph=%FF", None, 400, 0),
    ],
)
def test_graphs_are_read_by_address(
    client: TestClient, address: str, accept: str | None, status: int, triples: int
) -> None:
    headers = {"Accept": accept} if accept else {}
    answer = client.get(address, headers=headers)
    assert answer.status_code == status, answer.text
    if status == 200:
        kind = RdfFormat.from_media_type(answer.headers["content-type"].split(";")[0])
        quads = list(parse(answer.content, format=kind))
        assert len(quads) == triples
        # One graph has no name in its own document, so that any client finds its triples.
        named = {str(quad.graph_name) for quad in quads} != {"DEFAULT"}
        assert named is (address == "/data")
    else:
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
def test_graphs_cannot_be_written(client: TestClient, method: str) -> None:
    answer = client.request(method, "/data?default", content=b"<a:a> <a:b> <a:c> .")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


ADDRESSES = [
    "/", "/sparql", "/sparql?query=ASK{}", "/data?default", "/graph/documents/small", "/holdings",
    "/questions/names", "/questions/none", "/health", "/ready", "/metrics", "/openapi.json",
    "/static/style.css",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_head_is_get_without_its_body(client: TestClient, address: str) -> None:
    get, head = client.get(address), client.head(address)
    assert (head.status_code, head.content) == (get.status_code, b"")
    if address != "/metrics":
        assert dict(head.headers) == dict(get.headers)


@pytest.mark.parametrize("address", ADDRESSES)
def test_options_names_the_methods(client: TestClient, address: str) -> None:
    answer = client.options(address)
    assert answer.status_code == 204
    assert {"GET", "HEAD", "OPTIONS"} <= set(answer.headers["allow"].split(", "))
    assert ("accept-query" in answer.headers) is ("/sparql" in address)


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("identity", None),
        ("br", None),
        ("gzip;q=0, zstd;q=0", None),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0.1, gzip;q=0.2", "gzip"),
    ],
)
@pytest.mark.parametrize("query", [ROWS, f"{ROWS} # {{RAND()}}", ROWS + " ORDER BY RAND()"])
def test_answers_are_compressed_as_asked(
    client: TestClient, query: str, accepted: str, coding: str | None
) -> None:
    headers = {"Accept-Encoding": accepted, "Accept": "text/csv"}
    for _ in range(2):
        with client.stream("GET", "/sparql", params={"query": query}, headers=headers) as answer:
            body = b"".join(answer.iter_raw())
        assert answer.headers.get("content-encoding") == coding
        assert answer.headers["vary"].startswith("Accept, Accept-Encoding")
        assert int(answer.headers["content-length"]) == len(body)
        if coding == "gzip":
            body = gzip.decompress(body)
        elif coding == "zstd":
            body = zstandard.ZstdDecompressor().decompress(body)
        assert body.count(b"\r\n") == 201


def test_each_coding_has_its_validator(client: TestClient) -> None:
    tags = set()
    for accepted in ("identity", "gzip", "zstd"):
        headers = {"Accept-Encoding": accepted}
        tag = client.get("/sparql", params={"query": ROWS}, headers=headers).headers["etag"]
        tags.add(tag)
        held = headers | {"If-None-Match": f'"other", W/{tag}'}
        again = client.get("/sparql", params={"query": ROWS}, headers=held)
        assert (again.status_code, again.headers["etag"], again.content) == (304, tag, b"")
    assert len(tags) == 3


@pytest.mark.parametrize(
    "address", ["/data?default", "/graph/documents/small", "/sparql", "/questions/names"]
)
def test_what_the_client_holds_is_not_sent_again(client: TestClient, address: str) -> None:
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_small_answers_stay_plain(client: TestClient) -> None:
    answer = client.get("/sparql?query=ASK{}", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in answer.headers


def test_the_public_base_is_the_address_described(client: TestClient) -> None:
    answer = client.get("/sparql", headers={"Accept": "text/turtle", "Host": "evil.example"})
    assert f"<{PUBLIC}/sparql>" in answer.text
    assert "evil" not in answer.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "application/sparql-query; charset=UTF-8"}, 200),
        ({"Content-Type": 'Application/SPARQL-Query;charset="utf-8"'}, 200),
        ({"Content-Type": "application/sparql-query; charset=utf-16"}, 415),
        ({"Content-Type": "application/sparql-query", "Content-Encoding": "gzip"}, 415),
        ({"Content-Type": "text/plain"}, 415),
        ({}, 415),
    ],
)
def test_bodies_are_utf8(client: TestClient, headers: dict[str, str], status: int) -> None:
    assert client.post("/sparql", content=b"ASK {}", headers=headers).status_code == status


def test_questions_are_described_with_their_types(client: TestClient) -> None:
    path = client.get("/openapi.json").json()["paths"]["/questions/names"]["get"]
    schemas = {each["name"]: each["schema"] for each in path["parameters"]}
    assert (schemas["from"]["type"], schemas["from"]["format"]) == ("string", "date")
    assert schemas["who"]["type"] == "string"
    assert client.get("/questions/names", params={"from": "2024-02-30"}).status_code == 400
    assert client.get("/questions/names", params={"until": "2024"}).status_code == 400


def test_a_wait_is_said_in_head_and_body() -> None:
    full = problem(503, "t", "d")
    assert full.headers["retry-after"] == "5"
    assert b'"retryAfterSeconds":5' in full.body
