"""EDTF texts and their bounds, as docs/time.md has them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgraph.rdf.edtf import BadEdtf, read_bounds


def show(text: str) -> list[str]:
    bounds = read_bounds(text)
    days = (bounds.earliest_start, bounds.latest_start, bounds.earliest_end, bounds.latest_end)
    return [str(day) if day else "" for day in days] + ["open"] * bounds.is_open_ended


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("1988-04-12", "1988-04-12 1988-04-12 1988-04-12 1988-04-12"),
        ("1988-02", "1988-02-01 1988-02-29 1988-02-01 1988-02-29"),
        ("1988", "1988-01-01 1988-12-31 1988-01-01 1988-12-31"),
        ("1988~", "1988-01-01 1988-12-31 1988-01-01 1988-12-31"),
        ("1988-04?", "1988-04-01 1988-04-30 1988-04-01 1988-04-30"),
        ("198X", "1980-01-01 1989-12-31 1980-01-01 1989-12-31"),
        ("19XX%", "1900-01-01 1999-12-31 1900-01-01 1999-12-31"),
        ("1988-XX", "1988-01-01 1988-12-31 1988-01-01 1988-12-31"),
        ("1988-04-XX", "1988-04-01 1988-04-30 1988-04-01 1988-04-30"),
        ("1988-21", "1988-03-01 1988-05-31 1988-03-01 1988-05-31"),
        ("1987-24", "1987-12-01 1988-02-29 1987-12-01 1988-02-29"),
        ("2020/2023", "2020-01-01 2020-12-31 2023-01-01 2023-12-31"),
        ("2022-11/2024", "2022-11-01 2022-11-30 2024-01-01 2024-12-31"),
        ("2020-05/2020", "2020-05-01 2020-05-31 2020-05-01 2020-12-31"),
        ("1992/..", "1992-01-01 1992-12-31 - - open"),
        ("2022-02/", "2022-02-01 2022-02-28 - -"),
        ("../2016", "- - 2016-01-01 2016-12-31"),
        ("/2016", "- - 2016-01-01 2016-12-31"),
        ("[2015..2019]", "2015-01-01 2019-12-31 2015-01-01 2019-12-31"),
        ("[..2016-05]", "- 2016-05-31 - 2016-05-31"),
        ("[2015-12-01..]", "2015-12-01 - 2015-12-01 -"),
    ],
)
def test_bounds(text: str, bounds: str) -> None:
    assert show(text) == ["" if day == "-" else day for day in bounds.split()]


@pytest.mark.parametrize(
    "text",
    ["", "19.09.2011", "2011-13", "2011-02-30", "2011-25", "2011-21-03", "201X-04", "2011-XX-03",
     "0000", "/", "../..", "2023/2020", "2011-9", "88", "2011/2012/2013", "heute", "2011-09-19T10",
     "1988–1992", "~1988", "٢٠١١", "[2015..2019", "[2019..2015]", "[..]", "[2015]", "[2015/2019]",
     "[2015..2016..2017]", "2015..2019"],
)  # fmt: skip
def test_texts_outside_the_subset_are_refused(text: str) -> None:
    with pytest.raises(BadEdtf):
        read_bounds(text)


days = st.dates(date(1000, 1, 1), date(9000, 12, 31))


@given(days, st.integers(0, 4000))
def test_an_interval_of_days_has_these_days_as_bounds(start: date, length: int) -> None:
    end = start + timedelta(length)
    bounds = read_bounds(f"{start}/{end}")
    assert bounds.earliest_start == bounds.latest_start == start
    assert bounds.earliest_end == bounds.latest_end == end


@given(days)
def test_less_precision_gives_wider_bounds(day: date) -> None:
    exact, month, year = (read_bounds(str(day)[:length]) for length in (10, 7, 4))
    for narrow, wide in ((exact, month), (month, year)):
        assert wide.earliest_start is not None
        assert narrow.latest_end is not None
        assert wide.earliest_start <= narrow.earliest_start <= narrow.latest_end <= wide.latest_end
