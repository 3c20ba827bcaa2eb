"""Real clients get what they ask for."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from rdflib import Graph, Literal, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import CSV, JSON, TURTLE, SPARQLWrapper

from kgraph.web.logs import hash_query
from live_server import until

SELECT = "SELECT ?name { <http://e/a> <http://e/name> ?name }"
CONSTRUCT = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"


def test_sparqlwrapper_with_its_defaults(live) -> None:
    client = SPARQLWrapper(live.sparql)
    client.setQuery(SELECT)
    assert "Köln" in client.queryAndConvert().toxml()
    client.setQuery(CONSTRUCT)
    assert (URIRef("http://e/a"), URIRef("http://e/name"), Literal("Köln", "de")) in (
        client.queryAndConvert()
    )


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_sparqlwrapper_in_other_formats(live, method: str) -> None:
    client = SPARQLWrapper(live.sparql)
    client.setMethod(method)
    client.setQuery(SELECT)
    client.setReturnFormat(JSON)
    assert client.queryAndConvert()["results"]["bindings"][0]["name"]["value"] == "Köln"
    client.setReturnFormat(CSV)
    assert client.queryAndConvert().decode().splitlines() == ["name", "Köln"]
    client.setQuery(CONSTRUCT)
    client.setReturnFormat(TURTLE)
    assert len(Graph().parse(data=client.queryAndConvert(), format="turtle")) == 2


def test_rdflib_over_the_endpoint(live) -> None:
    graph = Graph(SPARQLStore(live.sparql))
    assert [str(row.name) for row in graph.query(SELECT)] == ["Köln"]
    assert set(graph.objects(URIRef("http://e/a"), URIRef("http://e/knows"))) == {
        URIRef("http://e/b")
    }


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_with_a_file(live, tmp_path: Path) -> None:
    query = tmp_path / "query.rq"
    query.write_text(SELECT)
    command = ["curl", "-sS", "-H", "Accept: text/csv"]
    command += ["--data-urlencode", f"query@{query}", live.sparql]
    answer = subprocess.run(command, capture_output=True, timeout=30, check=True)
    assert answer.stdout.decode() == "name\r\nKöln\r\n"


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
def test_a_browser(live, tmp_path: Path) -> None:
    page = f"{live.sparql}?query={SELECT.replace(' ', '+').replace('?', '%3F')}"
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"]
    command += ["--no-first-run", "--disable-background-networking", "--disable-component-update"]
    command += ["--disable-sync", f"--user-data-dir={tmp_path}", "--dump-dom", page]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert '<td lang="de">Köln</td>' in answer.stdout


def test_the_log_names_no_one_and_no_query(live) -> None:
    client = SPARQLWrapper(live.sparql)
    client.setQuery("SELECT ('Erika' AS ?who) {}")
    client.query()

    def find_line() -> dict[str, object]:
        logged = [json.loads(line) for line in live.lines if line.startswith("{")]
        name = hash_query("SELECT ('Erika' AS ?who) {}")
        return next((line for line in logged if line.get("query") == name), {})

    # It was written before the answer was; somebody has to read it.
    assert until(find_line)
    assert {"query", "status", "seconds", "bytes", "prepared"} <= set(find_line())
    assert "Erika" not in "".join(live.lines)
    assert "127.0.0.1" not in "".join(line for line in live.lines if line.startswith("{"))
