"""Figures about complaints: how many came by what way, how long an answer took, how many went higher, how content callers are.

Pure: rows in, figures out. A complaint counts in the week and period in which it was filed (operator's days). Definitions:

* in time: first answer on or before the day it was due ÷ complaints that were answered or are overdue;
* time to answer: days from filing to the newest answer, of the answered;
* escalation rate: complaints that went at least one level higher ÷ all; regulator: that were referred to the regulator;
* satisfaction: mean of the replies 1 to 5; reply rate: replies ÷ asked.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY_S = 86_400
BINS = (1, 2, 3, 5, 7, 10, 15, 20, 30)
"""Upper ends of the classes of the time to answer, days."""


@dataclass(frozen=True)
class Row:
    """A complaint as it is counted; times are Unix seconds."""

    number: str
    category: str
    channel: str
    region: str
    state: str
    level: int
    filed_at: float
    answered_at: float | None
    in_time: bool | None
    due_on: str | None
    referred_at: float | None = None
    asked_at: float | None = None
    satisfaction: int | None = None


@dataclass(frozen=True)
class Filter:
    """What is looked at: days of filing (both included) and, where not empty, only these values."""

    first: date
    last: date
    category: str = ""
    channel: str = ""
    region: str = ""
    state: str = ""

    def takes(self, row: Row) -> bool:
        """Does the row belong to it, whenever it was filed?"""
        return all(not wanted or wanted == got for wanted, got in (
            (self.category, row.category), (self.channel, row.channel), (self.region, row.region), (self.state, row.state),
        ))  # fmt: skip


@dataclass(frozen=True)
class Summary:
    """Figures of some complaints; None where there is nothing to divide by. Times in days."""

    received: int = 0
    answered: int = 0
    in_time: int = 0
    owed: int = 0
    """Answered or overdue: what the share in time is taken of."""
    escalated: int = 0
    regulator: int = 0
    withdrawn: int = 0
    closed: int = 0
    median_days: float | None = None
    p90_days: float | None = None
    asked: int = 0
    replied: int = 0
    satisfaction: float | None = None

    @property
    def share_in_time(self) -> float | None:
        return self.in_time / self.owed if self.owed else None

    @property
    def escalation_rate(self) -> float | None:
        return self.escalated / self.received if self.received else None


@dataclass(frozen=True)
class Figures:
    """Everything that a report shows."""

    filter: Filter
    all: Summary
    by: dict[str, dict[str, Summary]]
    """``category``, ``channel``, ``region``, ``week`` (ISO week, "2026-W48", each of the period), ``level`` → value → figures."""
    days_to_answer: list[int] = field(default_factory=list)
    """Answered complaints by ``BINS``, the last for longer."""
    replies: list[int] = field(default_factory=list)
    """How many replied 1, 2, 3, 4, 5."""


def week_of(day: date) -> str:
    """The ISO week: 2027-01-01 is in 2026-W53."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def weeks(first: date, last: date) -> list[str]:
    """All ISO weeks that a period touches."""
    monday = first - timedelta(first.weekday())
    return [week_of(monday + timedelta(7 * n)) for n in range((last - monday).days // 7 + 1)]


def figures(rows: Iterable[Row], chosen: Filter, *, today: date, zone: ZoneInfo) -> Figures:
    """Count the rows that the filter takes."""
    found = []
    for row in rows:
        day = datetime.fromtimestamp(row.filed_at, zone).date()
        if chosen.first <= day <= chosen.last and chosen.takes(row):
            found.append((row, day))
    only = [row for row, _ in found]
    count = lambda some: summary(some, today)  # noqa: E731
    by: dict[str, dict[str, Summary]] = {
        "category": grouped(only, lambda row: row.category, count),
        "channel": grouped(only, lambda row: row.channel, count),
        "region": grouped(only, lambda row: row.region, count),
        "level": grouped(only, lambda row: str(row.level), count),
    }
    weekly: dict[str, list[Row]] = {week: [] for week in weeks(chosen.first, chosen.last)}
    for row, day in found:
        weekly[week_of(day)].append(row)
    by["week"] = {week: count(some) for week, some in weekly.items()}
    lengths = Counter(next((n for n, end in enumerate(BINS) if days <= end), len(BINS)) for days in map(days_to_answer, only) if days is not None)
    replies = Counter(row.satisfaction for row in only if row.satisfaction is not None)
    return Figures(chosen, count(only), by, [lengths[n] for n in range(len(BINS) + 1)], [replies[n] for n in range(1, 6)])


def grouped(rows: Sequence[Row], key: Callable[[Row], str], count: Callable[[list[Row]], Summary]) -> dict[str, Summary]:
    """Figures by a value, the commonest first."""
    parts: dict[str, list[Row]] = {}
    for row in rows:
        parts.setdefault(key(row), []).append(row)
    return {name: count(some) for name, some in sorted(parts.items(), key=lambda part: (-len(part[1]), part[0]))}


def days_to_answer(row: Row) -> float | None:
    """Days from filing to the answer; None while there is none."""
    return None if row.answered_at is None else max(row.answered_at - row.filed_at, 0.0) / DAY_S


def summary(rows: Sequence[Row], today: date) -> Summary:
    """The figures of these complaints."""
    lengths = sorted(days for days in map(days_to_answer, rows) if days is not None)
    overdue = sum(row.in_time is None and row.due_on is not None and row.due_on < today.isoformat() for row in rows)
    replies = [row.satisfaction for row in rows if row.satisfaction is not None]
    return Summary(
        received=len(rows), answered=len(lengths), in_time=sum(row.in_time is True for row in rows),
        owed=sum(row.in_time is not None for row in rows) + overdue, escalated=sum(row.level > 0 for row in rows),
        regulator=sum(row.referred_at is not None for row in rows), withdrawn=sum(row.state == "withdrawn" for row in rows),
        closed=sum(row.state == "closed" for row in rows), median_days=quantile(lengths, 0.5), p90_days=quantile(lengths, 0.9),
        asked=sum(row.asked_at is not None for row in rows), replied=len(replies), satisfaction=sum(replies) / len(replies) if replies else None,
    )  # fmt: skip


def quantile(ascending: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share does not exceed; the mean of the middle two for the median of an even number."""
    if not ascending:
        return None
    place = share * len(ascending)
    if share == 0.5 and place == int(place):
        return (ascending[int(place) - 1] + ascending[int(place)]) / 2
    return ascending[max(math.ceil(place) - 1, 0)]
