"""Which queries take long: those of the same shape did before."""

from __future__ import annotations

import re
from collections import OrderedDict

#: Strings and digits: what differs between two queries made from one template.
_VARYING = re.compile(r'"[^"\n]*"|\'[^\'\n]*\'|\d+')
#: From this mean on, in seconds of computing, a query of a shape is expected to take long.
_LONG_SECONDS = 0.01
#: One observation counts for no more than this, so that an odd one is soon forgotten.
_MOST_SECONDS = 0.05
_WEIGHT = 0.3
_SHAPES_KEPT = 4096
_READ_CHARACTERS = 1 << 14


class Expectations:
    """Seconds of computing by shape of query, a mean in which the last ones weigh most.

    Only the shapes asked for last are remembered, by hash.
    """

    def __init__(self) -> None:
        self._seconds: OrderedDict[int, float] = OrderedDict()

    def expects_long(self, query: str) -> bool:
        """Tell whether a query is expected to take long; one of an unknown shape is not."""
        return self._seconds.get(_hash_shape(query), 0.0) > _LONG_SECONDS

    def note(self, query: str, seconds: float) -> None:
        """Remember what a query took."""
        shape, seen = _hash_shape(query), min(seconds, _MOST_SECONDS)
        before = self._seconds.get(shape)
        self._seconds[shape] = seen if before is None else before + _WEIGHT * (seen - before)
        self._seconds.move_to_end(shape)
        if len(self._seconds) > _SHAPES_KEPT:
            self._seconds.popitem(last=False)


def _hash_shape(query: str) -> int:
    return hash(_VARYING.sub("", query[:_READ_CHARACTERS]))
