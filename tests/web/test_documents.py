"""Pages and other documents that are made from answers: none is refused for its size, each is
written once, and what cannot be kept is charged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from kgraph.web.app import create_app
from kgraph.web.settings import read_settings
from kgraph.web.site import Site, make_site

ROWS = 2_000
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
ALL = "SELECT ?s ?o { ?s <http://e/p> ?o }"
PAIRS = "SELECT * { ?s <http://e/p> ?o . ?t <http://e/p> ?u } LIMIT 12000"
QUESTION = """#+ id: pairs
#+ question.en: Which pairs are there?
#+ question.de: Welche Paare gibt es?
#+ row: a pair
#+ parameters: o (xsd:string, any)
SELECT ?s ?o ?t ?u { ?s <http://e/p> ?o . ?t <http://e/p> ?u } LIMIT 11063
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    root = tmp_path_factory.mktemp("root")
    rows = (f'<http://e/{"s" * 40}{n}> <http://e/p> "{n}" .\n' for n in range(ROWS))
    snapshot: Path = root / "build"
    snapshot.mkdir()
    (snapshot / "default.nt").write_text("".join(rows))
    (snapshot / "dataset.nq").write_text('<http://e/s> <http://e/p> "1" <http://e/g> .\n')
    (snapshot / "manifest.json").write_text("{}")
    folder = root / "queries" / "questions"
    folder.mkdir(parents=True)
    (folder / "pairs.rq").write_text(QUESTION)
    settings = read_settings(
        workers=2, root=root, snapshot=snapshot, public_base="http://d.example"
    )
    return make_site(settings)


@pytest.fixture(scope="module")
def client(site: Site) -> Iterator[TestClient]:
    with TestClient(create_app(site), base_url="http://d.example") as client:
        yield client


def count_rows(page: str) -> int:
    return page.count("<tr>") - page.count("<thead>")


def test_a_question_with_a_large_answer_has_its_page(client: TestClient) -> None:
    as_json = client.get("/questions/pairs", params={"format": "json"})
    assert len(as_json.content) > 1 << 20, "it is no large one"
    page = client.get("/questions/pairs", headers=BROWSER)
    assert page.status_code == 200
    assert "first 200 of 11,063 rows" in page.text
    assert count_rows(page.text) == 200
    assert 'name="o"' in page.text
    for suffix in ("csv", "json", "xml", "tsv"):
        assert f'href="?format={suffix}"' in page.text
    few = client.get("/questions/pairs", params={"o": "1"}, headers=BROWSER)
    assert 'href="?o=1&amp;format=csv"' in few.text
    assert 'value="1"' in few.text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (PAIRS, "first 200 of 12,000 rows"),
        (ALL, "first 200 of 2,000 rows"),
        ("SELECT * { ?s <http://e/p> ?o } LIMIT 3", "3 rows"),
        ("ASK {}", "yes"),
        ("CONSTRUCT WHERE { ?s <http://e/p> ?o }", r"first [\d,]+ of [\d,]+ bytes"),
        ("CONSTRUCT WHERE { <http://e/s> ?p ?o }", "0 bytes"),
    ],
)
def test_a_page_of_any_size(client: TestClient, query: str, words: str) -> None:
    page = client.get("/sparql", params={"query": query}, headers=BROWSER)
    assert page.status_code == 200
    assert re.search(words, page.text)
    assert len(page.content) < 1 << 18
    assert "<textarea" in page.text
    links = re.findall(r'href="(\?query[^"]*)"', page.text)
    assert len(links) == (6 if query.startswith("CONSTRUCT") else 4)
    for link in links:
        assert client.get("/sparql" + link.replace("&amp;", "&")).status_code == 200


def test_a_graph_that_is_streamed_has_its_page(client: TestClient) -> None:
    query = f"CONSTRUCT {{ ?s <http://e/{'q' * 600}> ?o }} WHERE {{ ?s <http://e/p> ?o }}"
    whole = client.get("/sparql", params={"query": query})
    assert len(whole.content) > 1 << 20
    page = client.get("/sparql", params={"query": query}, headers=BROWSER)
    assert (page.status_code, len(page.content) < 1 << 17) == (200, True)


