"""Figures about complaints: how many came by what way, how long an answer took, how many went higher, how content callers are.

Pure: counts and lengths in (``complaints.counting`` has the database count them), figures out. A complaint counts in the week
and period in which it was filed (operator's days). Definitions:

* in time: first answer on or before the day it was due ÷ complaints that were answered or whose day passed without an answer;
* time to answer: days from filing to the newest answer, of the answered;
* escalation rate: complaints that went at least one level higher ÷ all; of a level: that went at least so high ÷ all;
* regulator: that were referred to the regulator;
* satisfaction: mean of the replies 1 to 5; reply rate: replies ÷ asked.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields
from datetime import date, timedelta

DAY_S = 86_400
BINS = (1, 2, 3, 5, 7, 10, 15, 20, 30)
"""Upper ends of the classes of the time to answer, days."""
SIEVES = ("category", "channel", "region", "state")
"""What a report is filtered by, beside the days."""
SIDES = ("category", "channel", "region", "week", "level")


@dataclass(frozen=True)
class Filter:
    """What is looked at: days of filing (both included) and, where not empty, only these values."""

    first: date
    last: date
    category: str = ""
    channel: str = ""
    region: str = ""
    state: str = ""


@dataclass(frozen=True)
class Counts:
    """How many complaints; counts of parts add up to those of the whole."""

    received: int = 0
    answered: int = 0
    in_time: int = 0
    owed: int = 0
    """Answered or overdue: what the share in time is taken of."""
    escalated: int = 0
    regulator: int = 0
    withdrawn: int = 0
    closed: int = 0
    asked: int = 0
    replied: int = 0
    points: int = 0
    """Sum of the marks replied."""

    def __add__(self, other: Counts) -> Counts:
        return Counts(*map(sum, zip(self.plain(), other.plain(), strict=True)))

    def plain(self) -> tuple[int, ...]:
        """The counts in their order."""
        return astuple(self)[: len(fields(Counts))]


@dataclass(frozen=True)
class Summary(Counts):
    """Figures of some complaints; None where there is nothing to divide by. Times in days."""

    median_days: float | None = None
    p90_days: float | None = None

    @property
    def share_in_time(self) -> float | None:
        return self.in_time / self.owed if self.owed else None

    @property
    def escalation_rate(self) -> float | None:
        return self.escalated / self.received if self.received else None

    @property
    def satisfaction(self) -> float | None:
        return self.points / self.replied if self.replied else None


@dataclass(frozen=True)
class Figures:
    """Everything that a report shows."""

    filter: Filter
    all: Summary
    by: dict[str, dict[str, Summary]]
    """``SIDES``: ``week`` (ISO week, "2026-W48", each of the period), ``level`` (where it stands), … → value → figures."""
    ladder: list[tuple[int, int]] = field(default_factory=list)
    """(level, complaints that went at least so high), from level 1."""
    days_to_answer: list[int] = field(default_factory=list)
    """Answered complaints by ``BINS``, the last for longer."""
    replies: list[int] = field(default_factory=list)
    """How many replied 1, 2, 3, 4, 5."""


def week_of(day: date) -> str:
    """The ISO week: 2027-01-01 is in 2026-W53."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def mondays(first: date, last: date) -> list[date]:
    """The Mondays of all ISO weeks that a period touches."""
    monday = first - timedelta(first.weekday())
    return [monday + timedelta(7 * n) for n in range((last - monday).days // 7 + 1)]


def figures(wanted: Filter, counts: Mapping[str, Mapping[str, Counts]], lengths: Mapping[str, Mapping[str, Sequence[float]]], marks: Mapping[int, int]) -> Figures:
    """The figures out of counts and days to answer (ascending), by side and value, and replies by mark."""
    by: dict[str, dict[str, Summary]] = {}
    for side in SIDES:
        found = {value: summary(some, lengths[side].get(value, ())) for value, some in counts[side].items()}
        names = [week_of(day) for day in mondays(wanted.first, wanted.last)] if side == "week" else sorted(found, key=lambda value: (-found[value].received, value))
        by[side] = {name: found.get(name, Summary()) for name in names}
    whole = sorted(days for some in lengths["level"].values() for days in some)
    classes = [0] * (len(BINS) + 1)
    for days in whole:
        classes[bisect_left(BINS, days)] += 1
    return Figures(
        wanted, summary(total(counts["level"].values()), whole), by, reached({int(value): one.received for value, one in counts["level"].items()}),
        classes, [marks.get(mark, 0) for mark in range(1, 6)],
    )  # fmt: skip


def total(parts: Iterable[Counts]) -> Counts:
    """The counts of all parts together."""
    return sum(parts, Counts())


def summary(counts: Counts, days: Sequence[float]) -> Summary:
    """The figures of these counts; ``days``: time to answer of the answered, ascending."""
    return Summary(*counts.plain(), quantile(days, 0.5), quantile(days, 0.9))


def reached(standing: Mapping[int, int]) -> list[tuple[int, int]]:
    """(level, complaints that went at least so high) from level 1, out of how many stand on each level."""
    return [(level, sum(n for at, n in standing.items() if at >= level)) for level in range(1, max(standing, default=0) + 1)]


def quantile(ascending: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share does not exceed; the mean of the middle two for the median of an even number."""
    if not ascending:
        return None
    place = share * len(ascending)
    if share == 0.5 and place == int(place):
        return (ascending[int(place) - 1] + ascending[int(place)]) / 2
    return ascending[max(math.ceil(place) - 1, 0)]
