"""The W3C's tests of SPARQL 1.1 Federated Query: two endpoints, asked through the server."""

from __future__ import annotations

import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from pyoxigraph import QueryResultsFormat, QuerySolutions, parse_query_results

from live_server import start_server
from stores import run_oxigraph

SUITE = Path(__file__).parents[3] / "shared/suites/rdf-tests/sparql/sparql11/service"
#: Test -> its data here, and those of each endpoint.
TESTS: dict[str, tuple[str, Mapping[str, str]]] = {
    "01": ("data01.ttl", {"example": "data01endpoint.ttl"}),
    "02": ("", {"example1": "data02endpoint1.ttl", "example2": "data02endpoint2.ttl"}),
    "03": ("", {"example1": "data03endpoint1.ttl", "example2": "data03endpoint2.ttl"}),
    "04a": ("data04.ttl", {"example": "data04endpoint.ttl"}),
    "05": ("data05.ttl", {"example1": "data05endpoint1.ttl", "example2": "data05endpoint2.ttl"}),
    "06": ("", {"example1": "data06endpoint1.ttl"}),
    "07": ("data07.ttl", {}),
}
#: Tests whose queries are refused here, and why.
REFUSED = {
    "03": "SERVICE within SERVICE would have one endpoint ask another",
    "05": "the address is a variable",
    "06": "SERVICE within SERVICE would have one endpoint ask another",
}
NOBODY = "http://127.0.0.1:1/sparql"

pytestmark = pytest.mark.skipif(not SUITE.exists(), reason="the suites are not beside this folder")


def name_graph(file: str) -> str:
    return f"http://e/{file}"


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A store whose graphs are the data of all endpoints; each is an endpoint by its address."""
    files = {file for _, endpoints in TESTS.values() for file in endpoints.values()}
    with run_oxigraph(tmp_path_factory.mktemp("away")) as store:
        for file in files:
            graph = urllib.parse.urlencode({"graph": name_graph(file)})
            address = f"{store.query.replace('/query', '/store')}?{graph}"
            content = (SUITE / file).read_bytes()
            request = urllib.request.Request(address, content, {"Content-Type": "text/turtle"})
            urllib.request.urlopen(request, timeout=20).close()
        yield store.query


def read(content: bytes, suffix: QueryResultsFormat) -> Counter[frozenset[tuple[str, str]]]:
    results = parse_query_results(content, suffix)
    assert isinstance(results, QuerySolutions)
    names = [variable.value for variable in results.variables]
    return Counter(
        frozenset((name, str(row[name])) for name in names if row[name] is not None)
        for row in results
    )


@pytest.mark.parametrize("name", TESTS)
def test_a_query_of_the_suite(away: str, tmp_path: Path, name: str) -> None:
    data, endpoints = TESTS[name]
    query = (SUITE / f"service{name}.rq").read_text()
    addresses = {"invalid.endpoint": NOBODY} | {
        host: f"{away}?{urllib.parse.urlencode({'default-graph-uri': name_graph(file)})}"
        for host, file in endpoints.items()
    }
    for host, address in addresses.items():
        query = query.replace(f"<http://{host}.org/sparql>", f"<{address}>")
    local = tmp_path / "local.ttl"
    local.write_text((SUITE / data).read_text() if data else "")
    server = start_server("--data", str(local), service_private=" ".join(addresses.values()))
    try:
        answer = httpx.post(server.sparql, data={"query": query, "format": "json"}, timeout=30)
    finally:
        assert server.stop() == 0
    assert (answer.status_code == 403) is (name in REFUSED), answer.text
    if name not in REFUSED:
        expected = (SUITE / f"service{name.rstrip('a')}.srx").read_bytes()
        rows = read(expected, QueryResultsFormat.XML)
        assert read(answer.content, QueryResultsFormat.JSON) == rows
