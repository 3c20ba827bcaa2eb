"""Funded and listed partnerships against the tables they come from.

The tables are no part of the repository: what needs them is skipped where they are absent.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from kgraph.dataset.assembly import read_graphs
from kgraph.dataset.layout import list_graph_files
from kgraph.namespaces import DCT, ID, MR, PREFIXES, RDF, SCHEMA, VOC

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

#: Twin towns that take part in a programme; their pages call them twin towns.
TWINS_IN_PROGRAMMES = [
    "brasschaat-tarija", "bremen-windhoek", "corinto-koeln", "denver-kunming", "denver-nairobi",
    "erfurt-san-miguel-de-tucuman", "harare-muenchen", "herten-szczytno", "hoi-an-wernigerode",
    "jendouba-wolfsburg", "koeln-rio-de-janeiro", "marburg-sfax", "matagalpa-wuppertal",
    "monastir-muenster", "nuernberg-san-carlos", "ritterhude-sztum", "solingen-thies",
]  # fmt: skip
ARCHIVE = "web.archive.org"

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


@cache
def describe_phases() -> dict[str, dict[str, set[str]]]:
    """Give predicate -> values of each phase, both as IRIs or plain text."""
    kind, phase = NamedNode(f"{RDF}type"), NamedNode(f"{MR}RelationshipPhase")
    phases = {q.subject for q in read_data() if q.predicate == kind and q.object == phase}
    found: dict[str, dict[str, set[str]]] = {}
    for quad in read_data():
        if quad.subject in phases:
            about = found.setdefault(quad.subject.value, defaultdict(set))  # type: ignore[union-attr]
            about[quad.predicate.value].add(quad.object.value)  # type: ignore[union-attr]
    return found


def list_sources(phase: dict[str, set[str]]) -> set[str]:
    names = (f"{DCT}source", f"{MR}evidence", f"{PREFIXES['prov']}wasDerivedFrom")
    return {source for name in names for source in phase.get(name, set())}


@cache
def count_relationships_per_address() -> Counter[str]:
    pairs = {
        (source, next(iter(phase[f"{MR}phaseOf"])))
        for phase in describe_phases().values()
        for source in list_sources(phase)
    }
    return Counter(source for source, _ in pairs)


def find_host(address: str) -> str:
    """Give the host of an address; of an archived copy that of the page."""
    page = address.split("/http", 1)[1] if ARCHIVE in address else address.split(":", 1)[1]
    name = urlsplit("http://" + page.split("//")[-1].lstrip("s:/")).hostname or ""
    return name.removeprefix("www.").rstrip(".")


def find_confidence(phase: dict[str, set[str]]) -> str:
    """Give the confidence of a phase by the rule of decision 0022."""
    sources = list_sources(phase)
    own = {source for source in sources if source.startswith(ID)}
    if own or any(begun.startswith(f"{ID}agreement/") for begun in phase[f"{MR}begunBy"]):
        return "stated"
    if len({find_host(source) for source in sources}) > 1:
        return "listed-and-confirmed"
    if all(ARCHIVE in source for source in sources):
        return "unverified"
    if max(count_relationships_per_address()[source] for source in sources) > 2:
        return "listed"
    return "single-source"


def test_the_confidence_of_a_phase_follows_its_sources() -> None:
    wrong = {
        name: (given, rule)
        for name, phase in describe_phases().items()
        for given in [phase[f"{MR}confidence"]]
        for rule in [find_confidence(phase)]
        if given != {f"{VOC}confidence/{rule}"}
    }
    assert wrong == {}
    assert len({find_confidence(phase) for phase in describe_phases().values()}) == 5


def test_what_only_lists_attest_goes_on_nowhere_without_an_end() -> None:
    open_ended = [
        name
        for name, phase in describe_phases().items()
        if any(time.endswith("/..") for time in phase[f"{MR}edtf"])
        and not phase[f"{MR}attestedUntil"]
    ]
    assert open_ended == []


def test_an_attested_phase_has_no_end_that_nobody_stated() -> None:
    for name, phase in describe_phases().items():
        if name.endswith("-attested") and not phase[f"{MR}attestedUntil"]:
            # Its end is the beginning of the next phase of the same relationship.
            relationship = phase[f"{MR}phaseOf"]
            others = [other for other in describe_phases().values() if other is not phase]
            assert any(other[f"{MR}phaseOf"] == relationship for other in others), name


@pytest.mark.parametrize("pair", TWINS_IN_PROGRAMMES)
def test_twin_towns_in_a_programme_are_no_project_partnership(pair: str) -> None:
    forms = {
        form
        for phase in describe_phases().values()
        if f"{ID}relationship/{pair}" in phase[f"{MR}phaseOf"]
        for form in phase[f"{MR}form"]
    }
    assert forms
    assert f"{VOC}relationship-form/project-partnership" not in forms


def test_the_eleven_pairs_of_phase_nine_are_written_alike() -> None:
    address = "https://www.lag21.de/aktuelles/details/kommunale-klimapartnerschaften-phase-neun/"
    pairs = [p for p in describe_phases().values() if address in p[f"{DCT}source"]]
    assert len(pairs) == 11
    assert {tuple(p[f"{MR}attestedFrom"] | p[f"{MR}edtf"]) for p in pairs} == {("2022-11-08",)}
    assert {tuple(p[f"{MR}attestedUntil"]) for p in pairs} == {("2024-09",)}


def test_one_graph_alone_rests_on_wikipedia_and_has_its_licence() -> None:
    morocco = "https://w3id.org/munirel/graph/lists/morocco"
    source, licence = NamedNode(f"{DCT}source"), NamedNode(f"{DCT}license")
    resting = {
        quad.graph_name.value  # type: ignore[union-attr]
        for quad in read_data()
        if quad.predicate == source and "wikipedia.org" in quad.object.value  # type: ignore[union-attr]
    }
    licensed = {q.subject.value for q in read_data() if q.predicate == licence}  # type: ignore[union-attr]
    assert resting == licensed == {morocco}
