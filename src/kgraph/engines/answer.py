"""A whole answer, in memory or on disk."""

from __future__ import annotations

from typing import IO, NamedTuple


class Answer(NamedTuple):
    """A whole answer: `kind` is bindings, boolean or graph; `suffix` the key of its format.

    A large one has `file` instead of `body`; whoever gets the answer closes it. `seconds` is what
    it took.
    """

    kind: str
    suffix: str
    body: bytes
    size: int
    seconds: float = 0.0
    file: IO[bytes] | None = None

    def close(self) -> None:
        """Close the file of a large answer, which frees its room on the disk; any number of times.

        For a small answer there is nothing to do.
        """
        if self.file is not None:
            self.file.close()
