"""From need to roster: counts by mixed-integer programming, agents by tours, and what comes of it.

    result = make(load_plan("plan.toml", need="need.json"))
    result.rows()                   # one for each duty: agent, date, start, end, breaks, group, …
    result.unmet                    # the intervals that stay short
    result.gap                      # how much cheaper any roster could be at most
"""

from __future__ import annotations

import datetime as dt
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from simulation.rostering import Roster, burdens, roster_of, why_no_tour
from simulation.shift_counts import least_cost_counts
from simulation.shift_plan import Plan
from simulation.problem import ModelError, Problem
from simulation.tours import Tours


@dataclass(frozen=True)
class Progress:
    """How far it is: `stage` "counts" (with the gap so far, None: none yet) or "roster" (with the share done)."""

    stage: str
    gap: float | None
    share: float


@dataclass(frozen=True)
class Unmet:
    """Slots in a row that stay short by the same number of agents."""

    group: str
    day: str
    """ISO date."""
    start: str
    end: str
    needed: int
    short: int


@dataclass(frozen=True)
class DutyRow:
    """A duty as people read it. Clock times "25:00" are not used: `start` and `end` are date and time."""

    agent: str
    contract: str
    group: str
    pattern: str
    start: dt.datetime
    end: dt.datetime
    breaks: tuple[tuple[dt.datetime, dt.datetime], ...]
    hours: float
    """Paid."""


@dataclass(frozen=True)
class ShiftPlan:
    """A roster with its cover and cost."""

    plan: Plan
    duties: Roster
    cover: dict[str, np.ndarray]
    """Agents on the phone (scheduled) by group and slot."""
    cost: float
    """Of paid time."""
    shortage_cost: float
    bound: float
    """No roster that keeps the rules costs less, shortage priced in."""
    counts_gap: float
    seconds: float
    counts_seconds: float

    @property
    def gap(self) -> float:
        """(cost with shortage − bound) ÷ cost with shortage; 0: no roster is cheaper."""
        total = self.cost + self.shortage_cost
        return max(0.0, 1 - self.bound / total) if total > 0 else 0.0

    def moment(self, slot: int) -> dt.datetime:
        """Date and time (wall clock of the plan's zone) of a slot."""
        return dt.datetime.combine(self.plan.start, dt.time()) + dt.timedelta(seconds=slot * self.plan.slot)

    def rows(self) -> list[DutyRow]:
        """All duties, by agent, then time."""
        out = []
        for agent, days in zip(self.plan.agents, self.duties):
            for duty in days:
                if duty is None:
                    continue
                s = self.plan.shifts[duty.shift]
                breaks = tuple((self.moment(first), self.moment(first + w.length)) for w, first in zip(s.breaks, duty.breaks))
                out.append(DutyRow(agent.name, agent.rules.name, duty.group, s.pattern, self.moment(s.start), self.moment(s.end), breaks, s.paid * self.plan.slot / 3600))
        return out

    @property
    def unmet(self) -> list[Unmet]:
        """Where the need is not met, slots joined."""
        plan, out = self.plan, []
        for group, needed in plan.need.items():
            short = np.maximum(needed - self.cover[group][:plan.slots], 0)
            slot = 0
            while slot < plan.slots:
                end = slot + 1
                if short[slot]:
                    while end < plan.slots and short[end] == short[slot] and needed[end] == needed[slot] and end % plan.per_day:
                        end += 1
                    a, b = self.moment(slot), self.moment(end)
                    out.append(Unmet(group, a.date().isoformat(), f"{a:%H:%M}", f"{b:%H:%M}" if b.date() == a.date() else "24:00", int(needed[slot]), int(short[slot])))
                slot = end
        return out

    @property
    def short_hours(self) -> float:
        """Agent-hours of the need that are not met."""
        return sum(float(np.maximum(n - self.cover[g][:self.plan.slots], 0).sum()) for g, n in self.plan.need.items()) * self.plan.slot / 3600

    @property
    def needed_hours(self) -> float:
        return sum(float(n.sum()) for n in self.plan.need.values()) * self.plan.slot / 3600

    @property
    def paid_hours(self) -> float:
        return sum(row.hours for row in self.rows())

    def fairness(self) -> dict[str, dict[str, dict[str, float]]]:
        """By contract: for weekend, early and late shifts and paid hours the fewest, mean and most of an agent."""
        out: dict = {}
        for contract in dict.fromkeys(a.rules.name for a in self.plan.agents):
            lists: dict[str, list[float]] = {"weekend": [], "early": [], "late": [], "hours": []}
            for agent, days in zip(self.plan.agents, self.duties):
                if agent.rules.name == contract:
                    for name, n in burdens(self.plan, days).items():
                        lists[name].append(n)
                    lists["hours"].append(sum(self.plan.shifts[d.shift].paid for d in days if d) * self.plan.slot / 3600)
            out[contract] = {name: {"least": min(v), "mean": sum(v) / len(v), "most": max(v)} for name, v in lists.items()}
        return out

    def to_dict(self) -> dict:
        """JSON-ready."""
        plan = self.plan
        return {
            "plan": plan.name, "start": plan.start.isoformat(), "days": plan.days, "slot_s": plan.slot, "timezone": plan.timezone, "currency": plan.currency,
            "cost": self.cost, "shortage_cost": self.shortage_cost, "bound": self.bound, "gap": self.gap, "seconds": round(self.seconds, 2),
            "needed_hours": self.needed_hours, "paid_hours": self.paid_hours, "short_hours": self.short_hours,
            "unmet": [asdict(u) for u in self.unmet], "fairness": self.fairness(),
            "need": {g: n.tolist() for g, n in plan.need.items()}, "cover": {g: c[:plan.slots].tolist() for g, c in self.cover.items()},
            "roster": [
                {"agent": r.agent, "contract": r.contract, "group": r.group, "pattern": r.pattern, "start": r.start.isoformat(), "end": r.end.isoformat(),
                 "breaks": [[a.isoformat(), b.isoformat()] for a, b in r.breaks], "hours": r.hours} for r in self.rows()
            ],
        }  # fmt: skip


