"""Files that are never half-written."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from kgraph.errors import BadConfig


def replace_file(file: Path, text: str) -> None:
    """Write a text beside the file and put it in its place in one step, keeping the file's mode.

    Errors: BadConfig when it cannot be written; the file is then as it was.
    """
    try:
        _replace(file, text)
    except OSError as error:
        raise BadConfig(
            f"{file}: cannot be written: {error.strerror or error}. It is as it was."
        ) from error


def _replace(file: Path, text: str) -> None:
    mode = file.stat().st_mode & 0o777 if file.exists() else 0o644
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    beside = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        beside.chmod(mode)
        beside.replace(file)
    finally:
        # It is there only when it did not come that far.
        beside.unlink(missing_ok=True)
