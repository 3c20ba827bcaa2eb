"""Python's garbage collected between two answers, rather than in the midst of one."""

from __future__ import annotations

import gc

#: What Python sets by itself: new objects, and collections of the young for one of the older.
_YOUNG, _OLDER = 700, 10
#: And the part of all objects that have to be new before all are looked through.
_NEW_PART = 4
#: A run of so many without a pause between two answers is none that should go on.
_MOST = 50_000


class Collector:
    """Collects what Python would by now, whenever it is told that there is time for it."""

    def __init__(self) -> None:
        self._old = 0

    def begin(self) -> None:
        """Never look again through what there is now, and collect only when there is time."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(_MOST, _OLDER, _OLDER)

    def is_due(self) -> bool:
        """Tell whether there is much to look through."""
        return gc.get_count()[0] > _YOUNG

    def collect(self) -> None:
        """Collect; a fifth of a millisecond, mostly."""
        young, old, oldest = gc.get_count()
        if young <= _YOUNG:
            return
        new = oldest * _YOUNG * _OLDER
        if old <= _OLDER:
            gc.collect(0)
        elif oldest <= _OLDER or new < self._old // _NEW_PART:
            gc.collect(1)
        else:
            gc.collect()
            self._old = len(gc.get_objects(2))


#: There is one collector in a process, as there is one heap.
collector = Collector()
