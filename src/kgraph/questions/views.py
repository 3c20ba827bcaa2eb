"""The queries that the program itself asks: `queries/views/*.rq`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path


@cache
def read_views() -> dict[str, str]:
    """Read the program's own queries: file stem -> text.

    An installed package carries them; a checkout has them in `queries/views/`.
    """
    packaged = Path(str(files("kgraph"))) / "views"
    folder = packaged if packaged.is_dir() else Path(__file__).parents[3] / "queries" / "views"
    return {file.stem: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.rq"))}
