"""What a planner chooses in each step of a plan, checked. Shares are per cent, times seconds, money in the plan's currency."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from simulation.coming import MOST_WEEKS
from simulation.mapping import Mapping
from simulation.scenarios import KINDS


def _blank(value: Any) -> Any:
    """An empty field of a form is nothing."""
    return None if isinstance(value, str) and not value.strip() else value


def _words(value: Any) -> Any:
    """"2026-12-24, 2026-12-25" → a list."""
    return value.replace("，", ",").replace("、", ",").replace(",", " ").split() if isinstance(value, str) else value


Percent = Annotated[Annotated[float, Field(gt=0, lt=100)] | None, BeforeValidator(_blank)]
Seconds = Annotated[Annotated[float, Field(gt=0, le=3600)] | None, BeforeValidator(_blank)]
Count = Annotated[Annotated[int, Field(ge=0, le=5000)] | None, BeforeValidator(_blank)]
Day = Annotated[dt.date | None, BeforeValidator(_blank)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class HistoryChoices(_Part):
    """Where the past calls come from: uploaded files with their mapping, or the live line's own log."""

    source: Literal["files", "log"] = "files"
    files: list[str] = []
    mapping: dict[str, Any] | None = None
    """As a mapping file holds it (RECORDS.md)."""

    @field_validator("mapping")
    @classmethod
    def _fits(cls, given: dict[str, Any] | None) -> dict[str, Any] | None:
        if given is not None:
            Mapping.model_validate(given)
        return given

    @property
    def read_as(self) -> Mapping | None:
        """The mapping, checked."""
        return None if self.mapping is None else Mapping.model_validate(self.mapping)


class ForecastChoices(_Part):
    """Which days to plan (None: from the Monday after the history) and in which intervals."""

    first: Day = None
    weeks: Annotated[int, Field(ge=1, le=MOST_WEEKS)] = 1
    interval: Literal[900, 1800, 3600] = 1800
    country: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z]{2}$")] | None, BeforeValidator(_blank)] = None
    special: Annotated[list[dt.date], BeforeValidator(_words)] = []


class CalibrationChoices(_Part):
    """Which fit of patience; None: the best on calls not used."""

    patience: Annotated[Literal["kaplan_meier", "exponential", "weibull", "lognormal", "hyperexponential"] | None, BeforeValidator(_blank)] = None


class TestChoices(_Part):
    """The honest test: mean handling time of the tested days, or kept from the others."""

    level: Literal["period", "kept"] = "period"
    within: Annotated[float, Field(gt=0, le=3600)] = 20.0


class NeedChoices(_Part):
    """What is promised to callers; at least one of the four."""

    service_level: Percent = 80.0
    within: Annotated[float, Field(gt=0, le=3600)] = 20.0
    abandonment: Percent = None
    asa: Seconds = None
    shrinkage: Annotated[float, Field(ge=0, lt=90)] = 15.0
    by_type: bool = False
    careful: bool = False


class ShiftChoices(_Part):
    """Who can work: numbers of agents (None: as many as the need asks for), or a whole plan file."""

    full: Count = None
    part: Count = None
    full_cost: Annotated[float, Field(ge=0, le=1e6)] = 60.0
    part_cost: Annotated[float, Field(ge=0, le=1e6)] = 66.0
    full_hours: Annotated[float, Field(ge=8, le=60)] = 40.0
    part_hours: Annotated[float, Field(ge=4, le=40)] = 24.0
    gap: Annotated[float, Field(ge=0.1, le=50)] = 2.0
    seconds: Annotated[float, Field(ge=1, le=1800)] = 60.0
    file: Annotated[str, Field(max_length=100_000)] = ""


class ScenarioChoice(_Part):
    """One scenario: a kind of `simulation.scenarios` and its text."""

    kind: Literal[tuple(KINDS)]  # type: ignore[valid-type]
    text: Annotated[str, Field(min_length=1, max_length=200)]


class WhatIfChoices(_Part):
    """Scenarios side by side, and what one agent more is worth."""

    scenarios: Annotated[list[ScenarioChoice], Field(max_length=12)] = []
    marginal: bool = False
    replications: Annotated[int, Field(ge=5, le=1000)] = 20


PARTS: dict[str, type[_Part]] = {
    "history": HistoryChoices, "forecast": ForecastChoices, "calibration": CalibrationChoices, "test": TestChoices, "need": NeedChoices,
    "shifts": ShiftChoices, "whatif": WhatIfChoices,
}  # fmt: skip
STEPS = tuple(PARTS)
BEFORE: dict[str, tuple[str, ...]] = {
    "history": (), "forecast": ("history",), "calibration": ("history",), "test": ("history",), "need": ("forecast", "calibration"),
    "shifts": ("need",), "whatif": ("need", "shifts"),
}
"""Steps that must be done before a step, directly."""
ROSTER = ("history", "forecast", "calibration", "need", "shifts")
"""The way from records to a roster."""


def checked(step: str, given: dict[str, Any]) -> dict[str, Any]:
    """The choices of a step, complete and JSON-ready. pydantic's ValidationError; KeyError for an unknown step."""
    return PARTS[step].model_validate(given).model_dump(mode="json", exclude_defaults=False)


def of(step: str, choices: dict[str, Any]) -> Any:
    """The checked choices of a step out of all choices of a plan; what was never chosen is as by default."""
    return PARTS[step].model_validate(choices.get(step) or {})
