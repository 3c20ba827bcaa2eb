"""Statements with the line on which their object ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import NamedNode

from kgraph.errors import BadConfig, BrokenData
from kgraph.turtle.reading import LineFeed, read_bytes, read_statements, read_text

HEAD = "@prefix e: <http://e/> .\n"


def lines(text: str) -> list[int]:
    return [statement.line for statement in read_statements(text.encode(), "x.ttl")]


def test_each_object_has_its_line() -> None:
    text = HEAD + 'e:a\n  e:p 1 ,\n    2 ;\n  e:q """x\ny""" ;\n.\n# remark\n\ne:b e:p [ e:q 3 ] .'
    assert lines(text) == [3, 4, 6, 10, 10]


def test_a_fault_comes_after_the_statements_before_it() -> None:
    statements = read_statements(f"{HEAD}e:a e:p 1 .\ne:b e:p .".encode(), "x.ttl")
    assert next(statements).line == 2
    with pytest.raises(BrokenData) as caught:
        next(statements)
    assert (caught.value.file, caught.value.line, caught.value.column) == ("x.ttl", 3, 9)
    assert "line 3" not in str(caught.value)


@pytest.mark.parametrize("length", [4_000, 4_096, 4_097, 8_192, 100_000, 3_000_000])
def test_a_long_line_is_read(length: int) -> None:
    text = f'{HEAD}e:a e:p "{"x" * length}" .\ne:b e:p 1 .'
    assert lines(text) == [2, 3]


@settings(deadline=None)
@given(st.binary(max_size=60), st.lists(st.integers(-1, 9), min_size=1, max_size=80))
def test_a_read_gives_no_more_than_asked_and_loses_nothing(
    content: bytes, sizes: list[int]
) -> None:
    feed, got = LineFeed(content), b""
    for size in sizes:
        piece = feed.read(size)
        assert size < 0 or len(piece) <= size
        got += piece
    while piece := feed.read(5):
        got += piece
    assert got == content
    assert feed.line == len(content.removesuffix(b"\n").split(b"\n")) - (not content)


def test_the_graph_is_the_one_given() -> None:
    graph = NamedNode("http://e/g")
    (statement,) = read_statements(f"{HEAD}e:a e:p 1 .".encode(), "x.ttl", graph)
    assert statement.quad.graph_name == graph


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="cannot be read"):
        read_bytes(tmp_path / "none.ttl")
    latin = tmp_path / "latin.ttl"
    latin.write_bytes(b"# a\n# D\xfc\n")
    with pytest.raises(BrokenData, match="not UTF-8") as caught:
        read_text(latin)
    assert caught.value.line == 2