def make(
    plan: Plan, *, gap: float = 0.02, seconds: float = 120.0, threads: int = 2, seed: int = 1,
    progress: Callable[[Progress], None] | None = None,
) -> ShiftPlan:
    """The roster of a plan, to `gap` where it can be found (`ShiftPlan.gap` says what was reached).

    seconds: for the counts, at most. progress may raise to stop. ModelError where the rules contradict each other.
    """
    began = time.perf_counter()
    tell = progress or (lambda now: None)
    _possible(plan)
    counts = least_cost_counts(
        plan, gap=gap / 3, seconds=seconds, threads=threads,
        progress=lambda g: tell(Progress("counts", g if math.isfinite(g) else None, 0.0)),
    )  # fmt: skip
    duties = roster_of(plan, counts, gap=gap * 0.95, seed=seed, progress=lambda share: tell(Progress("roster", None, share)))
    cover = {g: np.zeros(plan.slots + 2 * plan.per_day, int) for g in plan.need}
    cost = 0.0
    for agent, days in zip(plan.agents, duties):
        for duty in days:
            if duty is None:
                continue
            shift = plan.shifts[duty.shift]
            cover[duty.group][shift.start:shift.end] += 1
            for window, first in zip(shift.breaks, duty.breaks):
                cover[duty.group][first:first + window.length] -= 1
            cost += shift.paid * agent.rules.cost
    short = sum(float(np.maximum(n - cover[g][:plan.slots], 0).sum()) for g, n in plan.need.items())
    reached = 1 - counts.bound / counts.cost if math.isfinite(counts.cost) and counts.cost > 0 else 1.0
    return ShiftPlan(plan, duties, cover, cost, short * plan.shortage, counts.bound, reached, time.perf_counter() - began, counts.seconds)


def _possible(plan: Plan) -> None:
    """Refuse rules that leave an agent no week, before time is spent. ModelError says which rules."""
    found, seen = [], set()
    for agent in plan.agents:
        kind = (agent.rules.name, agent.off)
        if kind in seen:
            continue
        seen.add(kind)
        tours = Tours(plan, agent.rules)
        if tours.best([np.zeros(len(c)) for c in tours.days], agent.off) is None:
            found.append(Problem(f"contracts.{agent.rules.name}", "", why_no_tour(plan, agent)))
    if found:
        raise ModelError(found)
