"""How many agents work each shift: a mixed-integer programme (HiGHS) over a whole plan, agents not yet told apart.

Breaks are implicit (T. Aykin, "Optimal shift scheduling with multiple break windows", Management Science 42, 1996):
not a variable for each shift with each place of its breaks, but how many of a shift begin a break in each slot of its
window. What a contract asks of each agent is asked of all of them together (hours and days a week, days in a row, rest
between two days), so the cost is a bound: no roster that keeps the rules costs less.
"""

from __future__ import annotations

import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numpy as np

from simulation.shift_plan import Agent, Plan, Shift

Class = tuple[str, tuple[str, ...]]
"""Contract and groups: agents who may do the same."""


class _Quiet(highspy.Highs):
    """HiGHS that prints nothing: its banner comes with the constructor's callbacks, before an option could be set."""

    def enableCallbacks(self):  # noqa: N802, the library's name
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()


@dataclass(frozen=True)
class Counts:
    """What the programme found."""

    shifts: dict[tuple[Class, int, str], int]
    """Agents of a class on shift number `int` of the plan for a group."""
    breaks: dict[tuple[int, str, int], list[int]]
    """(shift, group, number of the break) → slot at which each of them begins it."""
    cost: float
    bound: float
    """No roster costs less."""
    seconds: float


def classes(plan: Plan) -> dict[Class, list[Agent]]:
    """Agents by contract and groups."""
    out: dict[Class, list[Agent]] = defaultdict(list)
    for agent in plan.agents:
        out[agent.rules.name, agent.groups].append(agent)
    return dict(out)


def least_cost_counts(
    plan: Plan, *, gap: float = 0.01, seconds: float = 120.0, threads: int = 2, progress: Callable[[float], None] | None = None
) -> Counts:
    """The cheapest counts, to `gap` or until `seconds` are over. `progress` is told the gap and may raise to stop."""
    began = time.perf_counter()
    model = _Programme(plan)
    highs = model.highs
    for option, value in (("mip_rel_gap", gap), ("time_limit", float(seconds)), ("threads", threads)):
        highs.setOptionValue(option, value)
    stopped: list[BaseException] = []

    def look(event) -> None:
        if progress is None or stopped:
            return
        try:
            progress(float(event.data_out.mip_gap))
        except BaseException as error:  # an exception must not pass through the solver
            stopped.append(error)
            event.interrupt()

    highs.cbMipInterrupt.subscribe(look)
    # The solver's threads are one pool of the process: with another number than last time it would refuse to run.
    highspy.Highs.resetGlobalScheduler(True)
    ran = highs.run()
    if stopped:
        raise stopped[0]
    if ran == highspy.HighsStatus.kError:
        raise RuntimeError(f"HiGHS could not run: model status {highs.modelStatusToString(highs.getModelStatus())}")
    values = np.asarray(highs.getSolution().col_value)
    info = highs.getInfo()
    bound = max(float(info.mip_dual_bound), 0.0) if math.isfinite(info.mip_dual_bound) else 0.0
    if not len(values) or info.primal_solution_status != 2:
        # No counts in the time given: the agents' tours are then searched from nothing.
        return Counts({}, {}, math.inf, bound, time.perf_counter() - began)
    shifts = {key: n for key, column in model.worked.items() if (n := round(values[column]))}
    breaks: dict[tuple[int, str, int], list[int]] = {}
    for (j, g, k, slot), column in model.begun.items():
        if n := round(values[column]):
            breaks.setdefault((j, g, k), []).extend([slot] * n)
    return Counts(shifts, breaks, float(info.objective_function_value), bound, time.perf_counter() - began)


