"""Each hostile query gets its error within its limit plus one second, and harms nobody."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import httpx
import pytest

from hostile_corpus import Hostile, build_corpus
from hostile_target import GRACE_SECONDS, QUERY_SECONDS, Target

FILE = str(Path(__file__).resolve())
CORPUS = build_corpus(0, FILE)


def test_the_corpus_is_large() -> None:
    assert len(CORPUS) >= 60


@pytest.mark.parametrize("name", CORPUS)
def test_a_hostile_query(target: Target, listener: socket.socket, name: str) -> None:
    hostile: Hostile = build_corpus(listener.getsockname()[1], FILE)[name]
    with httpx.Client(timeout=QUERY_SECONDS + GRACE_SECONDS) as client:
        # A server that answers late fails here by its client's patience, not by a clock of ours.
        answer = client.post(
            f"{target.url}sparql",
            content=hostile.query.encode(),
            headers={"Content-Type": "application/sparql-query"},
        )
        beside = client.get(f"{target.url}sparql?query=ASK{{}}&format=csv")
    assert answer.status_code in hostile.statuses, answer.text[:500]
    assert beside.status_code == 200
    if answer.status_code >= 400:
        problem = json.loads(answer.content)
        assert problem["status"] == answer.status_code
        assert problem["detail"]
        assert answer.headers["content-type"] == "application/problem+json"
    if answer.status_code == 422:
        assert problem["limit"] in ("seconds", "rows", "bytes", "memory", "memory or nesting")
