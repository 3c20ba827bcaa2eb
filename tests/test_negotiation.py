"""One row per rule of content negotiation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgraph.formats import GRAPH_TYPES, RESULT_TYPES
from kgraph.web.http.negotiation import choose_suffix, known_suffix, media_type

ROWS = (*RESULT_TYPES, "html")
GRAPHS = (*GRAPH_TYPES, "html")


@pytest.mark.parametrize(
    ("accept", "offered", "expected"),
    [
        (None, ROWS, "json"),
        ("", ROWS, "json"),
        ("*/*", ROWS, "json"),
        ("*", ROWS, "json"),
        ("text/csv", ROWS, "csv"),
        ("TEXT/CSV", ROWS, "csv"),
        ("application/json", ROWS, "json"),
        ("application/sparql-results+xml, application/rdf+xml;q=0.9", ROWS, "xml"),
        ("text/csv;q=0.4, application/sparql-results+json;q=0.5", ROWS, "json"),
        ("text/*", ROWS, "csv"),
        ("text/*;q=0.5, text/html", ROWS, "html"),
        ("*/*, application/sparql-results+json;q=0", ROWS, "xml"),
        ("image/png", ROWS, None),
        ("text/csv;q=0", ROWS, None),
        ("text/csv;q=nonsense", ROWS, None),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", ROWS, "html"),
        ("application/rdf+xml;q=0.9, text/turtle", GRAPHS, "ttl"),
        ("application/ld+json, text/turtle", GRAPHS, "jsonld"),
        ("text/turtle;q=0.2, */*;q=0.1, application/n-triples", GRAPHS, "nt"),
    ],
)
def test_the_client_gets_what_it_likes_best(
    accept: str | None, offered: tuple[str, ...], expected: str | None
) -> None:
    assert choose_suffix(accept, offered) == expected


@given(st.lists(st.sampled_from(sorted(ROWS)), min_size=1, unique=True), st.sampled_from(ROWS))
def test_a_refused_format_is_never_given(offered: list[str], refused: str) -> None:
    accept = f"*/*, {media_type(refused).split(';')[0]};q=0"
    chosen = choose_suffix(accept, tuple(offered))
    assert chosen != refused


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("csv", "csv"), ("Turtle", "ttl"), ("JSON", "json"), ("text/turtle", "ttl"),
     ("application/sparql-results json", "json"), ("docx", None)],
)  # fmt: skip
def test_a_format_is_known_by_suffix_name_or_type(name: str, suffix: str | None) -> None:
    assert known_suffix(name) == suffix
