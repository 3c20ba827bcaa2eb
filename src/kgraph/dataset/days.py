"""The day a snapshot is of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

from kgraph.errors import BadConfig


def choose_day(given: str | None, environment: Mapping[str, str]) -> date:
    """Give the snapshot's date: the one given, else that of SOURCE_DATE_EPOCH, else today (UTC).

    Errors: BadConfig when either is no date.
    """
    epoch = environment.get("SOURCE_DATE_EPOCH")
    try:
        if given:
            return date.fromisoformat(given)
        if epoch:
            return datetime.fromtimestamp(int(epoch), UTC).date()
    except (ValueError, OverflowError, OSError) as error:
        wrong = given or f"SOURCE_DATE_EPOCH={epoch}"
        raise BadConfig(f"{wrong} is no date; write for instance 2026-11-22.") from error
    return datetime.now(UTC).date()
