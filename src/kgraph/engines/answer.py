"""A whole answer, in memory or on disk."""

from __future__ import annotations

from typing import IO, NamedTuple


class Answer(NamedTuple):
    """A whole answer: `kind` is bindings, boolean or graph; `suffix` the key of its format.

    A large one has `file` instead of `body`; who gets it closes it. `seconds` is what it cost.
    """

    kind: str
    suffix: str
    body: bytes
    size: int
    seconds: float = 0.0
    file: IO[bytes] | None = None
