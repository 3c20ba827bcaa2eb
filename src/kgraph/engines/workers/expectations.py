"""Which queries take long: those of the same shape did before."""

from __future__ import annotations

import re
from collections import OrderedDict

#: Strings and digits: what differs between two queries made from one template.
_STRINGS = re.compile(r'"[^"\n]*"|\'[^\'\n]*\'')
_WITHOUT_DIGITS = str.maketrans("", "", "0123456789")
#: From this mean on, in seconds of computing, a query of a shape is expected to take long.
_LONG_SECONDS = 0.002
#: One observation counts for no more than this, so that an odd one is soon forgotten.
_MOST_SECONDS = 0.01
#: The last one weighs no less than this. Before that, as if so many had taken no time: the first
#: of a shape pays for much that is done for the first time.
_LEAST_WEIGHT = 0.05
_IMAGINED = 2
_SHAPES_KEPT = 4096
_READ_CHARACTERS = 1 << 14


class Expectations:
    """Seconds of computing by shape of query, a mean in which the last ones weigh most.

    Only the shapes asked for last are remembered, by hash.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[int, tuple[int, float]] = OrderedDict()

    def knows(self, shape: int) -> bool:
        """Tell whether a query of this shape was seen."""
        return shape in self._seen

    def expects_long(self, shape: int) -> bool:
        """Tell whether a query is expected to take long; one of an unknown shape is not."""
        return self._seen.get(shape, (0, 0.0))[1] > _LONG_SECONDS

    def note(self, shape: int, seconds: float) -> None:
        """Remember what a query of a shape took."""
        # What is no time at all, a worker made up.
        seen = seconds if 0 <= seconds < _MOST_SECONDS else _MOST_SECONDS
        count, mean = self._seen.get(shape, (0, 0.0))
        weight = max(1 / (count + 1 + _IMAGINED), _LEAST_WEIGHT)
        self._seen[shape] = count + 1, mean + weight * (seen - mean)
        self._seen.move_to_end(shape)
        if len(self._seen) > _SHAPES_KEPT:
            self._seen.popitem(last=False)


def hash_shape(query: str) -> int:
    """Give the shape of a query, a hash of its text without strings and digits."""
    text = query[:_READ_CHARACTERS].translate(_WITHOUT_DIGITS)
    return hash(_STRINGS.sub("", text) if '"' in text or "'" in text else text)
