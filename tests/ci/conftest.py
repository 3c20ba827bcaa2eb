"""A clean clone of this repository, as a CI run of somebody else would have it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The last commit and nothing else."""
    if shutil.which("git") is None:
        pytest.skip("no git on this machine")
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git clone, so it cannot be cloned")
    folder = tmp_path_factory.mktemp("clone") / "kgraph"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, folder], check=True)
    return folder
