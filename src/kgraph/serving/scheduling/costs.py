"""Which queries take long: those of the same shape did before."""

from __future__ import annotations

from collections import OrderedDict
from enum import Enum

_DIGITS = b"0123456789"
#: From this mean on, in seconds of computing, a query of a shape is expected to take long.
_LONG_SECONDS = 0.002
#: And once it is, from this one on no more: of some shapes, one in ten takes very long.
_QUICK_SECONDS = 0.001
#: One observation counts for no more than this, so that an odd one is soon forgotten.
_MOST_SECONDS = 0.01
#: The last one weighs no less than this. Before that, as if so many had taken no time: the first
#: of a shape pays for much that is done for the first time.
_LEAST_WEIGHT = 0.05
_IMAGINED = 2
#: So many do not prove that a shape is quick, if they were not.
_FEW = 5
_SHAPES_KEPT = 4096
_READ_CHARACTERS = 1 << 14


class Kind(Enum):
    """What a query is: known to be quick, not known well enough, known to take long."""

    QUICK = "quick"
    TRIAL = "trial"
    LONG = "long"


class Expectations:
    """Seconds of computing by shape of query, a mean in which the last ones weigh most.

    Only the shapes asked for last are remembered, by hash.
    """

    def __init__(self) -> None:
        #: For each shape: how many were seen, their mean, and whether they are long.
        self._seen: OrderedDict[int, tuple[int, float, bool]] = OrderedDict()

    def expect(self, shape: int) -> Kind:
        """Tell what a query of this shape is."""
        count, mean, long = self._seen.get(shape, (0, 0.0, False))
        if long:
            return Kind.LONG
        if not count or (count <= _FEW and mean * (count + _IMAGINED) / count > _LONG_SECONDS):
            # What took no time at all was imagined.
            return Kind.TRIAL
        return Kind.QUICK

    def note(self, shape: int, seconds: float) -> None:
        """Remember what a query of a shape took."""
        # What is no time at all, a worker made up.
        seen = seconds if 0 <= seconds < _MOST_SECONDS else _MOST_SECONDS
        count, mean, long = self._seen.get(shape, (0, 0.0, False))
        weight = max(1 / (count + 1 + _IMAGINED), _LEAST_WEIGHT)
        mean += weight * (seen - mean)
        self._seen[shape] = count + 1, mean, mean > (_QUICK_SECONDS if long else _LONG_SECONDS)
        self._seen.move_to_end(shape)
        if len(self._seen) > _SHAPES_KEPT:
            self._seen.popitem(last=False)


def hash_shape(query: str) -> int:
    """Give the shape of a query, a hash of its text without digits and strings: what differs
    between two queries made from one template.

    It is looked at for each query, so it is no parser. A string ends with its line; one that does
    not end stays.
    """
    text = query[:_READ_CHARACTERS].encode(errors="replace").translate(None, _DIGITS)
    if b'"' in text or b"'" in text:
        lines = (_drop(_drop(line, b'"'), b"'") for line in text.split(b"\n"))
        text = b"\n".join(lines)
    return hash(text)


def _drop(line: bytes, mark: bytes) -> bytes:
    """Give a line without what is between two marks."""
    parts = line.split(mark)
    return mark.join(parts[::2]) if len(parts) % 2 else line
