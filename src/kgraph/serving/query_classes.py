"""The classes of queries: the one table of what is told apart, and every number of the policy.

A query begins as quick, unknown or long, by what others of its shape took (costs). One that is not
over at the limit of its class leaves it with its worker, is lowered, and goes on as the next class.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class QueryClass:
    """One class of queries.

    `slots`: how many run at once, as a multiple of the setting `workers`; a class that `holds`
    workers has one for each slot. `niceness`: so many steps above the server's own.
    `limit_seconds`: of computing, after which a query is of the next class; by the clock it may
    take `patience` times as long, since it may have waited for a processor.
    """

    name: str
    slots: int
    holds: bool
    niceness: int
    limit_seconds: float
    patience: int


#: Others of its shape were quick. It never waits for what is not known.
QUICK = QueryClass("quick", 1, True, niceness=0, limit_seconds=0.02, patience=5)
#: Too few of its shape were seen. It may be hostile, so the server and what is quick come first.
UNKNOWN = QueryClass("unknown", 1, True, niceness=5, limit_seconds=0.02, patience=5)
#: Others of its shape took long, or it did itself. Beside heavy ones, long ones get five parts of
#: six of the processors. The slots are for the former; the latter keep the worker that they have.
LONG = QueryClass("long", 1, True, niceness=12, limit_seconds=1.0, patience=1)
#: It takes very long: those beyond the slots are stopped until it is their turn.
HEAVY = QueryClass("heavy", 1, False, niceness=19, limit_seconds=math.inf, patience=1)
#: In the order in which they get their workers, and those their copies of the data.
QUERY_CLASSES = (QUICK, LONG, UNKNOWN, HEAVY)

#: From this mean on, in seconds of computing, a query of a shape is expected to take long; once it
#: is, until its mean is below the second: of some shapes, one in ten takes very long.
LONG_MEAN_SECONDS, QUICK_MEAN_SECONDS = 0.002, 0.001
#: One observation counts for no more than this, so that an odd one is soon forgotten, and weighs no
#: less than this, so that old ones are.
MOST_OBSERVED_SECONDS, LEAST_WEIGHT = 0.01, 0.05
#: A mean begins with so many observations of no time at all, which were never made: the first query
#: of a shape pays for much that is done for the first time.
IMAGINED_OBSERVATIONS = 2
#: So few observations do not prove that a shape is quick, if they were not.
FEW_OBSERVATIONS = 5
SHAPES_KEPT = 4096
#: So much of a query's text is its shape.
SHAPE_CHARACTERS = 1 << 14
#: Answers above this size stay on disk and are streamed from there.
SPOOLED_BYTES = 1 << 20
