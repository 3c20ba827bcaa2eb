"""Rows are counted right in every format, whatever is in them and wherever a write is cut."""

from __future__ import annotations

import io
import os
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, QuerySolutions, Store

from kgraph.engines.row_limit import CountingFile, TooManyRows
from kgraph.engines.writing import write_results
from kgraph.formats import RESULT_TYPES

#: What stands between rows in one format or the other, and what hides it.
PARTS = ['"}},{', "},{", "},{}", "{},{}", '"', "\\", '\\"', "\n", "\r\n", "<result>", ",", "a"]
CELLS = st.one_of(
    st.just("UNDEF"),
    st.lists(st.sampled_from(PARTS), max_size=4).map(lambda parts: str(Literal("".join(parts)))),
    st.lists(st.sampled_from(PARTS), max_size=2).map(
        lambda parts: f"<<( <a:a> <a:b> {Literal(''.join(parts))} )>>"
    ),
)


def write(rows: list[tuple[str, ...]], suffix: str) -> bytes:
    table = " ".join(f"({' '.join(row)})" for row in rows)
    results = Store().query(f"SELECT ?x ?y {{ VALUES (?x ?y) {{ {table} }} }}")
    assert isinstance(results, QuerySolutions)
    out = io.BytesIO()
    write_results(results, suffix, out)
    return out.getvalue()


def count(content: bytes, suffix: str, size: int, most: int) -> bool:
    """Tell whether the content, written in parts, has no more rows than `most`."""
    with tempfile.TemporaryFile() as file:
        target = CountingFile(file.fileno())
        target.count(suffix, most)
        try:
            for start in range(0, len(content), size):
                target.write(content[start : start + size])
        except TooManyRows:
            return False
        assert os.pread(file.fileno(), len(content) + 1, 0) == content
        return True


@pytest.mark.parametrize("suffix", RESULT_TYPES)
@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5), size=st.integers(1, 60))
def test_the_limit_is_met_to_the_row(suffix: str, rows: list[tuple[str, ...]], size: int) -> None:
    content = write(rows, suffix)
    assert count(content, suffix, size, len(rows))
    assert not count(content, suffix, size, len(rows) - 1)


@pytest.mark.parametrize("suffix", RESULT_TYPES)
def test_an_answer_without_rows_is_within_any_limit(suffix: str) -> None:
    assert count(write([], suffix), suffix, 100, 1)


@pytest.mark.parametrize("suffix", RESULT_TYPES)
def test_rows_that_bind_nothing_are_rows(suffix: str) -> None:
    results = Store().query("SELECT ?none { VALUES ?x { 1 2 3 } }")
    assert isinstance(results, QuerySolutions)
    out = io.BytesIO()
    write_results(results, suffix, out)
    assert count(out.getvalue(), suffix, 1000, 3)
    assert not count(out.getvalue(), suffix, 1000, 2)
