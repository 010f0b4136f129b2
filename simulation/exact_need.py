"""The least agents for each interval that keep a target in every interval, judged exactly (`simulation.moving_line`).

Starts where modified offered load is, then goes through the day and takes for each interval the least agents that
keep the target after what the intervals before have left. One agent more may save two later (a queue that is not
inherited): such exchanges are tried, and so are the six rules of `simulation.interval_rules`, so that none of them
that keeps the targets needs fewer agents.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simulation.agents import Targets
from simulation.interval_rules import RULES, staffed_by
from simulation.moving_line import Day, Judged, MovingLine, TooLong
from simulation.steady_state import FormulaError

LIMITS = ("delay_probability", "abandonment", "asa", "occupancy")


@dataclass(frozen=True)
class Bounds:
    """What may be chosen: agents of each interval (while the line has calls) and how far a target may be missed."""

    least: int = 1
    most: int = 100_000
    slack: float = 0.1
    """An interval may miss its target by this share of what the target allows (0.2 of delays: up to 0.22)."""


@dataclass(frozen=True)
class Found:
    """Agents of each interval, what callers then meet, and the intervals that no allowed number of agents can serve."""

    agents: list[int]
    judged: Judged
    excess: np.ndarray
    """Miss of each interval ÷ what the target allows; above 1 + slack: not kept."""
    unstaffable: list[int]


def excess(judged: Judged, targets: Targets) -> np.ndarray:
    """The worst of what is promised, for each interval: what happens ÷ what is allowed; 0 where nobody calls."""
    parts = [getattr(judged, name) / limit for name in LIMITS if (limit := getattr(targets, name)) is not None]
    if targets.service_level is not None:
        parts.append((1 - judged.service_level) / (1 - targets.service_level))
    return np.nan_to_num(np.max(np.stack(parts), axis=0), nan=0.0, posinf=math.inf)


def least_need(
    line: MovingLine, targets: Targets, bounds: Bounds = Bounds(), *, progress: Callable[[float], None] | None = None
) -> Found:
    """The least agents. `progress` is told the share done (0 to 1) and may raise to stop. FormulaError."""
    if targets.blocking is not None:
        raise FormulaError("blocking does not depend on the agents of a line that turns nobody away; leave it out")
    if targets.abandonment is not None and line.patience == math.inf and not line.at_once:
        raise FormulaError("abandonment is a target, but nobody ever leaves: give the callers' patience")
    search = _Search(line, targets, bounds, progress or (lambda share: None))
    return search.found()


class _Search:
    def __init__(self, line: MovingLine, targets: Targets, bounds: Bounds, progress: Callable[[float], None]):
        self.line, self.targets, self.bounds, self.progress = line, targets, bounds, progress
        # Nobody is needed once the last call is over; while calls come or are being handled, somebody is.
        self.open = line.staffed
        self.start = [self._within(i, n) for i, n in enumerate(staffed_by("mol_mean", line, targets))]
        self.ahead = 2 + math.ceil(3 * line.aht / line.interval)

    def found(self) -> Found:
        best = self._plan(self.bounds.slack)
        if self.bounds.slack:
            # Slack is used only where it saves somebody.
            strict = self._repaired(self._walk(0.0), 0.0)
            best = strict if sum(strict) <= sum(best) else best
        self.progress(1.0)
        judged, over = self._judged(best)
        unstaffable = [i for i in range(len(best)) if over[i] > 1 + self.bounds.slack + 1e-9]
        return Found(best, judged, over, unstaffable)

    def _within(self, i: int, agents: int) -> int:
        if not self.open[i]:
            return 0
        return min(max(agents, self.bounds.least), self.bounds.most)

    def _plan(self, slack: float) -> list[int]:
        agents = self._repaired(self._walk(slack), slack)
        for rule in RULES:
            other = [self._within(i, n) for i, n in enumerate(staffed_by(rule, self.line, self.targets))]
            if sum(other) < sum(agents) and self._kept(other, slack):
                agents = other
        self.progress(0.3)
        return self._exchanged(agents, slack)

    def _walk(self, slack: float) -> list[int]:
        """Interval by interval the least agents; round and round where the day repeats."""
        agents = list(self.start)
        day = Day(self.line, max(agents))
        rounds = 1
        if self.line.cyclic:
            rounds = 6
            try:
                day.settle(agents)
            except TooLong:
                agents = [self._within(i, n + 1 + math.isqrt(n)) for i, n in enumerate(agents)]
                day.settle(agents)
        for _ in range(rounds):
            before = list(agents)
            for i in range(len(agents)):
                agents[i] = self._least(day, i, agents[i], slack)
            if agents == before:
                break
        return agents

    def _least(self, day: Day, i: int, guess: int, slack: float) -> int:
        """The least agents of interval i that keep the target after what `day` has seen; the day goes on with them.

        Where none is enough, the most that is allowed.
        """
        place = day.at()
        keeps: dict[int, bool] = {}
        after: dict[int, tuple] = {}

        def kept(n: int) -> bool:
            if n not in keeps:
                day.back(place)
                try:
                    figures = day.spend(i, n)
                except TooLong:
                    keeps[n] = False
                else:
                    one = Judged(*(np.array([value]) for value in figures))
                    keeps[n] = bool(excess(one, self.targets)[0] <= 1 + slack)
                    after[n] = day.at()
            return keeps[n]

        n = high = self._within(i, guess)
        lowest, most = self._within(i, 0), self._within(i, self.bounds.most)
        stride = 1
        while not kept(high) and high < most:
            n, high, stride = high + 1, min(high + stride, most), 2 * stride
        if n == high and kept(high):  # the guess itself does: look below
            stride = 1
            while high > lowest:
                n = max(lowest, high - stride)
                if not kept(n):
                    n += 1
                    break
                high, stride = n, 2 * stride
        while n < high:
            middle = (n + high) // 2
            n, high = (n, middle) if kept(middle) else (middle + 1, high)
        kept(high)
        if high not in after:
            # Too few, and no more are allowed: go on as if the queue had been sent away.
            day.back(place)
            return high
        day.back(after[high])
        return high

    def _judged(self, agents: Sequence[int]) -> tuple[Judged, np.ndarray]:
        try:
            judged = self.line.judge(agents)
        except TooLong:
            n = len(agents)
            calls = self.line.calls > 0
            lost = Judged(np.where(calls, 1.0, np.nan), np.full(n, np.nan), np.where(calls, 0.0, np.nan), np.where(calls, np.inf, np.nan), np.full(n, 1.0), np.full(n, np.inf))
            return lost, np.where(calls, math.inf, 0.0)
        return judged, excess(judged, self.targets)

    def _kept(self, agents: Sequence[int], slack: float) -> bool:
        return bool(np.all(self._judged(agents)[1] <= 1 + slack))

    def _repaired(self, agents: list[int], slack: float) -> list[int]:
        """One more wherever the whole day, judged once more, does not keep the target (and more are allowed)."""
        for _ in range(50):
            over = self._judged(agents)[1] > 1 + slack
            more = [self._within(i, n + bool(over[i])) for i, n in enumerate(agents)]
            if more == agents:
                break
            agents = more
        return agents

    def _exchanged(self, agents: list[int], slack: float) -> list[int]:
        """One more here, less later, as long as that saves somebody; and plain removals where a rule was the start."""
        n = len(agents)
        if not self._kept(agents, slack):
            return agents
        for turn in range(4):
            before = sum(agents)
            for i in range(n):
                self.progress(0.9 - 0.6 * 0.5**turn * (1 - 0.5 * i / n))
                for change in (-1, 1):
                    changed = self._after_change(agents, i, change, slack)
                    if changed is not None and sum(changed) < sum(agents) and self._kept(changed, slack):
                        agents = changed
            if sum(agents) == before:
                break
        return agents

    def _after_change(self, agents: list[int], i: int, change: int, slack: float) -> list[int] | None:
        n = len(agents)
        changed = list(agents)
        changed[i] = self._within(i, agents[i] + change)
        if changed[i] == agents[i]:
            return None
        if change < 0:
            return changed
        day = self._day_before(agents, i)
        day.spend(i, changed[i], figures=False)
        last = i + self.ahead if self.line.cyclic else min(i + self.ahead, n - 1)
        for j in range(i + 1, last + 1):
            if j % n == i:
                break
            changed[j % n] = self._least(day, j % n, changed[j % n], slack)
        return changed

    def _day_before(self, agents: list[int], i: int) -> Day:
        """The day as interval i begins; kept for the plan that was asked for last."""
        if getattr(self, "_of", None) != agents:
            day = Day(self.line, max(agents))
            if self.line.cyclic:
                day.settle(agents)
            self._of, self._places = list(agents), []
            for j, number_of in enumerate(agents):
                self._places.append(day.at())
                day.spend(j, number_of, figures=False)
            self._day = day
        self._day.back(self._places[i])
        return self._day
