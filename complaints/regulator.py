"""The regulator's quarterly table: a line for each category and region, lines and totals that add up. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from complaints.figures import Row, Summary, summary

COLUMNS = ("received", "answered", "in_time", "escalated", "regulator", "withdrawn", "median_days")
"""Figures of a line, after category and region."""


@dataclass(frozen=True)
class Quarter:
    """A quarter of a year, 1 to 4."""

    year: int
    number: int

    @classmethod
    def read(cls, text: str) -> Quarter:
        """"2026Q3" or "2026-Q3". ValueError."""
        found = re.fullmatch(r"(20\d\d)-?[Qq]([1-4])", text.strip())
        if not found:
            raise ValueError(f"a quarter is written as 2026Q3 (found {text[:20]!r})")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, day: date) -> Quarter:
        """The quarter that a day lies in."""
        return cls(day.year, (day.month - 1) // 3 + 1)

    @property
    def first(self) -> date:
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last(self) -> date:
        following = date(self.year + 1, 1, 1) if self.number == 4 else date(self.year, 3 * self.number + 1, 1)
        return following - timedelta(1)

    @property
    def before(self) -> Quarter:
        """The one before it."""
        return Quarter(self.year - 1, 4) if self.number == 1 else Quarter(self.year, self.number - 1)

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"


@dataclass(frozen=True)
class Line:
    """Figures of a category in a region; both '' in the line of totals, one '' where it is not known."""

    category: str
    region: str
    figures: Summary
    total: bool = False


def table(rows: Iterable[Row], quarter: Quarter, *, today: date, zone: ZoneInfo) -> list[Line]:
    """All lines by category, then region, and the totals at the end."""
    parts: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if quarter.first <= datetime.fromtimestamp(row.filed_at, zone).date() <= quarter.last:
            parts.setdefault((row.category, row.region), []).append(row)
    lines = [Line(category, region, summary(some, today)) for (category, region), some in sorted(parts.items())]
    every = [row for some in parts.values() for row in some]
    return [*lines, Line("", "", summary(every, today), total=True)]


def cells(lines: Sequence[Line], heads: Sequence[str], names: dict[str, str], whole: str) -> list[list[object]]:
    """The table for a file: a line of heads, then category, region and the figures; ``names``: words for values."""
    out: list[list[object]] = [list(heads)]
    for line in lines:
        figures = [getattr(line.figures, name) for name in COLUMNS]
        figures[-1] = "" if figures[-1] is None else round(figures[-1], 1)
        first = [whole, ""] if line.total else [names.get(line.category, line.category) or "—", names.get(line.region, line.region) or "—"]
        out.append([*first, *figures])
    return out
