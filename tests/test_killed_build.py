"""A build that is killed: the last good snapshot is the one that is read afterwards."""

from __future__ import annotations

import multiprocessing
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from doomed_build import DAY, build_and_die
from kgraph.dataset.snapshot import build_snapshot, find_snapshot, open_snapshot, read_manifest
from kgraph.rdf.canonical import compute_digest
from repositories import HEAD, write, write_repository

_RANDOM_KILLS = 12


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a good snapshot, and data that have changed since."""
    root = write_repository(tmp_path / "repository")
    build_snapshot(root, root / "build", DAY)
    write(root, "data/lists/more.ttl", HEAD + "event:more a mr:Event .")
    return root


def check(out: Path) -> str:
    """Read all of the current snapshot; give its name."""
    folder = find_snapshot(out)
    manifest = read_manifest(folder)
    lines = (folder / "dataset.nq").read_bytes().splitlines(keepends=True)
    dated = [line for line in lines if b"/graph/snapshot>" not in line]
    assert compute_digest(b"".join(dated)) == manifest.digest
    assert len((folder / "default.nt").read_bytes().splitlines()) == manifest.default_graph
    with open_snapshot(out) as store:
        assert len(store) == manifest.triples + manifest.default_graph
    return folder.name


def build_until(step: int, root: Path, out: Path) -> int:
    """Build in a process that is killed before that step; give its exit code."""
    # Forked from a process without a store: the threads of one do not live on in a fork.
    started = multiprocessing.get_context("forkserver")
    started.set_forkserver_preload(["doomed_build"])
    process = started.Process(target=build_and_die, args=(step, root, out))
    process.start()
    process.join(60)
    assert process.exitcode is not None
    return process.exitcode


def test_killed_before_each_step_on_a_file(root: Path) -> None:
    out = root / "build"
    good = check(out)

    step, names, code = 0, [], -signal.SIGKILL
    while code == -signal.SIGKILL:
        step += 1
        code = build_until(step, root, out)
        names.append(check(out))
        left = [each for each in out.iterdir() if each.name.startswith(".")]
        assert len(left) <= 2, "leftovers grow"
    assert code == 0
    assert step > 20, "writing, renaming, linking, and removing were all tried"
    assert names[0] == good != names[-1]
    assert names == sorted(names, key=lambda name: name != good), "it was switched once"
    assert sorted(each.name for each in out.iterdir()) == [names[-1], "current"]


def test_killed_at_any_moment(root: Path) -> None:
    out = root / "build"
    rows = "".join(f"<http://e/{n}> rdfs:label '{n}' .\n" for n in range(5_000))
    command = [sys.executable, "-m", "kgraph", "build"]
    chance = random.Random(22)
    started = time.monotonic()
    subprocess.run(command, cwd=root, check=True, capture_output=True, timeout=60)
    whole = time.monotonic() - started
    for number in range(_RANDOM_KILLS):
        write(root, "data/lists/more.ttl", f"{HEAD}event:e{number} a mr:Event .\n{rows}")
        process = subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL)
        time.sleep(whole * chance.uniform(0.3, 1.3))
        process.kill()
        process.wait()
        check(out)
    subprocess.run(command, cwd=root, check=True, capture_output=True, timeout=60)
    assert not [each for each in out.iterdir() if each.name.startswith(".")]
    assert len([each for each in out.iterdir() if not each.is_symlink()]) <= 3
