"""The hooks in somebody's repository, installed by pre-commit as it does for everybody."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

OFFLINE = ("No matching distribution", "Could not find a version", "ConnectionError")
SHAPES = """@prefix ex: <https://example.org/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
ex:S a sh:NodeShape ; sh:targetClass ex:City ; sh:property ex:P .
ex:P a sh:PropertyShape ; sh:path ex:name ; sh:minCount 1 .
"""
UNTIDY = "@prefix ex: <https://example.org/> .\nex:b a ex:City ;\n ex:name 'B', 'A' .\n"
NAMELESS = "@prefix ex: <https://example.org/> .\n\nex:b a ex:City .\n"
CONFIG = """repos:
  - repo: {clone}
    rev: {commit}
    hooks:
      - id: kgraph-validate
        args: [--shapes, shapes.ttl, --data, data.ttl]
"""


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return result.stdout.strip()


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place of its own for what pre-commit installs."""
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "shapes.ttl").write_text(SHAPES)
    git(tmp_path, "init", "--quiet")
    return tmp_path


def run(project: Path, home: Path, clone: Path, *arguments: str) -> tuple[int, str]:
    """Run pre-commit on all files, with the versions that the clone pins."""
    git(project, "add", "--all")
    environment = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"PRE_COMMIT_HOME": str(home), "PIP_CONSTRAINT": str(clone / "constraints.txt")}
    result = subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments], cwd=project, env=environment,
        capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    said = result.stdout + result.stderr
    if any(word in said for word in OFFLINE):
        pytest.skip("the package index is out of reach, so no hook can be installed")
    return result.returncode, said


def test_formatting(project: Path, home: Path, clone: Path) -> None:
    data = project / "data.ttl"
    data.write_text(UNTIDY)
    code, said = run(project, home, clone, "try-repo", str(clone), "kgraph-fmt", "--all-files")
    assert code == 1, said
    assert "data.ttl: formatted" in said
    assert data.read_text() != UNTIDY
    code, said = run(project, home, clone, "try-repo", str(clone), "kgraph-fmt", "--all-files")
    assert code == 0, said


def test_validation_of_a_repository_laid_out_like_this_one(
    project: Path, home: Path, clone: Path
) -> None:
    (project / "data/documents").mkdir(parents=True)
    (project / "data/documents/2024-fair.ttl").write_text("event:fair a event:Fair .\n")
    code, said = run(project, home, clone, "try-repo", str(clone), "kgraph-validate", "--all-files")
    assert code == 1, said
    assert "unknown-prefix" in said
    assert "data/documents/2024-fair.ttl:1:1" in said


def test_validation_of_any_data(project: Path, home: Path, clone: Path) -> None:
    commit = git(clone, "rev-parse", "HEAD")
    (project / ".pre-commit-config.yaml").write_text(CONFIG.format(clone=clone, commit=commit))
    (project / "data.ttl").write_text(NAMELESS)
    code, said = run(project, home, clone, "run", "--all-files")
    assert code == 1, said
    assert "data.ttl:3:1" in said
    (project / "data.ttl").write_text(NAMELESS.replace("City .", 'City ; ex:name "B" .'))
    code, said = run(project, home, clone, "run", "--all-files")
    assert code == 0, said