class _Programme:
    """Columns and rows, collected and handed to HiGHS at once."""

    def __init__(self, plan: Plan):
        self.plan = plan
        self.cost: list[float] = []
        self.high: list[float] = []
        self.whole: list[bool] = []
        self.rows: list[tuple[float, float, dict[int, float]]] = []
        self.worked: dict[tuple[Class, int, str], int] = {}
        self.begun: dict[tuple[int, str, int, int], int] = {}
        self.people = classes(plan)
        for kind, members in self.people.items():
            self._contract(kind, members)
        self._breaks()
        self._coverage()
        self.highs = self._passed()

    def _column(self, cost: float, high: float, whole: bool = True) -> int:
        self.cost.append(cost)
        self.high.append(high)
        self.whole.append(whole)
        return len(self.cost) - 1

    def _contract(self, kind: Class, members: list[Agent]) -> None:
        plan, rules = self.plan, members[0].rules
        there = [sum(day not in a.off for a in members) for day in range(plan.days)]
        by_day: list[list[tuple[Shift, int]]] = [[] for _ in range(plan.days)]
        for j, shift in enumerate(plan.shifts):
            if shift.pattern in rules.patterns and there[shift.day]:
                for g in kind[1]:
                    column = self.worked[kind, j, g] = self._column(shift.paid * rules.cost, there[shift.day])
                    by_day[shift.day].append((shift, column))
        n = len(members)
        for day in range(plan.days):
            self._row(-math.inf, there[day], {c: 1.0 for _, c in by_day[day]})
            if day:
                self._rest(by_day[day - 1], by_day[day], rules.rest, n)
            if day >= rules.max_consecutive:
                window = by_day[day - rules.max_consecutive:day + 1]
                self._row(-math.inf, n * rules.max_consecutive, {c: 1.0 for one in window for _, c in one})
        for week in range(plan.days // 7):
            of_week = [x for day in by_day[7 * week:7 * week + 7] for x in day]
            self._row(n * rules.min_paid, n * rules.max_paid, {c: float(s.paid) for s, c in of_week})
            if rules.max_days < 7:
                self._row(-math.inf, n * rules.max_days, {c: 1.0 for _, c in of_week})

    def _rest(self, before: list, after: list, rest: int, n: int) -> None:
        """Who works till late does not begin early: for each start, those who end too late for it or begin before it."""
        for start in sorted({s.start for s, _ in after}):
            late = {c: 1.0 for s, c in before if s.end + rest > start}
            if late:
                self._row(-math.inf, n, {**late, **{c: 1.0 for s, c in after if s.start <= start}})

    def _breaks(self) -> None:
        self.on: dict[tuple[int, str], list[int]] = defaultdict(list)
        for (_, j, g), column in self.worked.items():
            self.on[j, g].append(column)
        for (j, g), columns in self.on.items():
            shift = self.plan.shifts[j]
            for k, window in enumerate(shift.breaks):
                chosen = {}
                for slot in range(shift.start + window.earliest, shift.start + window.latest + 1):
                    column = self.begun[j, g, k, slot] = self._column(0.0, math.inf)
                    chosen[column] = 1.0
                self._row(0.0, 0.0, {**chosen, **{c: -1.0 for c in columns}})

    def _coverage(self) -> None:
        plan = self.plan
        there: dict[str, list[dict[int, float]]] = {g: [defaultdict(float) for _ in range(plan.slots)] for g in plan.need}
        for (j, g), columns in self.on.items():
            shift = plan.shifts[j]
            for slot in range(shift.start, min(shift.end, plan.slots)):
                for column in columns:
                    there[g][slot][column] += 1.0
        for (j, g, k, first), column in self.begun.items():
            for slot in range(first, min(first + plan.shifts[j].breaks[k].length, plan.slots)):
                there[g][slot][column] -= 1.0
        for g, needed in plan.need.items():
            for slot, n in enumerate(needed):
                if n:
                    short = self._column(plan.shortage, float(n), whole=False)
                    self._row(float(n), math.inf, {**there[g][slot], short: 1.0})

    def _row(self, low: float, high: float, columns: dict[int, float]) -> None:
        if columns or low > 0:
            self.rows.append((low, high, columns))

    def _passed(self) -> highspy.Highs:
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self.cost), len(self.rows)
        lp.col_cost_ = np.array(self.cost, float)
        lp.col_lower_ = np.zeros(len(self.cost))
        lp.col_upper_ = np.array(self.high, float)
        lp.row_lower_ = np.array([row[0] for row in self.rows], float)
        lp.row_upper_ = np.array([row[1] for row in self.rows], float)
        lp.integrality_ = [highspy.HighsVarType.kInteger if whole else highspy.HighsVarType.kContinuous for whole in self.whole]
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.cumsum([0] + [len(row[2]) for row in self.rows]).astype(np.int32)
        lp.a_matrix_.index_ = np.array([c for row in self.rows for c in row[2]], np.int32)
        lp.a_matrix_.value_ = np.array([v for row in self.rows for v in row[2].values()], float)
        highs = _Quiet()
        highs.passModel(lp)
        return highs


def chosen(counts: Counts) -> Counter:
    """Agents on each (shift, group), all classes together."""
    out: Counter = Counter()
    for (_, j, g), n in counts.shifts.items():
        out[j, g] += n
    return out
