"""EDTF dates to four bounds in days: earliest and latest start, earliest and latest end.

The subset: level 0 (day, month, year, intervals), of level 1 the qualifiers `~ ? %`, `X` for
unspecified digits, seasons 21 to 24, open (`..`) and unknown (nothing) ends of intervals, and of
level 2 one of a range (`[2015..2019]`): some time in it, not all of it.
Source: Extended Date/Time Format, Library of Congress 2019; docs/time.md for the reading.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

POINT = re.compile(
    r"""
    (?P<year>\d{4} | \d{3}X | \d{2}XX)
    (?: - (?P<month>\d{2} | XX)
        (?: - (?P<day>\d{2} | XX) )?
    )?
    (?P<qualifier>[~?%])?
    """,
    re.VERBOSE | re.ASCII,
)
#: Season -> its first month; each is three months long, winter runs into the next year.
SEASONS = {21: 3, 22: 6, 23: 9, 24: 12}
OPEN = ".."


class BadEdtf(ValueError):
    """A text that is not in the subset; the message says what would be."""


@dataclass(frozen=True)
class Bounds:
    """The days between which a time starts and ends; None where nothing is known.

    `is_open_ended` says that the time goes on (`..`), which an unknown end does not say.
    """

    earliest_start: date | None
    latest_start: date | None
    earliest_end: date | None
    latest_end: date | None
    is_open_ended: bool = False


def read_bounds(text: str) -> Bounds:
    """Give the bounds of an EDTF text.

    A date alone is a time inside that date: it starts on its first day at the earliest and ends on
    its last day at the latest. Errors: BadEdtf.

    >>> read_bounds("2022-02/").latest_start
    datetime.date(2022, 2, 28)
    """
    if text.startswith("["):
        return _read_one_of(text)
    if "/" not in text:
        first, last = read_point(text)
        return Bounds(first, last, first, last)
    start_text, _, end_text = text.partition("/")
    if start_text in ("", OPEN) and end_text in ("", OPEN):
        raise BadEdtf(f'"{text}" has neither a start nor an end; leave the time out.')
    start = read_point(start_text) if start_text not in ("", OPEN) else None
    end = read_point(end_text) if end_text not in ("", OPEN) else None
    if start and end:
        if start[0] > end[1]:
            raise BadEdtf(f'"{text}" ends before it starts.')
        # Neither a start after the last possible end nor an end before the first possible start.
        start = start[0], min(start[1], end[1])
        end = max(end[0], start[0]), end[1]
    return Bounds(
        start[0] if start else None,
        start[1] if start else None,
        end[0] if end else None,
        end[1] if end else None,
        is_open_ended=end_text == OPEN,
    )


def _read_one_of(text: str) -> Bounds:
    """Give the bounds of a time inside a range: it starts and ends between the two."""
    first_text, dots, last_text = text[1:-1].partition(OPEN)
    if not text.endswith("]") or not dots or not (first_text or last_text):
        raise BadEdtf(f'"{text}": write one of a range as [2015..2019], [..2019] or [2015..].')
    first = read_point(first_text)[0] if first_text else None
    last = read_point(last_text)[1] if last_text else None
    if first and last and first > last:
        raise BadEdtf(f'"{text}" ends before it starts.')
    return Bounds(first, last, first, last)


def read_point(text: str) -> tuple[date, date]:
    """Give the first and the last day of a date that is no interval. Errors: BadEdtf."""
    match = POINT.fullmatch(text)
    if match is None:
        raise BadEdtf(
            f'"{text}" is not in the subset of EDTF used here; write for instance 1988, 1988-04, '
            "1988-04-12, 1988-23, 198X, 1988~, 1988/1992, 1988/.., 1988/ or [1988..1992]."
        )
    year, month, day = match["year"], match["month"], match["day"]
    if "X" in year and month is not None:
        raise BadEdtf(f'"{text}": a year with X stands alone.')
    if month == "XX" and day not in (None, "XX"):
        raise BadEdtf(f'"{text}": a day needs its month.')
    if year.startswith("0000"):
        raise BadEdtf(f'"{text}": there is no year 0000.')
    lowest, highest = max(int(year.replace("X", "0")), 1), int(year.replace("X", "9"))
    if month in (None, "XX"):
        return date(lowest, 1, 1), date(highest, 12, 31)
    if int(month) in SEASONS:
        if day is not None:
            raise BadEdtf(f'"{text}": a season has no days.')
        return _season(lowest, int(month), text)
    try:
        if day in (None, "XX"):
            last = calendar.monthrange(lowest, int(month))[1]
            return date(lowest, int(month), 1), date(lowest, int(month), last)
        exact = date(lowest, int(month), int(day))
    except (ValueError, calendar.IllegalMonthError) as error:
        raise BadEdtf(f'"{text}" is no day of the calendar.') from error
    return exact, exact


def _season(year: int, season: int, text: str) -> tuple[date, date]:
    """Give the meteorological season of the northern hemisphere that begins in the year."""
    first = SEASONS[season]
    last_year, last = (year + 1, 2) if first == 12 else (year, first + 2)
    if last_year > date.max.year:
        raise BadEdtf(f'"{text}" lies after the year {date.max.year}.')
    return date(year, first, 1), date(last_year, last, calendar.monthrange(last_year, last)[1])
