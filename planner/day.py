"""A day of a plan: the model of its week with the roster in it, and what the plan promises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from planner.steps import StepError, made, rostered
from simulation.actions import Aim
from simulation.load import from_dict
from simulation.quantity import WEEKDAYS
from simulation.run_model import RunModel
from simulation.shifts import ShiftPlan
from simulation.simulated_need import with_agents


@dataclass(frozen=True)
class Planned:
    """A day as it was planned."""

    model: RunModel
    weekday: str
    aim: Aim
    interval_cv: float | None
    """Of an interval's calls around the forecast; None where no forecast says it."""
    roster: bool
    """The agents are those of the roster (else: those needed)."""

    @staticmethod
    def of_model(model: RunModel, day: date) -> Planned:
        """A model file's day."""
        first = model.promises[0] if model.promises else None
        return Planned(model, WEEKDAYS[day.weekday()], Aim(model.target_service_level, model.target_abandonment, first and first.asa), None, True)


def planned_day(folder: Path, day: date) -> Planned:
    """The day of the plan in this folder. ValueError where the plan does not reach so far, or not that day."""
    try:
        weeks, needs, _ = made(folder, "need")
    except StepError:
        raise ValueError("the plan has no need yet: do its steps up to the need first") from None
    place = next((i for i, week in enumerate(weeks) if week.first <= day < week.first + timedelta(7)), None)
    if place is None:
        raise ValueError(f"the plan covers {weeks[0].first} to {weeks[-1].first + timedelta(6)}, not {day}")
    week, need = weeks[place], needs[place]
    weekday = WEEKDAYS[day.weekday()]
    if weekday not in week.model["time"]["days"]:
        raise ValueError(f"the line is closed on {day} by the plan")
    model = from_dict(week.model)
    roster = _roster(folder, weeks[0].first)
    if roster is not None:
        model = rostered(model, week, roster)
    else:
        agents = np.zeros((len(model.groups), len(model.grid.labels)))
        for g, group in enumerate(model.groups):
            agents[g, np.flatnonzero(model.grid.opened)] = need.agents(group.name)
        model = with_agents(model, agents)
    promised = next((p for pool in need.pools for p in pool.promises.values()), {})
    aim = Aim(promised.get("service_level"), promised.get("abandonment"), promised.get("asa"))
    try:
        found, _ = made(folder, "forecast")
        interval_cv = found.all.interval_cv or None
    except StepError:
        interval_cv = None
    return Planned(model.with_(answer_within=need.within), weekday, aim, interval_cv, roster is not None)


def _roster(folder: Path, first: date) -> ShiftPlan | None:
    """The plan's roster, if there is one from that day on: an older need's is none."""
    try:
        found = made(folder, "shifts")
    except StepError:
        return None
    return found if found.plan.start == first else None
