"""From counts to a roster: which agent works which shift, for which group, with which breaks.

Agents take the shifts that the counts ask for, one agent after the other, each by the best tour that keeps the rules
(`simulation.tours`). Then a few agents at a time are planned anew against what all the others cover, breaks too, and
that is kept where it lowers the cost (large neighbourhood search, P. Shaw 1998). Last, agents with the same contract exchange days so that weekends, early and late
shifts are spread evenly; the cover does not change by that.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simulation.problem import ModelError, Problem
from simulation.shift_counts import Counts, chosen
from simulation.shift_plan import Agent, Plan, Rules
from simulation.tours import Tours

TRIES_EACH = 40
"""Plannings anew for each agent, at most."""


@dataclass(frozen=True)
class Duty:
    """A shift of an agent: number of the shift in the plan, group, slot at which each break begins."""

    shift: int
    group: str
    breaks: tuple[int, ...]


Roster = list[list[Duty | None]]
"""[agent][day]."""


def roster_of(plan: Plan, counts: Counts, *, gap: float = 0.01, seed: int = 1, progress: Callable[[float], None] | None = None) -> Roster:
    """The roster; the search ends when it costs no more than `gap` above the bound of the counts.

    `progress` is told the share done and may raise to stop. ModelError where an agent has no tour.
    """
    return _Rostering(plan, counts, gap, seed, progress or (lambda share: None)).roster()


class _Rostering:
    def __init__(self, plan: Plan, counts: Counts, gap: float, seed: int, progress: Callable[[float], None]):
        self.plan, self.counts, self.gap, self.progress = plan, counts, gap, progress
        self.random = random.Random(seed)
        self.tours = {a.rules.name: Tours(plan, a.rules) for a in plan.agents}
        self.duties: Roster = [[None] * plan.days for _ in plan.agents]
        self.short = {g: n.astype(int).copy() for g, n in plan.need.items()}
        """Still needed in each slot; below 0: more than needed. Some slots beyond the plan for shifts past its end."""
        for g in self.short:
            self.short[g] = np.append(self.short[g], np.zeros(2 * plan.per_day, int))

    def roster(self) -> Roster:
        self._fill(average=True)
        self._fill(average=False)
        for _ in range(2):
            for i in range(len(self.duties)):
                self._again(i)
            self._breaks()
        self._search()
        self._spread()
        self.progress(1.0)
        return self.duties

    # -- cover -------------------------------------------------------------------------------------------

    def _cover(self, duty: Duty, by: int) -> None:
        """Take a duty's slots off what is still needed (by = 1), or give them back (−1)."""
        shift, short = self.plan.shifts[duty.shift], self.short[duty.group]
        short[shift.start:shift.end] -= by
        for window, first in zip(shift.breaks, duty.breaks):
            short[first:first + window.length] += by

    def _cost(self) -> float:
        plan = self.plan
        paid = sum(plan.shifts[d.shift].paid * a.rules.cost for a, days in zip(plan.agents, self.duties) for d in days if d)
        return paid + sum(float(np.maximum(s[:plan.slots], 0).sum()) for s in self.short.values()) * plan.shortage

    def _set(self, i: int, duties: list[Duty | None]) -> None:
        for old in self.duties[i]:
            if old is not None:
                self._cover(old, -1)
        self.duties[i] = duties
        for new in duties:
            if new is not None:
                self._cover(new, 1)

    # -- tours -------------------------------------------------------------------------------------------

    def _fill(self, average: bool) -> None:
        """Each agent takes what is left of the counts, those with the fewest ways first.

        average: at first nobody takes much more than an equal part, so that there is enough for those who come last.
        """
        plan = self.plan
        left = chosen(self.counts)
        breaks = {key: list(slots) for key, slots in self.counts.breaks.items()}
        equal: Counter = Counter()
        for (kind, j, _), n in self.counts.shifts.items():
            equal[kind] += n * plan.shifts[j].paid
        size = Counter((a.rules.name, a.groups) for a in plan.agents)
        order = sorted(range(len(plan.agents)), key=lambda i: (len(plan.agents[i].groups), -len(plan.agents[i].off), -plan.agents[i].rules.min_paid))
        for duty in (d for days in self.duties for d in days if d):
            left[duty.shift, duty.group] -= 1
        for number, i in enumerate(order):
            self.progress(0.05 * number / len(order))
            agent, tours = plan.agents[i], self.tours[plan.agents[i].rules.name]
            groups = agent.groups
            for duty in self.duties[i]:
                if duty is not None:
                    left[duty.shift, duty.group] += 1
            values, group_of = [], []
            for choices in tours.days:
                best = [max(groups, key=lambda g: left[j, g]) for j in choices]
                # What is asked for is worth its length; what is not costs it.
                values.append(np.array([plan.shifts[j].paid * (1.0 + 1e-3 * left[j, g] if left[j, g] > 0 else -1.0) for j, g in zip(choices, best)]))
                group_of.append(dict(zip(choices, best)))
            kind = (agent.rules.name, agent.groups)
            found = tours.best(values, agent.off, fair=-(-equal[kind] * 7 // (size[kind] * plan.days)) if average else None)
            if found is None:
                raise ModelError([Problem(f"contracts.{agent.rules.name}", "", why_no_tour(plan, agent))])
            duties: list[Duty | None] = []
            for d, j in enumerate(found[0]):
                if j is None:
                    duties.append(None)
                    continue
                g = group_of[d][j]
                left[j, g] -= 1
                begun = []
                for k, window in enumerate(plan.shifts[j].breaks):
                    slots = breaks.get((j, g, k))
                    begun.append(slots.pop() if slots else plan.shifts[j].start + (window.earliest + window.latest) // 2)
                duties.append(Duty(j, g, tuple(begun)))
            self._set(i, duties)

    def _search(self) -> None:
        """Several agents at a time lose their tours and get new ones, in a new order, while that may lower the cost."""
        agents = list(range(len(self.plan.agents)))
        cost, tries = self._cost(), TRIES_EACH * len(agents)
        spent = 0
        while spent < tries and cost > self.counts.bound * (1 + self.gap):
            some = self.random.sample(agents, min(self.random.choice((2, 3, 5, 8)), len(agents)))
            spent += len(some)
            self.progress(0.05 + 0.85 * spent / tries)
            before = [(i, self.duties[i]) for i in some]
            for i in some:
                self._set(i, [None] * self.plan.days)
            for i in some:
                self._again(i, must=True)
            for i in some:
                self._again(i)
            now = self._cost()
            if now > cost + 1e-6:
                for i, _ in before:
                    self._set(i, [None] * self.plan.days)
                for i, duties in before:
                    self._set(i, duties)
            else:
                if now < cost - 1e-6:
                    self._breaks()
                    now = self._cost()
                cost = now

    def _again(self, i: int, must: bool = False) -> None:
        """The best tour of agent i against what the others cover; kept where it lowers the cost.

        must: whatever it costs, because the agent has none now and the contract may ask for hours.
        """
        plan, agent = self.plan, self.plan.agents[i]
        groups = agent.groups
        tours, old = self.tours[agent.rules.name], self.duties[i]
        self._set(i, [None] * plan.days)
        gain = {g: np.concatenate([[0.0], np.cumsum(np.append((s[:plan.slots] > 0) * plan.shortage, np.zeros(2 * plan.per_day)))]) for g, s in self.short.items() if g in groups}
        values, placed = [], {}
        for choices in tours.days:
            worth = np.empty(len(choices))
            for n, j in enumerate(choices):
                shift = plan.shifts[j]
                best = None
                for g in groups:
                    total, begun = gain[g][shift.end] - gain[g][shift.start], []
                    for window in shift.breaks:
                        a, b = shift.start + window.earliest, shift.start + window.latest + 1
                        lost = gain[g][a + window.length:b + window.length] - gain[g][a:b]
                        at = int(np.argmin(lost))
                        total -= lost[at]
                        begun.append(a + at)
                    if best is None or total > best[0] + 1e-9:
                        best = (total, g, begun)
                worth[n] = best[0] - shift.paid * agent.rules.cost
                placed[j] = Duty(j, best[1], tuple(begun for begun in best[2]))
            values.append(worth)
        found = tours.best(values, agent.off)
        before = 0.0
        for duty in old:
            if duty is not None:
                shift, curve = plan.shifts[duty.shift], gain[duty.group]
                before += curve[shift.end] - curve[shift.start] - shift.paid * agent.rules.cost
                before -= sum(curve[first + w.length] - curve[first] for w, first in zip(shift.breaks, duty.breaks))
        if found is not None and (must or found[1] > before + 1e-6):
            self._set(i, [None if j is None else placed[j] for j in found[0]])
        else:
            self._set(i, old)

    def _breaks(self) -> None:
        """Each break where it is missed least, given all the others."""
        for i, days in enumerate(self.duties):
            for d, duty in enumerate(days):
                if duty is None:
                    continue
                shift, short = self.plan.shifts[duty.shift], self.short[duty.group]
                begun = list(duty.breaks)
                for k, window in enumerate(shift.breaks):
                    short[begun[k]:begun[k] + window.length] -= 1
                    a, b = shift.start + window.earliest, shift.start + window.latest + 1
                    # Missed where nobody is to spare; beyond that, where the fewest are.
                    pain = np.where(short[a:b + window.length - 1] >= 0, 1e4, 0.0) + short[a:b + window.length - 1]
                    lost = np.convolve(pain, np.ones(window.length), "valid")
                    here = int(begun[k] - a)
                    at = int(np.argmin(lost))
                    begun[k] = a + (at if lost[at] < lost[here] - 1e-9 else here)
                    short[begun[k]:begun[k] + window.length] += 1
                days[d] = Duty(duty.shift, duty.group, tuple(begun))

    # -- fairness ----------------------------------------------------------------------------------------

    def _spread(self, tries_each: int = 400) -> None:
        """Agents of one kind exchange days while that evens out weekends, early and late shifts."""
        plan = self.plan
        kinds: dict[tuple, list[int]] = defaultdict(list)
        for i, agent in enumerate(plan.agents):
            kinds[agent.rules.name, agent.groups].append(i)
        for (contract, _), members in kinds.items():
            if len(members) < 2:
                continue
            tours = self.tours[contract]
            burden = {i: burdens(plan, self.duties[i]) for i in members}
            for _ in range(tries_each * len(members)):
                a, b = self.random.sample(members, 2)
                days = self.random.sample(range(plan.days), self.random.choice((1, 2, 2)))
                mine, theirs = list(self.duties[a]), list(self.duties[b])
                if all(mine[d] is None and theirs[d] is None for d in days):
                    continue
                for d in days:
                    mine[d], theirs[d] = theirs[d], mine[d]
                now_a, now_b = burdens(plan, mine), burdens(plan, theirs)
                before = sum(x * x for x in (*burden[a].values(), *burden[b].values()))
                if sum(x * x for x in (*now_a.values(), *now_b.values())) >= before:
                    continue
                if all(tours.keeps([d and d.shift for d in duties], plan.agents[i].off) for i, duties in ((a, mine), (b, theirs))):
                    self.duties[a], self.duties[b], burden[a], burden[b] = mine, theirs, now_a, now_b


def burdens(plan: Plan, duties: list[Duty | None]) -> Counter:
    """How many weekend, early and late shifts an agent has."""
    out = Counter(weekend=0, early=0, late=0)
    for d, duty in enumerate(duties):
        if duty is not None:
            shift = plan.shifts[duty.shift]
            out["weekend"] += plan.weekend(d)
            out["early"] += shift.start - d * plan.per_day < plan.early
            out["late"] += shift.end - d * plan.per_day > plan.late
    return out


def why_no_tour(plan: Plan, agent: Agent) -> str:
    """Which rules together leave an agent no tour: what would have to be dropped."""
    from dataclasses import replace

    rules = agent.rules
    hours = plan.slot / 3600
    loosened: list[tuple[str, Rules, frozenset[int]]] = [
        (f"min_hours of {rules.min_paid * hours:g} h", replace(rules, min_paid=0), agent.off),
        (f"max_days of {rules.max_days}", replace(rules, max_days=7), agent.off),
        (f"max_consecutive_days of {rules.max_consecutive}", replace(rules, max_consecutive=31), agent.off),
        (f"min_rest of {rules.rest * hours:g} h", replace(rules, rest=0), agent.off),
        (f"{len(agent.off)} days off of {agent.name}", rules, frozenset()),
        (f"max_hours of {rules.max_paid * hours:g} h (no number of shifts adds up to between min_hours and it)", replace(rules, max_paid=7 * plan.per_day), agent.off),
    ]
    helps = []
    for words, looser, off in loosened:
        tours = Tours(plan, looser)
        if tours.best([np.zeros(len(c)) for c in tours.days], off) is not None:
            helps.append(words)
    if not helps:
        return f"{agent.name} can work no week that keeps all rules, and loosening one of them is not enough; loosen several"
    return f"{agent.name} can work no week that keeps all rules; loosen {', or '.join(helps)}"
