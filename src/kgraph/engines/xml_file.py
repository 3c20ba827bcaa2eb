"""A file that lets pass only what XML can hold."""

from __future__ import annotations

import io
import re
from typing import IO

from kgraph.errors import NotAcceptable

#: What no XML 1.0 document holds, not even escaped: section 2.2, Char. In UTF-8.
_NO_CHARACTER = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")


class XmlFile(io.RawIOBase):
    """Passes XML on to another file; a carriage return as a reference, or its reader would see a
    line feed instead."""

    def __init__(self, out: IO[bytes], remedy: str) -> None:
        self._out = out
        self._remedy = remedy
        self._tail = b""

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def write(self, chunk: bytes) -> int:  # type: ignore[override]
        """Write a chunk whole. Errors: NotAcceptable for a character that XML cannot hold."""
        data = bytes(chunk)
        if found := _NO_CHARACTER.search(self._tail + data):
            raise NotAcceptable(
                f"the answer holds the character U+{ord(found[0].decode()):04X}, which XML "
                f"cannot; {self._remedy}"
            )
        # The last character may be cut.
        self._tail = (self._tail + data)[-2:]
        self._out.write(data.replace(b"\r", b"&#13;") if b"\r" in data else data)
        return len(data)
