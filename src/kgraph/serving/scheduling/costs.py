"""Which queries take long: those of the same shape did before."""

from __future__ import annotations

from collections import OrderedDict

from kgraph.serving.query_classes import (
    FEW_OBSERVATIONS,
    IMAGINED_OBSERVATIONS,
    LEAST_WEIGHT,
    LONG,
    LONG_MEAN_SECONDS,
    MOST_OBSERVED_SECONDS,
    QUICK,
    QUICK_MEAN_SECONDS,
    SHAPE_CHARACTERS,
    SHAPES_KEPT,
    UNKNOWN,
    QueryClass,
)

_DIGITS = b"0123456789"


class ShapeCosts:
    """Seconds of computing by shape of query, a mean in which the last ones weigh most.

    Only the shapes asked for last are remembered, by hash.
    """

    def __init__(self) -> None:
        #: For each shape: how many were seen, their mean, and whether they are long.
        self._seen: OrderedDict[int, tuple[int, float, bool]] = OrderedDict()

    def classify(self, shape: int) -> QueryClass:
        """Give the class in which a query of this shape begins."""
        count, mean, long = self._seen.get(shape, (0, 0.0, False))
        if long:
            return LONG
        if not count:
            return UNKNOWN
        observed = mean * (count + IMAGINED_OBSERVATIONS) / count
        return UNKNOWN if count <= FEW_OBSERVATIONS and observed > LONG_MEAN_SECONDS else QUICK

    def note(self, shape: int, seconds: float) -> None:
        """Remember what a query of a shape took."""
        # What is no time at all, a worker made up.
        seen = seconds if 0 <= seconds < MOST_OBSERVED_SECONDS else MOST_OBSERVED_SECONDS
        count, mean, long = self._seen.get(shape, (0, 0.0, False))
        weight = max(1 / (count + 1 + IMAGINED_OBSERVATIONS), LEAST_WEIGHT)
        mean += weight * (seen - mean)
        self._seen[shape] = (
            count + 1,
            mean,
            mean > (QUICK_MEAN_SECONDS if long else LONG_MEAN_SECONDS),
        )
        self._seen.move_to_end(shape)
        if len(self._seen) > SHAPES_KEPT:
            self._seen.popitem(last=False)


def hash_shape(query: str) -> int:
    """Give the shape of a query, a hash of its text without digits and strings: what differs
    between two queries made from one template.

    It is looked at for each query, so it is no parser. A string ends with its line; one that does
    not end stays.
    """
    text = query[:SHAPE_CHARACTERS].encode(errors="replace").translate(None, _DIGITS)
    if b'"' in text or b"'" in text:
        lines = (_drop(_drop(line, b'"'), b"'") for line in text.split(b"\n"))
        text = b"\n".join(lines)
    return hash(text)


def _drop(line: bytes, mark: bytes) -> bytes:
    """Give a line without what is between two marks."""
    parts = line.split(mark)
    return mark.join(parts[::2]) if len(parts) % 2 else line
