"""Requests that repeat: recognised whole, answered as before, forgotten with the data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from kgraph.web.app import create_app
from kgraph.web.repeats import Repeats
from kgraph.web.settings import read_settings
from kgraph.web.site import Site, make_site

QUERY = f"/sparql?query={quote('SELECT ?o { <http://e/a> ?p ?o }')}"
CSV = {"Accept": "text/csv"}

Open = Callable[..., tuple[TestClient, Site]]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens sites over a file with one triple; all are closed after the test."""
    clients: list[TestClient] = []

    def open_site(**settings: Any) -> tuple[TestClient, Site]:
        file = tmp_path / "one.nt"
        file.write_text('<http://e/a> <http://e/p> "old" .\n')
        site = make_site(read_settings(switch_seconds=60, budget_seconds=0, **settings), [file])
        clients.append(TestClient(Repeats(create_app(site), site)))
        clients[-1].__enter__()
        return clients[-1], site

    yield open_site
    for client in clients:
        client.__exit__(None, None, None)


def count(site: Site, result: str) -> int:
    found = re.search(
        rf'kgraph_prepared_total{{result="{result}"}} (\d+)', site.metrics.write().decode()
    )
    return int(found[1]) if found else 0


def count_kept(client: TestClient) -> int:
    """Give how many answers are held as they were sent."""
    assert isinstance(client.app, Repeats)
    return len(client.app._sent)


def test_a_repeated_request_gets_the_same_answer_and_is_counted(opened: Open) -> None:
    client, site = opened()
    first, *others = (client.get(QUERY, headers=CSV) for _ in range(3))
    assert first.text == "o\r\nold\r\n"
    for other in others:
        assert (other.status_code, other.text, other.headers) == (200, first.text, first.headers)
    assert (count(site, "miss"), count(site, "hit")) == (1, 2)
    assert count_kept(client) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "application/sparql-results+json"},
        {"Accept": "text/csv;q=0.1, text/tab-separated-values"},
        {"Accept": "text/html"},
        {"Accept": "image/png"},
        {"Accept": "text/csv", "If-None-Match": "*"},
        {"Accept": "text/csv", "Host": "elsewhere.example"},
    ],
)
def test_another_header_is_another_request(opened: Open, headers: dict[str, str]) -> None:
    client, _ = opened()
    alone = client.get(QUERY, headers=headers)
    fresh, _ = opened()
    fresh.get(QUERY, headers=CSV)
    after = [fresh.get(QUERY, headers=headers) for _ in range(2)]
    assert {(each.status_code, each.text) for each in after} == {(alone.status_code, alone.text)}


def test_who_asks_is_of_no_effect(opened: Open) -> None:
    client, _ = opened()
    for name in ("curl/8", "python"):
        assert client.get(QUERY, headers={**CSV, "User-Agent": name}).status_code == 200
    assert count_kept(client) == 1


@pytest.mark.parametrize(
    "address",
    [
        f"/sparql?query={quote('SELECT (NOW() AS ?t) {}')}",
        f"/sparql?query={quote('SELECT')}",
        "/graph/none",
        "/health",
        "/metrics",
    ],
)
def test_what_may_differ_is_not_held(opened: Open, address: str) -> None:
    client, _ = opened()
    for _ in range(2):
        client.get(address, headers=CSV)
    assert count_kept(client) == 0


def test_a_large_answer_and_a_long_request_are_not_held(opened: Open) -> None:
    client, _ = opened()
    large = f"SELECT ?x {{ VALUES ?x {{ '{'x' * 70_000}' }} }}"
    client.post("/sparql", content=large, headers={"Content-Type": "application/sparql-query"})
    client.get(QUERY + quote("#" + "x" * 9000), headers=CSV)
    assert count_kept(client) == 0


def test_other_data_have_other_answers(opened: Open, tmp_path: Path) -> None:
    client, site = opened()
    first = client.get(QUERY, headers=CSV)
    assert (
        client.get(QUERY, headers={**CSV, "If-None-Match": first.headers["ETag"]}).status_code
        == 304
    )
    (tmp_path / "one.nt").write_text('<http://e/a> <http://e/p> "quite new" .\n')
    portal = client.portal
    assert portal is not None
    assert portal.call(site.generations.renew)
    assert client.get(QUERY, headers=CSV).text == "o\r\nquite new\r\n"
    assert (
        client.get(QUERY, headers={**CSV, "If-None-Match": first.headers["ETag"]}).status_code
        == 200
    )


def test_the_memory_for_it_is_bounded(opened: Open) -> None:
    client, _ = opened(prepared_mebibytes=1)
    for number in range(60):
        client.get(f"{QUERY}%23{number}", headers=CSV)
    assert 0 < count_kept(client) < 60


def test_without_memory_nothing_is_held(opened: Open) -> None:
    client, site = opened(prepared_mebibytes=0)
    for _ in range(2):
        assert client.get(QUERY, headers=CSV).text == "o\r\nold\r\n"
    assert count(site, "miss") == 2
    assert count_kept(client) == 0
