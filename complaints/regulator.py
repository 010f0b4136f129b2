"""The regulator's quarterly table: a line for each category and region, lines and totals that add up. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from complaints.figures import Counts, Summary, summary, total

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


def table(counts: Mapping[tuple[str, str], Counts], lengths: Mapping[tuple[str, str], Sequence[float]]) -> list[Line]:
    """All lines by category, then region, and the totals at the end; lengths: days to answer, ascending."""
    lines = [Line(category, region, summary(some, lengths.get((category, region), ()))) for (category, region), some in sorted(counts.items())]
    whole = sorted(days for some in lengths.values() for days in some)
    return [*lines, Line("", "", summary(total(counts.values()), whole), total=True)]


def cells(lines: Sequence[Line], heads: Sequence[str], names: dict[str, str], whole: str) -> list[list[object]]:
    """The table for a file: a line of heads, then category, region and the figures; ``names``: words for values."""
    out: list[list[object]] = [list(heads)]
    for line in lines:
        figures = [getattr(line.figures, name) for name in COLUMNS]
        figures[-1] = "" if figures[-1] is None else round(figures[-1], 1)
        first = [whole, ""] if line.total else [names.get(line.category, line.category) or "—", names.get(line.region, line.region) or "—"]
        out.append([*first, *figures])
    return out
