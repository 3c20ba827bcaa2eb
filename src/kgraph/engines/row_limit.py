"""A file that counts the rows of the answer written to it, and keeps a small one in memory."""

from __future__ import annotations

import io
import os

#: What each format writes once per row. Between rows JSON has `"}},{`, which inside a string could
#: only follow a backslash; a quoted line break of CSV counts as a row.
_MARKS: dict[str, bytes] = {"xml": b"<result>", "tsv": b"\n", "csv": b"\r\n", "json": b'"}},{'}


class TooManyRows(OSError):
    """More rows were written than an answer may have."""


class CountingFile(io.RawIOBase):
    """A descriptor to write to; with a limit on rows once `count` was called.

    What is written stays in `held` until it exceeds `most_held` bytes; then all of it goes to the
    descriptor, and the answer is `spooled`. `written` counts its bytes.
    """

    def __init__(self, descriptor: int, most_held: int = 0) -> None:
        self._descriptor = descriptor
        self._most_held = most_held
        self.held = b""
        self.written = 0
        self._mark = b""
        self._most = self._rows = 0
        self._tail = b""

    def count(self, suffix: str, most: int) -> None:
        """Count rows in this format from now on. Writes beyond `most` raise TooManyRows."""
        # CSV and TSV have one mark more than rows, for the header; JSON has them between rows.
        self._most = most + {"csv": 1, "tsv": 1, "json": -1}.get(suffix, 0)
        self._mark = _MARKS[suffix]

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def write(self, chunk: bytes) -> int:  # type: ignore[override]
        """Write a chunk whole. Errors: TooManyRows; OSError when the file grows too large."""
        data = bytes(chunk)
        if self._mark:
            text = self._tail + data
            self._rows += text.count(self._mark)
            overlap = len(self._mark) - 1
            self._tail = text[-overlap:] if overlap else b""
            if self._rows > self._most:
                raise TooManyRows
        self.written += len(data)
        if self.written <= self._most_held:
            self.held += data
            return len(data)
        for part in (self.held, data):
            done = 0
            while done < len(part):
                done += os.write(self._descriptor, part[done:])
        self.held = b""
        return len(data)

    @property
    def spooled(self) -> bool:
        """Whether anything went to the descriptor."""
        return self.written > self._most_held
