"""Hours and holidays: open or not, and when next."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ivr.hours import DAYS, Hours

ZONE = ZoneInfo("Asia/Shanghai")
OFFICE = {day: ("08:30-12:00", "13:30-18:00") for day in DAYS[:5]}
HOURS = Hours(**OFFICE, saturday=(), sunday=(), holidays={"2026-11-25": (), "2026-11-28": ("09:00-12:00",)})


def at(text: str) -> datetime:
    """A moment of the line's own zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-23T08:29", "2026-11-23T08:30"),
        ("2026-11-23T08:30", "2026-11-23T08:30"),
        ("2026-11-23T11:59", "2026-11-23T11:59"),
        ("2026-11-23T12:00", "2026-11-23T13:30"),
        ("2026-11-23T18:00", "2026-11-24T08:30"),
        ("2026-11-24T18:00", "2026-11-26T08:30"),  # a holiday between
        ("2026-11-27T20:00", "2026-11-28T09:00"),  # a working Saturday
        ("2026-11-28T12:00", "2026-11-30T08:30"),
    ],
)
def test_when_it_opens(moment: str, opens: str) -> None:
    assert HOURS.opens(at(moment)) == at(opens)
    assert HOURS.open(at(moment)) == (moment == opens)


def test_without_hours_it_is_always_open_and_an_empty_week_never_opens() -> None:
    assert Hours().open(at("2026-11-23T03:00"))
    assert Hours().open(at("2026-11-23T23:59"))
    assert Hours(**dict.fromkeys(DAYS, ())).opens(at("2026-11-23T03:00")) is None


@pytest.mark.parametrize(
    "spans", [("8:00-12:00",), ("08:00",), ("12:00-08:00",), ("08:00-25:00",), ("08:00-24:01",), ("08:00-12:00", "11:00-13:00")]
)
def test_spans_that_mean_nothing_are_refused_with_their_place(spans: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError, match="monday"):
        Hours(monday=spans)
    with pytest.raises(ValidationError, match="holidays"):
        Hours(holidays={"2027-02-06": spans})


@given(st.integers(0, 14 * 24 * 60))
def test_the_opening_is_the_first_open_minute(minutes: int) -> None:
    moment = at("2026-11-16T00:00") + timedelta(minutes=minutes)
    opens = HOURS.opens(moment)
    assert HOURS.open(opens)
    assert opens == moment or not HOURS.open(opens - timedelta(minutes=1))
