"""The limits and places the program works with, each with its unit in its name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """What may be set from outside; the doors fill it in, everybody else reads it.

    `root` is the repository, `snapshots` the folder that holds the built ones.
    """

    root: Path = Path()
    snapshots: Path = Path("build")
    endpoint_seconds: int = 60
    answer_rows_shown: int = 10_000
