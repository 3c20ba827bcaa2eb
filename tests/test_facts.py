"""The facts of the source texts: each line of `cases/facts/` is one query that must find its fact.

The tables and their columns are explained in `cases/facts/README.md`.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, QuerySolutions, RdfFormat, Store

from kgraph.dataset.evidence import Passage, read_passage
from kgraph.dataset.layout import list_graph_files
from kgraph.namespaces import ID, PREFIXES

ROOT = Path(__file__).parent.parent
CASES = Path(__file__).parent / "cases" / "facts"
PROLOGUE = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in PREFIXES.items())
PRIMARY_SOURCE = NamedNode(f"{PREFIXES['prov']}hadPrimarySource")
LENGTH = NamedNode(f"{PREFIXES['mr']}length")
DOCUMENTS = ("000", "001", "002", "003", "004")
Row = dict[str, str]


def read_table(name: str) -> list[Row]:
    """Give the lines of one table, by column."""
    with (CASES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


TABLES = sorted(file.stem for file in CASES.glob("*.csv") if file.stem != "absent")
STATED = [(table, row) for table in TABLES for row in read_table(table)]
ABSENT = read_table("absent")


@cache
def list_files() -> dict[str, Path]:
    """Give the file of each graph of `data/`, by the graph's address."""
    return {entry.graph.value: entry.file for entry in list_graph_files(ROOT)}


@cache
def load_table(name: str) -> Store:
    """Give the one graph that a table asks, as the default graph of a store of its own."""
    store = Store()
    if name in DOCUMENTS:
        sources = load_table("provenance").quads_for_pattern(
            None, PRIMARY_SOURCE, NamedNode(f"{ID}document/{name}"), None
        )
        (graph,) = [quad.subject.value for quad in sources if isinstance(quad.subject, NamedNode)]
        file = list_files()[graph]
    else:
        file = ROOT / "data" / f"{name}.ttl"
    store.load(path=str(file), format=RdfFormat.TURTLE)
    return store


def find_evidence(store: Store, pattern: str) -> list[set[Passage]]:
    """Give, for each match of the pattern, the passages on which `?it` rests."""
    rows = store.query(
        f"{PROLOGUE}SELECT ?it ?passage WHERE {{ {{ SELECT DISTINCT ?it WHERE {{ {pattern} }} }} "
        "OPTIONAL { ?it mr:evidence ?passage } }"
    )
    assert isinstance(rows, QuerySolutions)
    found: dict[str, set[Passage]] = {}
    for row in rows:
        passages = found.setdefault(str(row["it"]), set())
        if row["passage"] is not None:
            passage = read_passage(row["passage"].value)
            assert passage is not None, f"{row['passage']} is no address of a passage"
            passages.add(passage)
    return list(found.values())


def overlaps(passage: Passage, start: int, end: int) -> bool:
    """Say whether a passage shares at least one character with a range."""
    return passage.start < end and passage.end > start


@pytest.mark.parametrize(
    ("table", "row"), STATED, ids=[f"{table}: {row['fact']}" for table, row in STATED]
)
def test_a_fact_is_found_with_its_passage(table: str, row: Row) -> None:
    found = find_evidence(load_table(table), row["pattern"])
    assert found, f"{table}.csv: the graph does not say this: {row['fact']}"
    if row["start"]:
        start, end = int(row["start"]), int(row["end"])
        assert any(
            passage.name == table and overlaps(passage, start, end)
            for passages in found
            for passage in passages
        ), f"{table}.csv: found, but no evidence overlaps #char={start},{end}: {row['fact']}"


@pytest.mark.parametrize("row", ABSENT, ids=[f"{row['graph']}: {row['fact']}" for row in ABSENT])
def test_what_no_text_says_is_absent(row: Row) -> None:
    found = find_evidence(load_table(row["graph"]), row["pattern"])
    assert not found, f"absent.csv: graph {row['graph']} must not say this: {row['fact']}"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_passage_lies_in_its_own_document(name: str) -> None:
    lengths = load_table("provenance").quads_for_pattern(
        NamedNode(f"{ID}document/{name}"), LENGTH, None, None
    )
    (length,) = [int(quad.object.value) for quad in lengths if isinstance(quad.object, Literal)]
    for passages in find_evidence(load_table(name), "?it ?property ?value ."):
        for passage in passages:
            assert passage.name == name, f"{passage.iri} is a passage of another document"
            assert passage.end <= length, f"{passage.iri} ends after the {length} characters"


@pytest.mark.parametrize("name", [*TABLES, "absent"])
def test_a_table_names_each_fact_once(name: str) -> None:
    facts = [(row.get("graph"), row["fact"]) for row in read_table(name)]
    assert len(set(facts)) == len(facts), f"{name}.csv: a fact stands there twice"


@pytest.mark.parametrize("name", TABLES)
def test_each_pattern_asks_for_the_node_that_states_the_fact(name: str) -> None:
    for row in read_table(name):
        assert "?it" in row["pattern"], f"{name}.csv: the pattern has no ?it: {row['fact']}"


@pytest.mark.parametrize(
    ("name", "least"),
    [("000", 75), ("001", 95), ("002", 115), ("003", 42), ("004", 80), ("absent", 80)],
)
def test_a_table_is_not_emptied_unnoticed(name: str, least: int) -> None:
    assert len(read_table(name)) >= least
