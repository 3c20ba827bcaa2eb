"""A full disk: a sentence and code 2, what was there before still whole, nothing left behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from repositories import HEAD, write, write_repository
from small_disks import enlarge, fill, small_disk

ROOM = 30_000
QUERY = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
NEEDS_FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")


def run(*arguments: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kgraph", *arguments]
    return subprocess.run(
        command, cwd=cwd, input=stdin, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = write_repository(tmp_path / "repository")
    rows = "".join(f"<http://e/{n}> rdfs:label '{n}' .\n" for n in range(5_000))
    write(root, "data/lists/many.ttl", HEAD + rows)
    return root


def count(root: Path, out: Path) -> str:
    done = run("query", "-", "--snapshot", str(out), "--format", "csv", cwd=root, stdin=QUERY)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


def test_a_build_on_a_disk_that_gets_full_at_any_point(root: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", ROOM) as disk:
        out = disk / "build"
        assert run("build", "--out", str(out), cwd=root).returncode == 0
        good, before = (out / "current").resolve(), count(root, out)
        write(root, "data/lists/more.ttl", HEAD + "event:more a mr:Event .")
        used = sum(each.stat().st_size for each in disk.rglob("*") if each.is_file()) >> 10
        failed = 0
        for room in (0, 8, 100, 400, 800, 1200, 1600, 2000, 2400, 2800, 3600, 4400, 6000, 20_000):
            enlarge(disk, used + 100 + room)
            done = run("build", "--out", str(out), cwd=root)
            if done.returncode == 0:
                break
            failed += 1
            assert done.returncode == 2
            assert "No space left on device" in done.stderr
            assert "still is. Make room there" in done.stderr
            assert "Traceback" not in done.stderr
            assert sorted(each.name for each in out.iterdir()) == [good.name, "current"]
            assert (out / "current").resolve() == good
            assert count(root, out) == before
        assert failed > 5
        assert count(root, out) == str(int(before) + 1)


def test_a_build_with_no_room_for_its_folder_or_its_link(root: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", ROOM) as disk:
        fill(disk)
        done = run("build", "--out", str(disk / "build"), cwd=root)
        assert (done.returncode, done.stdout) == (2, "")
        assert "Make room there" in done.stderr


def test_formatting_on_a_full_disk_leaves_the_file(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 400) as disk:
        file = disk / "a.ttl"
        text = "".join(f"<http://e/{n}>   <http://e/p>  <http://e/o>  .\n" for n in range(2_000))
        file.write_text(text)
        taken = fill(disk)
        done = run("fmt", str(file), cwd=tmp_path)
        assert done.returncode == 2
        assert f"{file}: cannot be written: No space left on device. It is as it was" in done.stderr
        assert file.read_text() == text
        assert sorted(disk.iterdir()) == [file, taken]


@NEEDS_FULL
@pytest.mark.parametrize(
    "arguments",
    [
        ["query", "-", "--format", "csv"],
        ["query", "-"],
        ["query", "--list"],
        ["validate"],
        ["evidence", "--help"],
        ["build"],
    ],
    ids=" ".join,
)
def test_output_to_a_full_disk(root: Path, arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "kgraph", *arguments],
            cwd=root, input="SELECT * { ?s ?p ?o }", stdout=full, stderr=subprocess.PIPE,
            text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
