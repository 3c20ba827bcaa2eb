"""Evidence against source texts: `kgraph evidence`."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from click.testing import CliRunner

from kgraph.cli import group
from repositories import HEAD, write, write_repository

TEXT = "Köln und Rheine"
SHA = hashlib.sha256(TEXT.encode()).hexdigest()
PROVENANCE = f"""{HEAD}
document:001 a mr:SourceDocument ; mr:fileName "001.txt" ; mr:length {len(TEXT)} ;
  mr:sha256 "{SHA}" .
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = write_repository(tmp_path / "repository")
    write(root, "data/provenance.ttl", PROVENANCE)
    write(tmp_path, "sources/001.txt", TEXT)
    return root


def run(root: Path, *more: str) -> tuple[int, str]:
    sources = str(root.parent / "sources")
    result = CliRunner().invoke(
        group, ["evidence", "--root", str(root), "--sources", sources, *more]
    )
    return result.exit_code, result.output


def test_checksums_are_written_and_then_hold(root: Path) -> None:
    assert "passage-changed" in run(root)[1]
    assert run(root, "--write")[0] == 0
    passages = (root / "data/passages.ttl").read_text()
    assert hashlib.sha256("Köln".encode()).hexdigest() in passages
    assert run(root) == (0, "1 passages, 0 findings\n")


def test_a_changed_text_is_found(root: Path) -> None:
    run(root, "--write")
    write(root.parent, "sources/001.txt", "Bonn und Rheine")
    code, output = run(root)
    assert code == 1
    assert "document-changed" in output
    assert "passage-changed" in output


@pytest.mark.parametrize(
    ("provenance", "code"),
    [
        (PROVENANCE.replace(f"length {len(TEXT)}", "length 99"), "document-length"),
        (PROVENANCE.replace("001.txt", "002.txt"), "document-missing"),
        (HEAD + "document:001 a mr:SourceDocument .", "document-unknown"),
    ],
)
def test_what_the_provenance_says_wrongly_is_found(root: Path, provenance: str, code: str) -> None:
    write(root, "data/provenance.ttl", provenance)
    assert code in run(root)[1]


def test_a_passage_after_the_end_is_found_and_nothing_is_written(root: Path) -> None:
    document = (root / "data/documents/2024-fair.ttl").read_text()
    write(root, "data/documents/2024-fair.ttl", document.replace("char=0,4", "char=4,16"))
    code, output = run(root, "--write")
    assert code == 1
    assert "passage-outside" in output
    assert not (root / "data/passages.ttl").exists()


def test_a_checksum_without_its_passage_is_found(root: Path) -> None:
    run(root, "--write")
    write(root, "data/documents/2024-fair.ttl", HEAD)
    assert "passage-unused" in run(root)[1]


SOURCES = Path(__file__).parents[2] / "shared" / "sources"


@pytest.mark.skipif(not SOURCES.is_dir(), reason="the source texts are not beside this repository")
def test_the_real_passages_hold() -> None:
    root = Path(__file__).parents[1]
    result = CliRunner().invoke(group, ["evidence", "--root", str(root), "--sources", str(SOURCES)])
    assert result.exit_code == 0, result.output
