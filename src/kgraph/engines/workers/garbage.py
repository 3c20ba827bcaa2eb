"""Python's garbage collected between two answers, rather than in the midst of one."""

from __future__ import annotations

import gc

#: What Python sets by itself: new objects, and collections of the young for one of the older.
_YOUNG, _OLDER = 700, 10
#: A run of so many without a pause between two answers is none that should go on.
_MOST = 50_000


def keep_what_is_there() -> None:
    """Never look again through what there is now, and collect by `collect_between` from now on."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_MOST, _OLDER, _OLDER)


def is_due() -> bool:
    """Tell whether there is much to look through."""
    return gc.get_count()[0] > _YOUNG


def collect_between() -> None:
    """Collect what Python would by now; a fifth of a millisecond, mostly."""
    young, old, oldest = gc.get_count()
    if young > _YOUNG:
        gc.collect(0 if old <= _OLDER else 1 if oldest <= _OLDER else 2)
