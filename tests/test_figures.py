"""Figures about complaints against hand-counted ones; parts add up under any filter; weeks and quarters by the calendar."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints.figures import Filter, Row, figures, quantile, week_of, weeks
from complaints.life import STATES
from complaints.regulator import COLUMNS, Quarter, cells, table

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 23)


def at(day: str, hour: int = 10) -> float:
    return datetime.fromisoformat(f"{day}T{hour:02d}:00:00").replace(tzinfo=ZONE).timestamp()


ROWS = [
    Row("1", "wrong_charge", "phone", "33", "closed", 0, at("2026-11-02"), at("2026-11-05"), True, None, None, at("2026-11-06"), 5),
    Row("2", "wrong_charge", "web", "33", "answered", 1, at("2026-11-02"), at("2026-11-22"), False, None, None, at("2026-11-22"), None),
    Row("3", "network", "web", "", "filed", 0, at("2026-11-03"), None, None, "2026-11-18"),
    Row("4", "network", "phone", "11", "regulator", 2, at("2026-11-20"), at("2026-11-21"), True, None, at("2026-11-22"), None, 2),
    Row("5", "network", "phone", "11", "filed", 0, at("2026-11-22", 23), None, None, "2026-12-07"),
    Row("6", "network", "phone", "11", "withdrawn", 0, at("2026-10-31", 23), None, None, None),
]


def test_figures_counted_by_hand() -> None:
    found = figures(ROWS, Filter(date(2026, 11, 1), TODAY), today=TODAY, zone=ZONE)
    whole = found.all
    assert (whole.received, whole.answered, whole.in_time, whole.owed) == (5, 3, 2, 4)  # 1, 2, 4 answered; 3 overdue
    assert (whole.escalated, whole.regulator, whole.withdrawn) == (2, 1, 0)
    assert whole.share_in_time == 0.5 and whole.escalation_rate == 0.4
    assert whole.median_days == 3.0 and whole.p90_days == 20.0
    assert (whole.asked, whole.replied, whole.satisfaction) == (2, 2, 3.5)
    assert {name: one.received for name, one in found.by["week"].items()} == {"2026-W44": 0, "2026-W45": 3, "2026-W46": 0, "2026-W47": 2, "2026-W48": 0}
    assert [name for name in found.by["category"]] == ["network", "wrong_charge"]
    assert found.replies == [0, 1, 0, 0, 1] and sum(found.days_to_answer) == 3


def test_a_day_belongs_to_the_operators_zone() -> None:
    late = Row("7", "", "web", "", "filed", 0, at("2026-11-23", 0), None, None, None)
    assert figures([late], Filter(TODAY, TODAY), today=TODAY, zone=ZONE).all.received == 1
    assert figures([late], Filter(TODAY, TODAY), today=TODAY, zone=ZoneInfo("America/New_York")).all.received == 0


def test_iso_weeks_across_the_year() -> None:
    assert week_of(date(2027, 1, 1)) == "2026-W53" and week_of(date(2027, 1, 4)) == "2027-W01"
    assert weeks(date(2026, 12, 28), date(2027, 1, 5)) == ["2026-W53", "2027-W01"]


ANY_ROW = st.builds(
    Row, st.text("0123456789", min_size=1), st.sampled_from(("a", "b", "")), st.sampled_from(("phone", "web")), st.sampled_from(("33", "11", "")),
    st.sampled_from(STATES[1:]), st.integers(0, 2), st.floats(at("2026-01-01"), at("2026-12-31")), st.none() | st.floats(at("2026-01-01"), at("2027-02-01")),
    st.sampled_from((True, False, None)), st.none() | st.sampled_from(("2026-06-01", "2027-01-01")), st.none() | st.just(1.0), st.none() | st.just(1.0),
    st.none() | st.integers(1, 5),
)  # fmt: skip
COUNTS = ("received", "answered", "in_time", "owed", "escalated", "regulator", "withdrawn", "closed", "asked", "replied")


@given(st.lists(ANY_ROW, max_size=30), st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.integers(0, 200), st.sampled_from(("", "a", "b")), st.sampled_from(("", "phone", "web")))
def test_parts_add_up_under_any_filter(rows: list[Row], first: date, days: int, category: str, channel: str) -> None:
    found = figures(rows, Filter(first, first + timedelta(days), category, channel), today=TODAY, zone=ZONE)
    for side in ("category", "channel", "region", "week", "level"):
        for name in COUNTS:
            assert sum(getattr(one, name) for one in found.by[side].values()) == getattr(found.all, name), (side, name)
    assert sum(found.replies) == found.all.replied
    assert found.all.in_time <= found.all.owed <= found.all.received


@given(st.lists(ANY_ROW, max_size=30), st.integers(1, 4))
def test_the_quarterly_table_adds_up(rows: list[Row], number: int) -> None:
    quarter = Quarter(2026, number)
    lines = table(rows, quarter, today=TODAY, zone=ZONE)
    assert [line.total for line in lines] == [False] * (len(lines) - 1) + [True]
    for name in COLUMNS[:-1]:
        assert sum(getattr(line.figures, name) for line in lines[:-1]) == getattr(lines[-1].figures, name)
    shown = cells(lines, ["category", "region", *COLUMNS], {}, "total")
    assert all(len(line) == len(shown[0]) for line in shown)


def test_quarters() -> None:
    assert (Quarter.read("2026q4").first, Quarter(2026, 4).last) == (date(2026, 10, 1), date(2026, 12, 31))
    assert str(Quarter.of(date(2026, 1, 1)).before) == "2025Q4"
    for wrong in ("2026", "2026Q5", "Q1"):
        with pytest.raises(ValueError):
            Quarter.read(wrong)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=20), st.sampled_from((0.5, 0.9)))
def test_quantiles_lie_between_the_values(values: list[float], share: float) -> None:
    values.sort()
    found = quantile(values, share)
    assert values[0] <= found <= values[-1]
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
