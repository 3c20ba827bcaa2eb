"""docs/architecture.md names what is there: each file and folder, each room, few words."""

from __future__ import annotations

import re
from pathlib import Path

PROJECT = Path(__file__).parents[1]
SOURCE = PROJECT / "src" / "kgraph"
TEXT = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
PATHS = sorted(set(re.findall(r"`([\w/]+(?:\.py|/))`", TEXT)))


def test_every_path_is_there() -> None:
    assert len(PATHS) > 40
    missing = [
        path for path in PATHS if not (SOURCE / path).exists() and not (PROJECT / path).exists()
    ]
    assert not missing


def test_every_room_is_in_the_picture() -> None:
    picture = TEXT.split("```")[1]
    rooms = {folder.name for folder in SOURCE.iterdir() if (folder / "__init__.py").is_file()}
    ground = {file.stem for file in SOURCE.glob("*.py") if not file.stem.startswith("__")}
    assert not {each for each in rooms | ground if not re.search(rf"\b{each}\b", picture)}


def test_the_words_are_few() -> None:
    words = TEXT.split("## The words")[1].count("\n| ") - 1
    assert 10 <= words <= 15
