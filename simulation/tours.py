"""The best week (or weeks) of one agent: the tour of shifts and days off worth most, within every rule of the contract.

Dynamic programming over the days, backwards, vectorised over its states: paid time and days worked so far this week,
days worked in a row, and how early the rest since the last shift allows to begin. So a tour keeps the rules by
construction, and that there is none is a proof.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from simulation.shift_plan import Plan, Rules

NEVER = -1e15


class Tours:
    """Tours of a contract. Choices are the shifts of its patterns, numbered as in the plan; `off` days come with each call."""

    def __init__(self, plan: Plan, rules: Rules):
        self.plan, self.rules = plan, rules
        per_day = plan.per_day
        mine = [j for j, s in enumerate(plan.shifts) if s.pattern in rules.patterns]
        self.unit = math.gcd(*(plan.shifts[j].paid for j in mine)) if mine else 1
        self.days = [sorted((j for j in mine if plan.shifts[j].day == d), key=lambda j: plan.shifts[j].start) for d in range(plan.days)]
        # Never more than max_paid, nor than the longest shift on every day.
        longest = max((plan.shifts[j].paid for j in mine), default=0)
        self.most = min(rules.max_paid, 7 * longest) // self.unit
        self.least = -(-rules.min_paid // self.unit)
        self.count_days = rules.max_days < 7
        self.in_row = min(rules.max_consecutive, plan.days)
        # How many slots after midnight the rest after a shift lasts into the next day, and the day after.
        lasts = {0}
        for j in mine:
            s = plan.shifts[j]
            after = s.end + rules.rest - (s.day + 1) * per_day
            while after > 0:
                lasts.add(after)
                after -= per_day
        self.rests = np.array(sorted(lasts))
        self.rest_after_off = np.searchsorted(self.rests, np.maximum(self.rests - per_day, 0))
        self.start, self.paid, self.rest_after, self.from_start = [], [], [], []
        for d, choices in enumerate(self.days):
            shifts = [plan.shifts[j] for j in choices]
            begin = np.array([s.start - d * per_day for s in shifts], int)
            self.start.append(begin)
            self.paid.append(np.array([s.paid // self.unit for s in shifts], int))
            self.rest_after.append(np.searchsorted(self.rests, [max(s.end + rules.rest - (d + 1) * per_day, 0) for s in shifts]).astype(int))
            self.from_start.append(np.searchsorted(begin, self.rests, side="left"))

    def best(
        self, values: Sequence[np.ndarray], off: frozenset[int], fair: int | None = None
    ) -> tuple[list[int | None], float] | None:
        """(shift of each day or None, worth) of the tour worth most; None where no tour keeps the rules.

        values: for each day what each of `self.days[day]` is worth. fair: paid slots a week beyond which nothing more
        is gained (each slot more costs 1.5).
        """
        hours, days = self.most + 1, self.rules.max_days + 2 if self.count_days else 1
        shape = (hours, days, self.in_row + 1, len(self.rests))
        after = np.zeros(shape[2:])
        stages: list[np.ndarray] = [np.empty(0)] * (self.plan.days + 1)
        for d in range(self.plan.days - 1, -1, -1):
            if d % 7 == 6:
                # A week ends: its hours are within what the contract says, and the count begins anew.
                value = np.full(shape, NEVER)
                value[self.least:, :self.rules.max_days + 1 if self.count_days else 1] = after
                if fair is not None:
                    value -= 1.5 * np.maximum(np.arange(hours) * self.unit - fair, 0)[:, None, None, None]
                stages[d + 1] = value
            value = self._day(d, values[d], stages[d + 1], d in off)
            stages[d] = value
            if d % 7 == 0:
                after = value[0, 0]
        worth = float(stages[0][0, 0, 0, 0])
        if worth <= NEVER / 2:
            return None
        return self._followed(values, stages, off), worth

    def _day(self, d: int, values: np.ndarray, after: np.ndarray, off: bool) -> np.ndarray:
        free = np.broadcast_to(after[:, :, :1, :][..., self.rest_after_off], after.shape)
        if off or not len(self.days[d]):
            return free.copy()
        hours, days, row, _ = after.shape
        worked = np.full((hours, days, row, len(values) + 1), NEVER)
        to_day = np.minimum(np.arange(days) + 1, days - 1)
        for s, (paid, rest) in enumerate(zip(self.paid[d], self.rest_after[d])):
            if paid < hours:
                worked[:hours - paid, :, :-1, s] = after[paid:, :, 1:, rest][:, to_day] + values[s]
        # The best choice that begins no earlier than rest allows.
        best = np.maximum.accumulate(worked[..., ::-1], axis=3)[..., ::-1]
        return np.maximum(free, best[..., self.from_start[d]])

    def _followed(self, values: Sequence[np.ndarray], stages: list[np.ndarray], off: frozenset[int]) -> list[int | None]:
        tour: list[int | None] = []
        h = w = c = r = 0
        for d in range(self.plan.days):
            if d % 7 == 0:
                h = w = 0
            after = stages[d + 1]
            best, choice = after[h, w, 0, self.rest_after_off[r]], None
            if d not in off and c < self.in_row:
                w_next = min(w + 1, after.shape[1] - 1)
                for s in range(self.from_start[d][r], len(self.days[d])):
                    paid = self.paid[d][s]
                    if h + paid < after.shape[0]:
                        worth = after[h + paid, w_next, c + 1, self.rest_after[d][s]] + values[d][s]
                        if worth > best + 1e-9:
                            best, choice = worth, s
            if choice is None:
                c, r = 0, int(self.rest_after_off[r])
                tour.append(None)
            else:
                h, w, c, r = h + int(self.paid[d][choice]), min(w + 1, after.shape[1] - 1), c + 1, int(self.rest_after[d][choice])
                tour.append(self.days[d][choice])
        return tour

    def keeps(self, tour: Sequence[int | None], off: frozenset[int]) -> bool:
        """Whether a tour keeps every rule."""
        plan, rules, row, free_from = self.plan, self.rules, 0, 0
        for week in range(0, plan.days, 7):
            worked = [j for j in tour[week:week + 7] if j is not None]
            if len(worked) > rules.max_days or not rules.min_paid <= sum(plan.shifts[j].paid for j in worked) <= rules.max_paid:
                return False
        for d, j in enumerate(tour):
            row = 0 if j is None else row + 1
            if j is None:
                continue
            s = plan.shifts[j]
            if d in off or row > rules.max_consecutive or s.start < free_from or s.pattern not in rules.patterns:
                return False
            free_from = s.end + rules.rest
        return True
