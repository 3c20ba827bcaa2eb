"""What a page shows of an answer: the first rows and how many there are."""

from __future__ import annotations

import io

import pytest
from pyoxigraph import Literal, NamedNode, Store

from kgraph.engines.preview import (
    FIRST_ROWS,
    Preview,
    read_preview,
    write_preview,
)
from kgraph.engines.protocol import Rows
from kgraph.errors import EngineFailure


def preview(query: str) -> Preview:
    out = io.BytesIO()
    write_preview(Store().query(query), out)  # type: ignore[arg-type]
    return read_preview(out.getvalue())


def rows(query: str) -> list[tuple[object, ...]]:
    found = preview(query).found
    assert isinstance(found, Rows)
    return found.rows


def test_terms_come_back_as_they_were() -> None:
    text = """SELECT ?a ?b ?c { VALUES (?a ?b ?c) {
        (<http://e/a,b> "tab\\tline\\nquote\\"back\\\\"@de UNDEF)
        ("\\u0001" "" 1.50) (true "2024-01-01"^^<http://e/date> <<( <a:a> <b:b> "q\\tw" )>>) } }"""
    assert rows(text) == [tuple(row) for row in Store().query(text)]  # type: ignore[union-attr]


def test_a_yes_or_no() -> None:
    assert preview("ASK {}").found is True
    assert preview("ASK { ?s ?p ?o }").found is False


def test_rows_without_columns_are_rows() -> None:
    found = preview("SELECT * {}")
    assert (found.count(), len(rows("SELECT * {}"))) == ("1 row", 1)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("VALUES ?x { }", "0 rows"),
        ("VALUES ?x { 1 }", "1 row"),
        (f"VALUES ?x {{ {' '.join(map(str, range(FIRST_ROWS)))} }}", "200 rows"),
        (f"VALUES ?x {{ {' '.join(map(str, range(FIRST_ROWS + 1)))} }}", "first 200 of 201 rows"),
        (
            f"VALUES ?x {{ {' '.join(map(str, range(1_100)))} }} "
            f"VALUES ?y {{ {' '.join(map(str, range(100)))} }}",
            "first 200 of more than 100,000 rows",
        ),
    ],
)
def test_it_says_how_many_there_are(more: str, said: str) -> None:
    assert preview(f"SELECT * {{ {more} }}").count() == said


def test_long_terms_are_cut_and_many_are_fewer_rows() -> None:
    ((term,),) = rows(f'SELECT ("{"x" * 5_000}"@de AS ?x) {{}}')
    assert term == Literal(f"{'x' * 4_000} … (5,000 characters)")
    ((address,),) = rows(f"SELECT ?x {{ VALUES ?x {{ <http://e/{'x' * 5_000}> }} }}")
    assert isinstance(address, Literal), "half an address leads nowhere"
    nested = "<<( <a:a> <a:b> " * 900 + "1" + " )>>" * 900
    ((triple,),) = rows(f"SELECT ?t {{ VALUES ?t {{ {nested} }} }}")
    assert isinstance(triple, Literal)
    assert "characters)" in triple.value
    many = preview(f'SELECT ?x ?y {{ VALUES ?y {{ "{"x" * 3_000}" }} VALUES ?x {{ '
                   f"{' '.join(map(str, range(500)))} }} }}")  # fmt: skip
    assert isinstance(many.found, Rows)
    assert len(many.found.rows) < FIRST_ROWS
    assert many.total == 500
    assert rows("SELECT ?x { VALUES ?x { <http://e/a> } }") == [(NamedNode("http://e/a"),)]


def test_what_is_none_is_an_error() -> None:
    for body in (b"", b"x\n?a\n", b"1\nnothing", b"1\n?a\n<x\n"):
        with pytest.raises(EngineFailure):
            read_preview(body)
