"""The clocks of a complaint: by which day it is answered, when to warn, until when its caller may appeal. Pure.

Days are the operator's own: an hour that a clock change adds or takes moves nothing. Source of the 15 days and of the
appeal's 5 months and 2 years: 《电信用户申诉处理办法》 art. 10 and 11.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from agent_assist.articles import Rule, appeal_until, limit_of, months_after


class ClockSettings(BaseModel):
    """``[clocks]``: deadlines beside ``menu.answer_days``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    working_days: bool = Field(default=False, description="answer_days counts working days only")
    holidays: str = Field(default="CN", description="country whose public holidays are no working days; '' for none")
    warn_days: tuple[int, ...] = Field(default=(5, 1), description="days before the answer is due on which it is warned")
    appeal_months: int = Field(default=24, ge=1, le=240, description="an appeal where no rule of [desk] knowledge says otherwise")
    close_answered_days: int = Field(default=30, ge=1, le=365, description="an answer that nobody contradicts closes it")
    close_accepted_days: int = Field(default=0, ge=0, le=365, description="from the acceptance to the closing")

    @field_validator("warn_days")
    @classmethod
    def _ahead(cls, days: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 1 <= one <= 60 for one in days):
            raise ValueError("days from 1 to 60 before the deadline are needed")
        return tuple(sorted(set(days), reverse=True))

    @field_validator("holidays")
    @classmethod
    def _known(cls, country: str) -> str:
        if country:
            _holidays(country.upper())
        return country.upper()


@lru_cache
def _holidays(country: str) -> Any:
    import holidays

    try:
        return holidays.country_holidays(country)
    except NotImplementedError:
        raise ValueError(f"no holidays are known for {country!r}; write two letters of a country, such as CN, or ''") from None


@dataclass(frozen=True)
class Clocks:
    """The rules of one line."""

    answer_days: int
    settings: ClockSettings = ClockSettings()
    rules: tuple[Rule, ...] = ()
    """What the articles say of appeals (``agent_assist.articles``)."""

    def due(self, received: date) -> date:
        """The last day on which the answer is in time: so many days after the day of receipt, which does not count."""
        if not self.settings.working_days:
            return received + timedelta(days=self.answer_days)
        day, left = received, self.answer_days
        while left:
            day += timedelta(1)
            left -= self.works(day)
        return day

    def works(self, day: date) -> bool:
        """A working day: no weekend and no public holiday, or a weekend that is worked for one (调休)."""
        if not self.settings.holidays:
            return day.weekday() < 5
        return bool(_holidays(self.settings.holidays).is_working_day(day))

    def warnings(self, due: date) -> Sequence[tuple[int, date]]:
        """(days before, day) on which it is warned that the answer is due, earliest first."""
        return tuple((days, due - timedelta(days)) for days in self.settings.warn_days)

    def appeal_months(self, category: str | None) -> int:
        """How long after what happened an appeal is possible: 5 months for fees, by the rule beside the articles."""
        return limit_of(self.rules, category or "") or self.settings.appeal_months

    def appeal_until(self, form: Mapping[str, Any], filed: date) -> date:
        """The last day of an appeal: from when it happened, as the form says, else from the day of filing."""
        fields = form.get("fields", {})
        occurred, category = ((fields.get(name) or {}).get("value") for name in ("occurred", "category"))
        months = self.appeal_months(str(category) if category else None)
        found = appeal_until(str(occurred), months, filed) if occurred else None
        return found or months_after(filed, months)

