"""A naive question on the real data is right: the default graph holds no plan, draft or inference.

Each question of `cases/naive/` is what somebody writes who has read no documentation.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import pytest

from kgraph.dataset.assembly import assemble, load_store, read_graphs
from kgraph.dataset.layout import list_graph_files
from kgraph.engines.embedded import EmbeddedEngine

ROOT = Path(__file__).parent.parent
CASES = Path(__file__).parent / "cases" / "naive"
SNAPSHOT_DAY = date(2026, 1, 1)


@cache
def open_real_data() -> EmbeddedEngine:
    """Give the data set of the repository in memory, as `kgraph build` makes it."""
    return EmbeddedEngine(load_store(assemble(read_graphs(list_graph_files(ROOT)), SNAPSHOT_DAY)))


def read_case(name: str) -> str:
    """Give the text of one query."""
    return (CASES / f"{name}.rq").read_text(encoding="utf-8")


def list_values(name: str) -> list[str]:
    """Give the first column of one query's rows."""
    return [row[0].value for row in open_real_data().select(read_case(name)).rows if row[0]]  # type: ignore[union-attr]


@pytest.mark.parametrize("name", sorted(file.stem for file in CASES.glob("none-*.rq")))
def test_none_of_these_is_found(name: str) -> None:
    assert list_values(name) == []


@pytest.mark.parametrize("name", sorted(file.stem for file in CASES.glob("some-*.rq")))
def test_the_others_are_found(name: str) -> None:
    """Without this an empty graph would pass the tests above."""
    assert list_values(name)


def test_count_of_active_partnerships_has_no_double() -> None:
    (row,) = open_real_data().select(read_case("count-active-partnerships")).rows
    rows, relationships = (int(cell.value) for cell in row)  # type: ignore[union-attr]
    assert rows == relationships > 0


def test_each_label_occurs_once_per_language() -> None:
    assert list_values("count-labels") == []
