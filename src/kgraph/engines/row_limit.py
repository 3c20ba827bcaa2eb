"""A file that counts the rows of the answer written to it, and keeps a small one in memory."""

from __future__ import annotations

import io
import os
from typing import Protocol


class TooManyRows(OSError):
    """More rows were written than an answer may have."""


class _Counter(Protocol):
    """Finds a mark in what is written, which may come in any parts."""

    def count(self, data: bytes) -> int:
        """Give how often the mark has ended in this part."""


class _Marks:
    """Counts a mark that stands nowhere else in its format."""

    def __init__(self, mark: bytes) -> None:
        self._mark = mark
        self._tail = b""

    def count(self, data: bytes) -> int:
        """Give how often the mark has ended in this part."""
        text = self._tail + data
        self._tail = text[max(0, len(text) - len(self._mark) + 1) :]
        return text.count(self._mark)


class _MarksOutsideStrings:
    """Counts a mark where it is in no string: of the text between quotes, every other part."""

    def __init__(self, mark: bytes, escapes: bool) -> None:
        self._marks = _Marks(mark)
        self._escapes = escapes
        self._is_inside = False
        self._cut = b""

    def count(self, data: bytes) -> int:
        """Give how often the mark has ended in this part, outside strings."""
        if self._escapes and (self._cut or b"\\" in data):
            data = self._cut + data
            # An escape may be cut in two.
            self._cut = b"\\" if (len(data) - len(data.rstrip(b"\\"))) % 2 else b""
            data = data.removesuffix(self._cut) if self._cut else data
            data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
        parts = data.split(b'"')
        outside = b'"'.join(parts[self._is_inside :: 2])
        if len(parts) > 1 and self._is_inside:
            outside = b'"' + outside
        self._is_inside ^= len(parts) % 2 == 0
        return self._marks.count(outside)


#: What stands between two rows of a format, or once in each; and how often more than there are
#: rows: CSV and TSV have a header, JSON has nothing before the first row.
_COUNTERS: dict[str, tuple[int, bytes]] = {
    "xml": (0, b"<result>"),
    "tsv": (1, b"\n"),
    "csv": (1, b"\r\n"),
    "json": (-1, b"},{"),
}


def _make_counter(suffix: str) -> tuple[int, _Counter]:
    more, mark = _COUNTERS[suffix]
    # XML and TSV escape the mark in a literal. CSV doubles a quote, so that two strings touch.
    if suffix in ("json", "csv"):
        return more, _MarksOutsideStrings(mark, escapes=suffix == "json")
    return more, _Marks(mark)


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
        self._counter: _Counter | None = None
        self._most = self._rows = 0

    def count(self, suffix: str, most: int) -> None:
        """Count rows in this format from now on. Writes beyond `most` raise TooManyRows."""
        more, self._counter = _make_counter(suffix)
        self._most = most + more

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def write(self, chunk: bytes) -> int:  # type: ignore[override]
        """Write a chunk whole. Errors: TooManyRows; OSError when the file grows too large."""
        data = bytes(chunk)
        if self._counter is not None:
            self._rows += self._counter.count(data)
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