def test_a_row_too_large_for_a_page(client: TestClient) -> None:
    columns = " ".join(f"(?x AS ?x{n})" for n in range(300))
    query = f'SELECT {columns} {{ VALUES ?x {{ "{"x" * 3_999}" }} }}'
    answer = client.post(
        "/sparql", content=query, headers={**BROWSER, "Content-Type": "application/sparql-query"}
    )
    assert answer.status_code == 200
    assert "too large for a page" in answer.text


def test_a_page_has_a_validator_of_its_own(client: TestClient) -> None:
    pages = [client.get("/sparql", params={"query": ALL}, headers=BROWSER),
             client.get("/sparql", params={"query": ALL}),
             client.get("/questions/pairs", headers=BROWSER),
             client.get("/holdings"), client.get("/"), client.get("/docs"),
             client.get("/sparql"), client.get("/sparql", headers=BROWSER)]  # fmt: skip
    tags = [page.headers["etag"] for page in pages]
    assert len(set(tags)) == len(tags)
    for page in pages:
        held = dict(page.request.headers) | {"If-None-Match": page.headers["etag"]}
        again = client.get(str(page.request.url), headers=held)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == page.headers["etag"]
        assert "s-maxage=2" in page.headers["cache-control"]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/sparql?query=SELECT+*+%7B+%3Fs+%3Fp+%3Fo+%7D", BROWSER),
        ("/questions/pairs", BROWSER),
        ("/holdings", {}),
        ("/", {}),
        ("/docs", {}),
        ("/sparql", BROWSER),
    ],
)
def test_a_page_is_written_once(
    client: TestClient, site: Site, monkeypatch: pytest.MonkeyPatch, path: str,
    headers: dict[str, str],
) -> None:  # fmt: skip
    first = client.get(path, headers=headers)
    assert first.status_code == 200

    def render(*_: object, **__: object) -> str:
        raise AssertionError("it is written again")

    monkeypatch.setattr(site.pages, "render", render)
    assert client.get(path, headers=headers).content == first.content


def test_a_description_of_the_endpoint_is_written_once_for_each_format(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepts = ["text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml"]
    first = [client.get("/sparql", headers={"Accept": each}).content for each in accepts]
    assert len(set(first)) == len(accepts)
    monkeypatch.setattr("kgraph.web.routes.endpoint_description.describe_endpoint", None)
    assert [client.get("/sparql", headers={"Accept": each}).content for each in accepts] == first


def test_what_is_not_kept_is_charged_to_the_client(
    client: TestClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent: list[float] = []
    monkeypatch.setattr(site.budget, "spend", lambda _, seconds: spent.append(seconds))
    monkeypatch.setattr("kgraph.web.documents.time.thread_time", iter(range(99)).__next__)
    query = "SELECT ?s (RAND() AS ?x) { ?s <http://e/p> ?o }"
    for _ in range(2):
        assert client.get("/sparql", params={"query": query}, headers=BROWSER).status_code == 200
    assert spent.count(1) == 2
    for _ in range(2):
        assert client.get("/sparql", params={"query": ALL}, headers=BROWSER).status_code == 200
    assert spent.count(1) <= 3


def test_a_wrong_query_is_no_page_to_keep(client: TestClient) -> None:
    page = client.get("/sparql", params={"query": "SELECT <script>"}, headers=BROWSER)
    assert (page.status_code, page.headers["cache-control"]) == (400, "no-store")


def test_names_that_clients_make_up_are_not_kept_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.ttl"
    file.write_text("<http://e/a> <http://e/b> 1 .")
    monkeypatch.setattr("kgraph.web.documents._MOST_FIXED", 4)
    site = make_site(read_settings(workers=2), [file])
    with TestClient(create_app(site)) as client:
        for number in range(20):
            host = f"h{number}.example"
            page = client.get("/sparql", headers={**BROWSER, "Host": host})
            assert host in page.text
    assert len(site.fixed) <= 4
