"""A whole answer, in memory or on disk."""

from __future__ import annotations

import os
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

    def share(self) -> Answer:
        """Give the same answer to another, whose file is its own to close."""
        if self.file is None:
            return self
        return self._replace(file=os.fdopen(os.dup(self.file.fileno()), "rb"))

    def close(self) -> None:
        """Close the file, if there is one."""
        if self.file is not None:
            self.file.close()
