"""Old snapshots go, those in use stay, and what killed builds left goes with the next build."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from kgraph.dataset.retention import Hold
from kgraph.dataset.snapshot import build_snapshot, open_snapshot
from kgraph.engines.embedded import EmbeddedEngine
from kgraph.errors import BadConfig
from repositories import write_repository


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_repository(tmp_path / "repository")


def build(root: Path, day: int, keep: int = 2) -> Path:
    """Build the snapshot of a day; a later one was made later, however quick the test is."""
    folder = build_snapshot(root, root / "build", date(2026, 11, day), keep)
    os.utime(folder / "manifest.json", (day, day))
    return folder


def days(root: Path) -> list[int]:
    """Give the days of the snapshots that are there."""
    return sorted(int(each.name[8:10]) for each in (root / "build").glob("2026*"))


def test_the_newest_two_stay_beside_the_current_one(root: Path) -> None:
    for day in range(1, 6):
        build(root, day)
    assert days(root) == [3, 4, 5]
    build(root, 6, keep=0)
    assert days(root) == [6]


def test_an_old_one_that_is_current_again_stays(root: Path) -> None:
    for day in range(1, 4):
        build(root, day)
    build(root, 1, keep=1)
    assert days(root) == [1, 3]
    assert (root / "build" / "current").resolve().name.startswith("2026-11-01")


def test_one_that_a_link_names_stays(root: Path) -> None:
    first = build(root, 1)
    (root / "build" / "published").symlink_to(first.name)
    build(root, 2)
    build(root, 3, keep=0)
    assert days(root) == [1, 3]


def test_one_that_is_being_read_stays_until_it_is_read(root: Path) -> None:
    build(root, 1)
    with open_snapshot(root / "build") as store:
        build(root, 2, keep=0)
        assert days(root) == [1, 2]
        assert EmbeddedEngine(store).ask("ASK { ?s ?p ?o }")
    build(root, 3, keep=0)
    assert days(root) == [3]


def test_one_that_is_gone_cannot_be_held(root: Path) -> None:
    first = build(root, 1)
    build(root, 2, keep=0)
    with pytest.raises(BadConfig, match="cannot be read"):
        Hold(first)
    first.mkdir()
    with pytest.raises(BadConfig, match="removed just now"):
        Hold(first)


def test_nothing_else_in_the_folder_is_touched(root: Path) -> None:
    out = root / "build"
    others = ["vocabularies-1891d1b4546a", "2026-11-22", "2026-11-22-123456789abc", "notes"]
    for name in others:
        (out / name).mkdir(parents=True)
    for day in (1, 2):
        build(root, day, keep=0)
    assert {each.name for each in out.iterdir()} > set(others)


def test_what_killed_builds_left_goes_with_the_next(root: Path) -> None:
    good = build(root, 1)
    for name in (".building-abc", ".removing-2026-11-01-123456789abc"):
        (good.parent / name / "store").mkdir(parents=True)
        (good.parent / name / "store" / "x").write_text("half")
    (good.parent / ".current-17").symlink_to("nowhere")
    build(root, 1)
    assert sorted(each.name for each in good.parent.iterdir()) == [good.name, "current"]


def test_two_builds_at_once_do_not_take_each_other_for_leftovers(root: Path) -> None:
    command = [sys.executable, "-m", "kgraph", "build"]
    both = [
        subprocess.Popen([*command, "--date", f"2026-11-0{day}"], cwd=root, stderr=subprocess.PIPE)
        for day in (1, 2)
    ]
    said = [each.communicate(timeout=60)[1] for each in both]
    assert [each.returncode for each in both] == [0, 0], said
    assert days(root) == [1, 2]
