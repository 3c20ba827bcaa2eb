"""Requests by chance: no answer may be a fault of the server. FUZZ_REQUESTS sets how many."""

from __future__ import annotations

import collections
import concurrent.futures

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hostile_target import FUZZED, Target, connects
from sparql_grammar import Grammar

_CLIENTS = 4
_RIGHT = {200, 304, 400, 403, 404, 405, 406, 408, 411, 413, 414, 415, 422, 429, 431, 503}


def test_queries_by_the_grammar(target: Target) -> None:
    def ask(seed: int) -> tuple[int, str, str]:
        query = Grammar(seed).write()
        form = {"query": query, "timeout": "0.5"}
        answer = client.post(f"{target.url}sparql", data=form, headers={"Accept": "*/*"})
        return answer.status_code, query, answer.text[:300]

    seen: collections.Counter[int] = collections.Counter()
    with (
        httpx.Client(timeout=20) as client,
        concurrent.futures.ThreadPoolExecutor(_CLIENTS) as clients,
    ):
        for status, query, text in clients.map(ask, range(FUZZED)):
            assert status in _RIGHT, f"{query}\n{text}"
            seen[status] += 1
    assert seen[200] > FUZZED // 20, seen
    assert seen[400] > FUZZED // 20, seen


def test_addresses_by_the_openapi_document(target: Target) -> None:
    schema = schemathesis.openapi.from_url(f"{target.url}openapi.json")
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) >= 50, "the questions are among them"
    for operation in operations:

        @given(case=operation.as_strategy())
        @settings(
            max_examples=max(3, FUZZED // len(operations)),
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def send(case: schemathesis.Case) -> None:
            answer = case.call(timeout=20)
            assert answer.status_code in _RIGHT, (case.as_curl_command(), answer.text[:300])

        send()
    assert connects(target)


@pytest.mark.parametrize("path", ["sparql", "data"])
def test_parameters_by_chance(target: Target, path: str) -> None:
    names = st.sampled_from(
        [
            "query",
            "default-graph-uri",
            "named-graph-uri",
            "format",
            "timeout",
            "graph",
            "default",
            "x",
        ]
    )
    values = st.one_of(
        st.text(), st.sampled_from(["ASK {}", "json", "1", "http://e/g", "file:///a"])
    )

    with httpx.Client(timeout=20) as client:

        @given(st.lists(st.tuples(names, values), max_size=5), st.text(max_size=40))
        @settings(
            max_examples=max(50, FUZZED // 4),
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        def send(parameters: list[tuple[str, str]], accept: str) -> None:
            headers = {
                "Accept": accept.encode("ascii", "ignore").decode().translate(_PRINTABLE).strip()
            }
            plain = [(n, v.encode("utf-8", "ignore").decode()) for n, v in parameters]
            answer = client.get(f"{target.url}{path}", params=plain, headers=headers)
            assert answer.status_code in _RIGHT, answer.text[:300]

        send()


_PRINTABLE = dict.fromkeys([*range(32), 127])


def test_the_grammar_is_one_text_per_seed() -> None:
    assert Grammar(1).write() == Grammar(1).write() != Grammar(2).write()
