"""Funded and listed partnerships against the tables they come from.

The tables are no part of the repository: what needs them is skipped where they are absent.
"""

from __future__ import annotations

import csv
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from kgraph.dataset.assembly import read_graphs
from kgraph.dataset.layout import list_graph_files
from kgraph.namespaces import DCT, MR, RDF, SCHEMA

ROOT = Path(__file__).parent.parent
TABLES = ROOT.parent / "shared" / "data"
ADDRESS_COLUMNS = {
    "funded_partnerships_bmz": "source_url",
    "funded_partnerships_other": "source_url",
    "funding_programmes": "source_url",
    "funding_programmes_other": "source_url",
    "duesseldorf_evidence": "source_url",
    "twinnings": "date_source",
}
#: Amounts of undertakings that the tables repeat on every pair.
JOINT_AMOUNTS = ["245000", "49000", "177100", "185000", "140000", "100000", "4200000", "16041.5"]

needs_tables = pytest.mark.skipif(
    not TABLES.is_dir(), reason="../shared/data with the tables is not there"
)


@cache
def read_data() -> list[Quad]:
    """Give every quad of `data/`, each in its named graph; about 40,000."""
    files = [entry for entry in list_graph_files(ROOT) if entry.name.startswith("data/")]
    return read_graphs(files)


def read_rows(table: str) -> list[dict[str, str]]:
    with (TABLES / f"{table}.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return [row for row in rows if table != "twinnings" or "curated" in row["sources"]]


def list_fundings() -> dict[str, str]:
    """Give each funding, given or planned, with the graph that says so."""
    kind = NamedNode(f"{RDF}type")
    fundings = {NamedNode(f"{MR}Funding"), NamedNode(f"{MR}PlannedFunding")}
    return {
        quad.subject.value: quad.graph_name.value  # type: ignore[union-attr]
        for quad in read_data()
        if quad.predicate == kind and quad.object in fundings
    }


@needs_tables
@pytest.mark.parametrize("table", sorted(ADDRESS_COLUMNS))
def test_every_address_of_the_tables_is_cited(table: str) -> None:
    source = NamedNode(f"{DCT}source")
    cited = {
        quad.object.value
        for quad in read_data()
        if quad.predicate == source and isinstance(quad.object, NamedNode)
    }
    addresses = {row[ADDRESS_COLUMNS[table]].split(" ")[0] for row in read_rows(table)}
    assert addresses - cited == set()


@needs_tables
def test_every_amount_of_the_tables_is_there() -> None:
    amounts = count_amounts()
    wanted = {
        float(row["amount"])
        for table in ("funded_partnerships_bmz", "funded_partnerships_other")
        for row in read_rows(table)
        if row["amount"]
    }
    assert wanted - set(amounts) == set()


@pytest.mark.parametrize("amount", JOINT_AMOUNTS)
def test_the_amount_of_a_joint_undertaking_stands_once(amount: str) -> None:
    assert count_amounts()[float(amount)] == 1


def test_what_a_page_only_implies_is_inferred_and_curated() -> None:
    confidence, inferred = NamedNode(f"{MR}confidence"), NamedNode(f"{MR}inferred")
    implied = NamedNode("https://w3id.org/munirel/voc/confidence/implied")
    marked = {quad.subject.value for quad in read_data() if quad.predicate == inferred}  # type: ignore[union-attr]
    graphs = list_fundings()
    found = {
        quad.subject.value  # type: ignore[union-attr]
        for quad in read_data()
        if quad.predicate == confidence and quad.object == implied
    }
    fundings = found & set(graphs)
    assert len(fundings) >= 40
    assert fundings <= marked
    assert all("/graph/curated" in graphs[funding] for funding in fundings)


def test_places_fund_nothing_and_are_no_partners() -> None:
    ends = {NamedNode(f"{SCHEMA}funder"), NamedNode(f"{MR}hasPartner")}
    wrong = [
        quad
        for quad in read_data()
        if quad.predicate in ends
        and quad.object.value.startswith("https://w3id.org/munirel/id/place/")  # type: ignore[union-attr]
    ]
    assert wrong == []


def count_amounts() -> Counter[float]:
    """Give how many fundings have each amount, whatever the currency."""
    amount, fundings = NamedNode(f"{MR}amount"), list_fundings()
    return Counter(
        float(quad.object.value)
        for quad in read_data()
        if quad.predicate == amount
        and isinstance(quad.object, Literal)
        and quad.subject.value in fundings  # type: ignore[union-attr]
    )
