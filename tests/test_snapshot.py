"""The built snapshot: same files, same bytes; safe default graph; never half there."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from pyoxigraph import NamedNode

from kgraph.dataset import snapshot
from kgraph.dataset.days import choose_day
from kgraph.dataset.layout import GraphFile, list_graph_files
from kgraph.dataset.snapshot import build_snapshot, find_snapshot, open_snapshot
from kgraph.engines.embedded import EmbeddedEngine
from kgraph.errors import BadConfig, BrokenData
from repositories import HEAD, write, write_repository

DAY = date(2026, 11, 22)
CLAIM = "https://w3id.org/munirel/id/claim/"
DEF = "https://w3id.org/munirel/def#"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_repository(tmp_path / "repository")


def ask(folder: Path, pattern: str) -> bool:
    with open_snapshot(folder) as store:
        return EmbeddedEngine(store).ask(f"ASK {{ {pattern} }}")


def test_every_file_is_a_graph_and_the_manifest_counts_it(root: Path, tmp_path: Path) -> None:
    folder = build_snapshot(root, tmp_path / "out", DAY)
    manifest = json.loads((folder / "manifest.json").read_text())
    graphs = {name.removeprefix("https://w3id.org/munirel/graph/") for name in manifest["graphs"]}
    assert graphs == {
        "ontology/core", "shapes/events", "registers/municipalities", "documents/2024-fair",
        "provenance", "curated", "derived", "snapshot",
    }  # fmt: skip
    lines = (folder / "dataset.nq").read_text().splitlines()
    assert len(lines) == manifest["triples"] - 1  # the snapshot's own date stands apart
    assert len((folder / "default.nt").read_text().splitlines()) == manifest["default_graph"]


def test_the_default_graph_has_no_inferred_node_and_no_shape(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build_snapshot(root, out, DAY)
    guess = f"<{CLAIM}guess>"
    assert ask(out, f"<{CLAIM}sure> a ?class")
    assert not ask(out, f"{guess} ?p ?o")
    assert ask(out, f"GRAPH <https://w3id.org/munirel/graph/curated> {{ {guess} ?p ?o }}")
    assert ask(out, f"GRAPH <https://w3id.org/munirel/graph/derived> {{ {guess} ?p ?o }}")
    assert not ask(out, "?shape a <http://www.w3.org/ns/shacl#NodeShape>")
    assert ask(out, f"?event <{DEF}earliestStart> ?day")
    assert ask(out, "?snapshot <http://purl.org/dc/terms/issued> ?day")


def test_the_default_graph_holds_each_triple_once(root: Path, tmp_path: Path) -> None:
    again = HEAD + 'authority:rheine a mr:LocalAuthority ; rdfs:label "Rheine"@de .'
    write(root, "data/lists/again.ttl", again)
    build_snapshot(root, tmp_path / "out", DAY)
    with open_snapshot(tmp_path / "out") as store:
        rows = EmbeddedEngine(store).select(f"SELECT ?s {{ ?s a <{DEF}LocalAuthority> }}").rows
    assert len(rows) == 1


def test_the_same_files_in_any_order_give_the_same_bytes(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nameless = "[] a mr:Event ; rdfs:label _:x . _:x a mr:Event . [] a mr:Place ."
    write(root, "data/lists/a.ttl", HEAD + nameless)
    write(root, "data/lists/b.ttl", HEAD + nameless)
    one = build_snapshot(root, tmp_path / "one", DAY)

    def backwards(folder: Path) -> list[GraphFile]:
        return list_graph_files(folder)[::-1]

    monkeypatch.setattr(snapshot, "list_graph_files", backwards)
    other = build_snapshot(root, tmp_path / "other", DAY)
    assert one.name == other.name
    for name in ("dataset.nq", "default.nt", "manifest.json"):
        assert (one / name).read_bytes() == (other / name).read_bytes()


def test_the_date_does_not_change_the_digest(root: Path, tmp_path: Path) -> None:
    folders = [build_snapshot(root, tmp_path / "out", date(2026, 11, day)) for day in (21, 22)]
    digests = {json.loads((f / "manifest.json").read_text())["digest"] for f in folders}
    assert len(digests) == 1
    assert find_snapshot(tmp_path / "out") == folders[1].resolve()


def test_dumps_keep_literals_as_written(root: Path, tmp_path: Path) -> None:
    write(root, "data/lists/a.ttl", HEAD + 'event:fair rdfs:comment "05"^^xsd:integer .')
    folder = build_snapshot(root, tmp_path / "out", DAY)
    assert '"05"^^' in (folder / "dataset.nq").read_text()
    assert '"05"^^' in (folder / "default.nt").read_text()


def test_a_broken_file_stops_the_build_and_leaves_the_old_snapshot(
    root: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    old = build_snapshot(root, out, DAY)
    write(root, "data/lists/broken.ttl", "event:a a")
    with pytest.raises(BrokenData, match=r"data/lists/broken\.ttl:1"):
        build_snapshot(root, out, date(2026, 11, 23))
    assert find_snapshot(out) == old.resolve()
    assert sorted(path.name for path in out.iterdir()) == [old.name, "current"]


def test_a_build_that_fails_half_way_leaves_nothing(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(snapshot, "load_store", fail)
    with pytest.raises(BadConfig, match=r"the disk is full.*still is"):
        build_snapshot(root, tmp_path / "out", DAY)
    assert list((tmp_path / "out").iterdir()) == []


def test_building_twice_keeps_the_snapshot(root: Path, tmp_path: Path) -> None:
    first = build_snapshot(root, tmp_path / "out", DAY)
    before = (first / "manifest.json").stat().st_mtime_ns
    assert build_snapshot(root, tmp_path / "out", DAY) == first
    assert (first / "manifest.json").stat().st_mtime_ns == before


def test_the_day_comes_from_the_option_then_the_environment() -> None:
    epoch = {"SOURCE_DATE_EPOCH": "86400"}
    assert choose_day("2026-11-22", epoch) == DAY
    assert choose_day(None, epoch) == date(1970, 1, 2)
    for given, environment in (("22.11.2026", {}), (None, {"SOURCE_DATE_EPOCH": "today"})):
        with pytest.raises(BadConfig, match="is no date"):
            choose_day(given, environment)


def test_folders_without_a_snapshot_or_data_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="holds no snapshot"):
        find_snapshot(tmp_path)
    with pytest.raises(BadConfig, match="holds no ontology"):
        build_snapshot(tmp_path, tmp_path / "out", DAY)


def test_each_file_has_the_graph_its_place_says(root: Path) -> None:
    write(root, "data/.hidden.ttl", "")
    entries = {entry.name: entry.graph for entry in list_graph_files(root)}
    assert "data/.hidden.ttl" not in entries
    curated = NamedNode("https://w3id.org/munirel/graph/curated")
    assert entries["data/curated.ttl"] == curated
