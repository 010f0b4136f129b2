"""The weeks to come: the forecast put into the calibrated line, week by week, and the need of all of them in dates.

    found = forecasts(history, calendar("CN"), date(2026, 12, 7), 2)
    weeks = weeks_of(calibration, history, found, date(2026, 12, 7), 2, name="December")
    needs = [staff(from_dict(week.model)) for week in weeks]
    rows = need_rows(weeks, needs)          # for `simulation.shifts`
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from simulation import model_file
from simulation.calibration import Calibration
from simulation.demand import Calendar, demand
from simulation.forecast import LONGEST, Forecast, forecast
from simulation.history import History, Progress
from simulation.need import Need
from simulation.quantity import DAY, WEEKDAYS, clock_text

MOST_WEEKS = 6


@dataclass(frozen=True)
class Forecasts:
    """All calls and each type's, over the same days; the types' calls add up to all."""

    all: Forecast
    types: dict[str, np.ndarray]
    """Type → (days, intervals) expected calls."""


@dataclass(frozen=True)
class Week:
    """A week to come: its dates by weekday and its model file as a dict."""

    first: date
    dates: dict[str, date]
    model: dict


def next_monday(after: date) -> date:
    """The first Monday after a day."""
    return after + timedelta(7 - after.weekday())


def forecasts(
    history: History, calendar: Calendar, first: date, weeks: int, *, interval: float = 1800.0, level: float = 0.9, progress: Progress | None = None
) -> Forecasts:
    """Forecasts that reach from the day after the history to the end of the weeks. ValueError where they cannot."""
    last = history.days()[-1] if len(history) else None
    if last is None:
        raise ValueError("the history holds no call")
    if not 1 <= weeks <= MOST_WEEKS:
        raise ValueError(f"a plan has 1 to {MOST_WEEKS} weeks, not {weeks}")
    horizon = (first - last).days + 7 * weeks - 1
    if first <= last:
        raise ValueError(f"the plan begins on {first}, but the history reaches to {last}: begin on {last + timedelta(1)} or later")
    if horizon > LONGEST:
        raise ValueError(f"the plan ends on {first + timedelta(7 * weeks - 1)}, more than {LONGEST} days after the history's last day {last}: take newer records or an earlier first day")
    names = [name for number, name in enumerate(history.types) if (history.asked & (history.type == number)).any()]

    def tell(number: int):
        return None if progress is None else lambda done, of, what: progress(number * 100 + 100 * done // max(of, 1), 100 * (len(names) + 1), what)

    whole = forecast(demand(history, interval), calendar, horizon=horizon, level=level, progress=tell(0))
    days = {d.day: i for i, d in enumerate(whole.days)}
    parts = {}
    for number, name in enumerate(names, start=1):
        own = demand(history, interval, name)
        # Silent days after the last call of a type belong to its history too.
        part = forecast(own, calendar, horizon=min(horizon + (last - own.days[-1]).days, LONGEST), level=level, progress=tell(number))
        parts[name] = np.zeros_like(whole.mean)
        for i, d in enumerate(part.days):
            if d.day in days:
                parts[name][days[d.day]] = part.mean[i]
    total = sum(parts.values(), np.zeros_like(whole.mean))
    # All calls together are foretold best; the types say how they divide.
    spread = np.divide(whole.mean, total, out=np.zeros_like(total), where=total > 1e-9)
    return Forecasts(whole, {name: part * spread for name, part in parts.items()})


def weeks_of(
    calibration: Calibration, history: History, found: Forecasts, first: date, weeks: int, *, name: str, by_type: bool = False,
    answer_within: float = 20.0, patience: str | None = None, replications: int = 20,
) -> list[Week]:  # fmt: skip
    """The model of each week. ValueError where a week has no day with calls."""
    place = {d.day: i for i, d in enumerate(found.all.days)}
    out = []
    for number in range(weeks):
        start = first + timedelta(7 * number)
        dates = {WEEKDAYS[day.weekday()]: day for day in (start + timedelta(i) for i in range(7))}
        coming = model_file.Coming(
            {t: {w: part[place[day]] for w, day in dates.items() if day in place} for t, part in found.types.items()}, found.all.busyness_cv
        )
        model = model_file.week(
            calibration, history, name=f"{name} · {start}", interval=found.all.interval, answer_within=answer_within, patience=patience,
            replications=replications, coming=coming, by_type=by_type,
        )  # fmt: skip
        out.append(Week(start, dates, model))
    return out


def need_rows(weeks: Sequence[Week], needs: Sequence[Need]) -> list[dict]:
    """The need as rows of a plan file of shifts (SHIFTS.md), by date."""
    rows = []
    for week, need in zip(weeks, needs, strict=True):
        for pool in need.pools:
            for group, agents in pool.agents.items():
                for start, n, label in zip(need.starts, agents, need.labels, strict=True):
                    # A line that opens on one weekday only has no weekday in its labels.
                    weekday = label.partition(" ")[0] if label.partition(" ")[0] in WEEKDAYS else next(iter(week.model["time"]["days"]))
                    at = start % DAY
                    rows.append({"group": group, "day": week.dates[weekday].isoformat(), "start": clock_text(at),
                                 "end": clock_text(min(at + need.interval, DAY)), "agents": int(n)})  # fmt: skip
    return rows
