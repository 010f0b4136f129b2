"""Hours and holidays: when humans answer, and when they do again. Pure; times are local, with their zone."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

AHEAD_DAYS = 60
"""How far ahead an opening is looked for; beyond that the line counts as always closed."""

_SPAN = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")

Spans = Annotated[tuple[str, ...], Field(description="spans of a day, as 08:00-20:00; none: closed")]


class Hours(BaseModel):
    """``[hours]``: the spans in which humans answer on each weekday, and days that differ.

    ``holidays``: date → spans of that day (``[]``: closed), for public holidays and working weekends.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    monday: Spans = ("00:00-24:00",)
    tuesday: Spans = ("00:00-24:00",)
    wednesday: Spans = ("00:00-24:00",)
    thursday: Spans = ("00:00-24:00",)
    friday: Spans = ("00:00-24:00",)
    saturday: Spans = ("00:00-24:00",)
    sunday: Spans = ("00:00-24:00",)
    holidays: dict[date, Spans] = {}

    @field_validator(*DAYS, "holidays")
    @classmethod
    def _spans(cls, value: tuple[str, ...] | dict[date, tuple[str, ...]]) -> object:
        for spans in value.values() if isinstance(value, dict) else (value,):
            ended = -1
            for span in spans:
                minutes = _minutes(span)
                if minutes is None:
                    raise ValueError(f"{span!r} is no span of a day; write it as 08:00-20:00")
                if minutes[0] <= ended or minutes[0] >= minutes[1]:
                    raise ValueError(f"{span!r}: spans follow one another, and each ends after its beginning")
                ended = minutes[1]
        return value

    @property
    def ever(self) -> bool:
        """True when there is any weekday with hours."""
        return any(getattr(self, day) for day in DAYS)

    def week(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Each weekday and its spans."""
        return tuple((day, getattr(self, day)) for day in DAYS)

    def open(self, at: datetime) -> bool:
        """True when humans answer at this moment."""
        minute = at.hour * 60 + at.minute
        return any(begin <= minute < end for begin, end in self._of(at.date()))

    def opens(self, at: datetime) -> datetime | None:
        """When humans answer next: ``at`` itself while open, None when not within 60 days."""
        if self.open(at):
            return at
        minute = at.hour * 60 + at.minute
        for ahead in range(AHEAD_DAYS):
            day = at.date() + timedelta(days=ahead)
            for begin, _ in self._of(day):
                if ahead or begin > minute:
                    return datetime.combine(day, time(begin // 60, begin % 60), at.tzinfo)
        return None

    def _of(self, day: date) -> list[tuple[int, int]]:
        spans = self.holidays.get(day, getattr(self, DAYS[day.weekday()]))
        return [minutes for span in spans if (minutes := _minutes(span)) is not None]


def _minutes(span: str) -> tuple[int, int] | None:
    found = _SPAN.fullmatch(span)
    if found is None:
        return None
    begin, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    return (begin, end) if max(begin, end) <= 24 * 60 else None
