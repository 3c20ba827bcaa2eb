"""Comunica, a query engine in JavaScript, over the endpoint and over single graphs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from live_server import LiveServer, start_server
from npm_packages import install_packages
from repositories import write_repository

SCRIPT = Path(__file__).parent / "comunica"
GRAPH = "https://w3id.org/munirel/graph/"
RHEINE = "https://w3id.org/munirel/id/authority/rheine"
PREFIXES = """PREFIX mr: <https://w3id.org/munirel/def#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
"""
SELECT = f"{PREFIXES} SELECT ?name {{ ?it a mr:LocalAuthority ; rdfs:label ?name }}"
JOIN = f"{PREFIXES} SELECT ?n ?m {{ ?e mr:host ?h ; rdfs:label ?n . ?h rdfs:label ?m }}"
CONSTRUCT = "CONSTRUCT WHERE { ?s a <https://w3id.org/munirel/def#LocalAuthority> }"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server of the snapshot of a small repository."""
    root = write_repository(tmp_path_factory.mktemp("repository"))
    command = [sys.executable, "-m", "kgraph", "build"]
    subprocess.run(command, cwd=root, check=True, capture_output=True, timeout=60)
    server = start_server("--snapshot", str(root / "build"), budget_seconds=0)
    yield server
    assert server.stop() == 0


def ask(query: str, **context: object) -> dict[str, Any]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: Comunica runs in it")
    packages = install_packages(SCRIPT)
    done = subprocess.run(
        [node, str(SCRIPT / "ask.mjs"), str(packages)],
        input=json.dumps([{"query": query, **context}]),
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (answer,) = json.loads(done.stdout)
    return dict(answer)


def sources(server: LiveServer, how: str) -> list[Any]:
    """Give the endpoint as Comunica is told of it."""
    return {
        "by its type": [{"type": "sparql", "value": server.sparql}],
        "by its name": [server.sparql],
        "by its description": [f"{server.sparql}?"],
    }[how]


@pytest.mark.parametrize("how", ["by its type", "by its name", "by its description"])
def test_an_endpoint_however_it_is_found(server: LiveServer, how: str) -> None:
    answer = ask(JOIN, sources=sources(server, how))
    assert (answer["kind"], answer["answer"]) == ("bindings", [{"n": "Fair", "m": "Rheine"}])
    method, status, media_type = answer["requests"][-1]
    assert (method, status, media_type) == ("GET", 200, "application/sparql-results+json")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (SELECT, [{"name": "Rheine"}]),
        (f"ASK {{ <{RHEINE}> ?p ?o }}", True),
        ("ASK { <http://e/nobody> ?p ?o }", False),
        (f"SELECT ?g {{ GRAPH ?g {{ <{RHEINE}> ?p 'Rheine'@de }} }}",
         [{"g": f"{GRAPH}registers/municipalities"}]),
        (f"SELECT ?none {{ <{RHEINE}> ?p ?o OPTIONAL {{ ?o ?p ?none }} }} LIMIT 1", [{}]),
    ],
)  # fmt: skip
def test_rows_and_yes_or_no(server: LiveServer, query: str, expected: object) -> None:
    answer = ask(query, sources=sources(server, "by its type"))
    # Not its language: Comunica 4.5.0 reads each literal of JSON results without it.
    assert answer["answer"] == expected


def test_a_graph(server: LiveServer) -> None:
    answer = ask(CONSTRUCT, sources=sources(server, "by its type"))
    assert [row[0] for row in answer["answer"]] == [RHEINE]
    assert answer["requests"] == [["GET", 200, "text/turtle; charset=utf-8"]]


def test_a_long_query_by_post(server: LiveServer) -> None:
    query = SELECT.replace("{ ?it", "{ VALUES ?x { " + "'long' " * 200 + "} ?it")
    answer = ask(query, sources=sources(server, "by its type"))
    assert answer["answer"] == [{"name": "Rheine"}] * 200
    assert answer["requests"] == [["POST", 200, "application/sparql-results+json"]]


def test_a_refusal_is_an_error(server: LiveServer) -> None:
    destination = {"type": "sparql", "value": server.sparql}
    update = "INSERT DATA { <http://e/a> <http://e/b> 1 }"
    answer = ask(update, sources=[destination], destination=destination)
    assert answer["kind"] == "error"
    assert "403" in answer["answer"]


@pytest.mark.parametrize("address", ["graph/registers/municipalities", "data?default"])
def test_a_graph_as_a_document(server: LiveServer, address: str) -> None:
    document = [server.url + address]
    answer = ask(SELECT, sources=document, lenient=False)
    assert answer["answer"] == [{"name": "Rheine@de"}]
    assert [status for _, status, _ in answer["requests"]] == [200]


def test_all_graphs_as_a_document(server: LiveServer) -> None:
    query = f"SELECT ?g {{ GRAPH ?g {{ <{RHEINE}> ?p ?o }} }}"
    answer = ask(query, sources=[f"{server.url}data"])
    assert {"g": f"{GRAPH}registers/municipalities"} in answer["answer"]


def test_an_endpoint_joined_with_a_document(server: LiveServer) -> None:
    both = [{"type": "sparql", "value": server.sparql}, f"{server.url}graph/documents/2024-fair"]
    answer = ask(
        f"{PREFIXES} SELECT DISTINCT ?n {{ ?e mr:host ?h . ?h rdfs:label ?n }}", sources=both
    )
    assert answer["answer"] == [{"n": "Rheine"}]
