"""Calls by day and interval: what a forecast is made from, with the calendar of special days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from simulation.history import History, date_of, day_number
from simulation.quantity import DAY

ORDINARY, EVE, HOLIDAY = range(3)


class CalendarError(ValueError):
    """There is no such calendar: the text says which there are."""


@dataclass(frozen=True)
class Calendar:
    """Special days: public holidays of a country, days said to be special, and the days before them."""

    country: str | None = None
    extra: frozenset[date] = frozenset()

    def kind(self, day: date) -> int:
        """ORDINARY, EVE or HOLIDAY."""
        if self._name(day):
            return HOLIDAY
        return EVE if self._name(day + timedelta(1)) else ORDINARY

    def name(self, day: date) -> str:
        """What is on that day; "" for nothing."""
        return self._name(day) or (f"before {following}" if (following := self._name(day + timedelta(1))) else "")

    def _name(self, day: date) -> str:
        if day in self.extra:
            return "special day"
        return _holidays(self.country).get(day, "") if self.country else ""


_KNOWN: dict[str, object] = {}


def calendar(country: str | None, extra: Iterable[date] = ()) -> Calendar:
    """The calendar of a country (two letters, such as CN or IL; None: none). CalendarError for an unknown one."""
    if country is not None:
        country = country.upper()
        _holidays(country)
    return Calendar(country, frozenset(extra))


def _holidays(country: str):
    if country not in _KNOWN:
        import holidays

        try:
            _KNOWN[country] = holidays.country_holidays(country)
        except NotImplementedError:
            raise CalendarError(f"no holidays are known for {country!r}: write two letters of a country, such as CN, IL or US") from None
    return _KNOWN[country]


@dataclass(frozen=True)
class Demand:
    """Calls that asked for an agent, by day and interval."""

    first: date
    interval: float
    """Seconds."""
    counts: np.ndarray
    """float (days, intervals of a day): days follow each other without a gap; a day without calls is 0."""

    @property
    def days(self) -> list[date]:
        """The days of the rows."""
        return [self.first + timedelta(i) for i in range(len(self.counts))]

    @property
    def weekday(self) -> np.ndarray:
        """int of each row: 0 Monday … 6 Sunday."""
        return (self.first.weekday() + np.arange(len(self.counts))) % 7


def demand(history: History, interval: float = 1800.0, type: str | None = None) -> Demand:
    """The calls of a history, of one type or all, from its first day to its last. ValueError without calls or for an interval that does not divide the day."""
    n = round(DAY / interval)
    if n < 1 or abs(n * interval - DAY) > 1e-6:
        raise ValueError(f"an interval of {interval:g} s does not divide the day")
    days = history.days()
    asked = history.asked
    if not len(days) or not asked.any():
        raise ValueError("no call of the history asked for an agent")
    if type is not None:
        if type not in history.types:
            raise ValueError(f"no call is of type {type!r}; there are {', '.join(history.types)}")
        asked = asked & (history.type == history.types.index(type))
    first = day_number(days[0])
    row = history.day[asked] - first
    place = ((history.offered[asked] % DAY) // interval).astype(int)
    counts = np.zeros((day_number(days[-1]) - first + 1, n))
    np.add.at(counts, (row, np.minimum(place, n - 1)), 1)
    return Demand(date_of(first), interval, counts)
