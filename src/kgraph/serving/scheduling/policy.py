"""What a query of each class may use, and when it becomes one of the next: all of it in one place.

A query is *quick* where its shape is known to be, *unknown* where nothing is known of its shape,
*long* where its shape is known for that or it computed longer than a quick one, and *heavy* where
it computed longer than a long one. Of each class so many are evaluated at once as the pool has
`workers`; a query that outgrows its class waits, stopped, for a slot of the next.
"""

from __future__ import annotations

import math
from enum import Enum


class QueryClass(Enum):
    """A class of queries: the niceness of its workers, and the seconds of computing (of time, for
    long ones) after which a query is of the next class."""

    #: Niceness 12 gets a twelfth of what 0 gets, and five times what 19 gets.
    QUICK = ("quick", 0, 0.02)
    UNKNOWN = ("unknown", 0, 0.02)
    LONG = ("long", 12, 1.0)
    HEAVY = ("heavy", 19, math.inf)

    def __init__(self, title: str, niceness: int, seconds: float) -> None:
        self.title = title
        self.niceness = niceness
        self.seconds = seconds

    @property
    def is_lowered(self) -> bool:
        """Whether its workers give way to others."""
        return self.niceness > 0

    @property
    def next(self) -> QueryClass:
        """The class of what takes longer."""
        return QueryClass.HEAVY if self.is_lowered else QueryClass.LONG


#: By the clock, a quick query may take so many times as long: it may have to wait for a processor.
PATIENCE = 5

#: A shape is long from this mean on, in seconds of computing,
LONG_FROM_SECONDS = 0.002
#: and once it is, quick again from this one on: of some shapes, one in ten takes very long.
QUICK_AGAIN_SECONDS = 0.001
#: One observation counts for no more than this, so that an odd one is soon forgotten.
MOST_NOTED_SECONDS = 0.01
#: The last one weighs no less than this. Before that, as if so many had taken no time: the first
#: of a shape pays for much that is done for the first time.
LEAST_WEIGHT = 0.05
IMAGINED = 2
#: So many do not prove that a shape is quick, if they were not.
FEW = 5
SHAPES_KEPT = 4096
#: A shape is that of the beginning of a text.
SHAPE_CHARACTERS = 1 << 14

#: What a killed worker costs besides the time of its query: to end it and fork another,
KILL_SECONDS = 0.02
#: and the copy of the data that the other one makes.
COPY_SECONDS_PER_BYTE = 1e-9
