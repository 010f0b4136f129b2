"""The need per interval where no exact method exists: iterative staffing by simulation.

After Z. Feldman, A. Mandelbaum, W. Massey, W. Whitt, "Staffing of time-varying queues to achieve time-stable
performance" (Management Science 54, 2008), who simulate, restaff every interval by what happened in it, and repeat.
Here each round runs the whole engine on the same calls (common random numbers): agents are added where a target is
missed, to the group that helps most for its price, then taken away where nobody misses them. The first guess is
modified offered load, spread over the groups by the cheapest way that carries it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np
from scipy.optimize import linprog

from simulation.agents import Targets, least_agents
from simulation.pools import expected_calls, handling_seconds, lines
from simulation.replicate import run
from simulation.results import Result
from simulation.run_model import RunModel, RunPromise
from simulation.steady_state import HOUR, FormulaError

FEW_CALLS = 20
"""Calls of a type in an interval, over all replications of a search, below which they say nothing about it."""
MOST_ROUNDS = 16


@dataclass(frozen=True)
class SimulatedNeed:
    """Agents of each group [groups, intervals of the grid], the last simulation with them, and what cannot be helped."""

    agents: np.ndarray
    result: Result
    unstaffable: list[tuple[int, int, str]]
    """(interval, type, why)."""


def with_agents(model: RunModel, agents: np.ndarray) -> RunModel:
    """The model with so many agents on duty, [groups, intervals]; nobody while the line is closed, no shrinkage."""
    times = model.grid.edges[:-1]
    groups = []
    for group, row in zip(model.groups, np.asarray(agents, float)):
        levels = np.where(model.grid.opened, row, 0.0)
        keep = np.append(True, np.diff(levels) != 0)
        groups.append(replace(group, times=times[keep], present=levels[keep], paid=levels[keep], shrinkage=0.0))
    return replace(model, groups=tuple(groups))


def missed_by(promise: RunPromise, result: Result, type: str, interval: int | None, end: str = "mean") -> float:
    """What happens ÷ what is allowed, the worst of what is promised; by the `mean`, or the `low` or `high` end of its interval."""
    worst = 0.0
    for name in ("service_level", "abandonment", "asa", "delay_probability"):
        limit = getattr(promise, name)
        if limit is None:
            continue
        found = result.get(name, interval=interval, type=type)
        up = name == "service_level"
        value = getattr(found, {"low": "high", "high": "low", "mean": "mean"}[end] if up else end)
        value = found.mean if value is None else value
        if value is None:
            continue
        allowed, got = (1 - limit, 1 - value) if up else (limit, value)
        worst = max(worst, math.inf if allowed <= 0 < got else got / allowed if allowed > 0 else 0.0)
    return worst


def simulated_need(
    model: RunModel, *, least: int = 1, most: int = 100_000, slack: float = 0.1, replications: int | None = None, workers: int = 1,
    progress: Callable[[float], None] | None = None,
) -> SimulatedNeed:
    """Agents that keep `model.promises`. `progress` is told the share done and may raise to stop."""
    return _Iteration(model, least, most, slack, replications, workers, progress or (lambda share: None)).need()


class _Iteration:
    def __init__(self, model, least, most, slack, replications, workers, progress):
        self.least, self.most, self.slack, self.workers, self.progress = least, most, slack, workers, progress
        self.open = [i for i in range(len(model.grid.labels)) if model.grid.opened[i]]
        self.calls = np.array([expected_calls(model, k) for k in range(len(model.types))])
        busy = self.calls.sum(0)[self.open]
        typical = float(np.median(busy[busy > 0])) if np.any(busy > 0) else 1.0
        self.replications = replications or int(min(max(math.ceil(3000 / typical), 30), 400))
        self.model = replace(model, precision=None, batches=None, replications=self.replications)
        self.reach = [[g for g, _ in t.groups] for t in model.types]
        self.load = self._load()
        self.rounds, self.last = 0, MOST_ROUNDS
        self.hopeless: dict[tuple[int, int], str] = {}

    def need(self) -> SimulatedNeed:
        agents = self._start()
        agents, result = self._up(agents)
        for turn in (1, 2):
            self.last = self.rounds + MOST_ROUNDS
            agents, result = self._down(agents, result)
            if turn == 1 and len(agents) > 1:
                agents, result = self._exchanged(agents, result)
        result = self._sure(agents, result)
        if result.replications > self.replications:
            # Seen more clearly, some intervals may turn out to miss.
            self.replications = result.replications
            self.model = replace(self.model, replications=self.replications)
            self.last = self.rounds + 5
            agents, result = self._up(agents)
        lost = []
        for k, t in enumerate(self.model.types):
            for i in self.open:
                if self._says_something(k, i) and missed_by(self.model.promises[k], result, t.name, i, "low") > 1 + self.slack:
                    full = agents[self.reach[k], i].min() >= self.most
                    why = f"needs more than the {self.most} agents allowed" if full else "the search ended before the target was kept; give it more replications"
                    lost.append((i, k, self.hopeless.get((k, i), why)))
        self.progress(1.0)
        return SimulatedNeed(agents, result, lost)

    def _load(self) -> np.ndarray:
        """Erlangs of the pool in each interval of the grid."""
        load = np.zeros(len(self.model.grid.labels))
        for span, line in lines(self.model):
            load[span.start:span.stop] = np.maximum(line.erlangs[0], 0)
        return load

    def _start(self) -> np.ndarray:
        """Modified offered load for the pool as if it were one group, spread over the groups."""
        model = self.model
        agents = np.zeros((len(model.groups), len(model.grid.labels)), int)
        for span, line in lines(model):
            patience = None if line.patience == math.inf else line.patience
            for j, i in enumerate(span):
                load = line.erlangs[0][j]
                if load <= 1e-9:
                    continue
                try:
                    total = least_agents(load * HOUR / line.aht, line.aht, self._targets(i), patience=patience).agents
                except FormulaError:
                    total = math.ceil(load + math.sqrt(load))
                agents[:, i] = self._spread(i, load, total)
        return self._bounded(agents)

    def _targets(self, i: int) -> Targets:
        """What is promised to the most callers of the interval."""
        k = int(np.argmax(self.calls[:, i]))
        p = self.model.promises[k]
        return Targets(service_level=p.service_level, within=self.model.answer_within, abandonment=p.abandonment, asa=p.asa, delay_probability=p.delay_probability)

    def _spread(self, i: int, load: float, total: int) -> np.ndarray:
        """`total` agents over the groups: the cheapest that carry each type's load, spare ones in proportion to √load."""
        model, n = self.model, len(self.model.groups)
        if n == 1:
            return np.array([total])
        pairs = [(k, g) for k in range(len(model.types)) for g in self.reach[k]]
        seconds = np.array([handling_seconds(model, k, g) for k, g in pairs])
        weights = np.array([self.calls[k, i] * handling_seconds(model, k) for k in range(len(model.types))])
        if weights.sum() <= 0:
            return np.zeros(n, int)
        own = np.array([handling_seconds(model, k) for k in range(len(model.types))])
        erlangs = load * weights / weights.sum()
        price = np.array([(model.groups[g].cost_per_hour or 1.0) * s / own[k] for (k, g), s in zip(pairs, seconds)])
        carried = np.zeros((len(model.types), len(pairs)))
        for j, (k, _) in enumerate(pairs):
            carried[k, j] = 1
        found = linprog(price, A_eq=carried, b_eq=erlangs, bounds=(0, None), method="highs").x
        share = np.zeros(n)
        for j, (k, g) in enumerate(pairs):
            share[g] += found[j] * seconds[j] / own[k]
        spare = np.sqrt(share) / max(np.sqrt(share).sum(), 1e-12) * max(total - load, 0)
        return np.ceil(share + spare - 1e-9).astype(int)

    def _bounded(self, agents: np.ndarray) -> np.ndarray:
        """Within what is allowed; somebody for every skill while it has load."""
        agents = np.minimum(agents, self.most)
        for i in range(agents.shape[1]):
            if i not in self.open:
                agents[:, i] = 0
            elif self.load[i] > 1e-6:
                for k, groups in enumerate(self.reach):
                    if self.calls[k, i] > 0 and agents[groups, i].sum() < self.least:
                        cheapest = min(groups, key=lambda g: self.model.groups[g].cost_per_hour)
                        agents[cheapest, i] = min(max(agents[cheapest, i], self.least), self.most)
        return agents

    def _simulated(self, agents: np.ndarray) -> tuple[Result, np.ndarray]:
        """The result, and the excess [types, intervals]."""
        self.rounds += 1
        expected = 3.0 * MOST_ROUNDS
        share = 0.95 * (1 - math.exp(-2.0 * self.rounds / expected))
        self.progress(share)
        model = with_agents(self.model, agents)
        # Each replication is a place to stop.
        result = run(model, workers=self.workers, progress=lambda now: self.progress(share))
        over = np.zeros((len(model.types), len(model.grid.labels)))
        for k, t in enumerate(model.types):
            for i in self.open:
                if self._says_something(k, i):
                    over[k, i] = missed_by(model.promises[k], result, t.name, i)
        return result, over

    def _says_something(self, k: int, i: int) -> bool:
        return self.calls[k, i] * self.replications >= FEW_CALLS

    def _scale(self, i: int) -> float:
        """Agents that change a miss by a factor of e, about."""
        return 0.35 * math.sqrt(max(self.load[i], 1.0)) + 0.15

    def _up(self, agents: np.ndarray) -> tuple[np.ndarray, Result]:
        """Add agents until every interval keeps its targets, or they cannot."""
        while True:
            result, over = self._simulated(agents)
            if self.rounds > self.last:
                return agents, result
            changed = agents.copy()
            for i in self.open:
                # A queue inherited from the interval before is cured there.
                if i - 1 in self.open and over[:, i - 1].max() > 1.5 and over[:, i].max() < over[:, i - 1].max():
                    continue
                for k in np.argsort(-over[:, i]):
                    if over[k, i] <= 1 or (k, i) in self.hopeless:
                        continue
                    delay = result.get("delay_probability", interval=i, type=self.model.types[k].name).mean
                    if delay is not None and delay < 0.003:
                        self.hopeless[k, i] = "nearly nobody waits and the target is still missed: agents do not help (lines, waiting places, closing)"
                        continue
                    if any(changed[g, i] > agents[g, i] for g in self.reach[k]):
                        continue  # helped already by what another type got
                    g = self._helper(k, i, over)
                    more = max(1, round(self._scale(i) * math.log(min(over[k, i], 20.0))))
                    if agents[self.reach[k], i].sum() >= self.most:
                        self.hopeless[k, i] = f"needs more than the {self.most} agents allowed"
                    else:
                        changed[g, i] = min(changed[g, i] + more, self.most)
            if np.array_equal(changed, agents):
                return agents, result
            agents = changed

    def _helper(self, k: int, i: int, over: np.ndarray) -> int:
        """The group whose agent helps the missed targets of the interval most for its price."""
        def worth(g: int) -> float:
            helped = sum((over[j, i] - 1) * self.calls[j, i] for j, groups in enumerate(self.reach) if g in groups and over[j, i] > 1)
            return helped / (self.model.groups[g].cost_per_hour or 1.0)

        return max(self.reach[k], key=worth)

    def _down(self, agents: np.ndarray, result: Result) -> tuple[np.ndarray, Result]:
        """Take agents away where every target is kept without them; dear groups first, every other interval at a time."""
        over = self._over(result)
        tight: set[tuple[int, int]] = set()
        order = sorted(range(len(agents)), key=lambda g: -self.model.groups[g].cost_per_hour)
        while self.rounds < self.last:
            before = agents.copy()
            for g in order:
                for parity in (0, 1):
                    taken = self._taken(agents, over, g, parity, tight)
                    if np.array_equal(taken, agents):
                        continue
                    trial, after = self._simulated(taken)
                    undone = False
                    for i in np.nonzero(taken[g] != agents[g])[0]:
                        later = [j for j in (i, i + 1) if j in self.open]
                        if any(after[k, j] > max(1.0, over[k, j]) for k in range(len(after)) for j in later if (k, j) not in self.hopeless):
                            if agents[g, i] - taken[g, i] == 1:
                                tight.add((g, i))
                            taken[g, i] = agents[g, i] if agents[g, i] - taken[g, i] == 1 else agents[g, i] - 1
                            undone = True
                    agents = taken
                    if undone:
                        result, over = self._simulated(agents)
                    else:
                        result, over = trial, after
            if np.array_equal(before, agents):
                break
        # What was taken in two places together may have been too much.
        self.last = self.rounds + MOST_ROUNDS
        return self._up(agents) if over.max() > 1 else (agents, result)

    def _exchanged(self, agents: np.ndarray, result: Result) -> tuple[np.ndarray, Result]:
        """One who can do more for two who can do less, where that is cheaper and every target is still kept."""
        over, groups = self._over(result), self.model.groups
        serves = [{k for k, reach in enumerate(self.reach) if g in reach} for g in range(len(groups))]
        price = [g.cost_per_hour or 1.0 for g in groups]
        for f, (a, b) in product(range(len(groups)), combinations(range(len(groups)), 2)):
            if f in (a, b) or not serves[a] | serves[b] <= serves[f] or price[f] >= price[a] + price[b]:
                continue
            for parity in (0, 1):
                where = [i for i in self.open if i % 2 == parity and agents[a, i] and agents[b, i] and agents[f, i] < self.most]
                trial = agents.copy()
                trial[[a, b], :] -= np.isin(np.arange(agents.shape[1]), where)
                trial[f, where] += 1
                if not where:
                    continue
                after = self._simulated(trial)[1]
                bad = [i for i in where if any(after[k, j] > max(1.0, over[k, j]) for k in range(len(after)) for j in (i, i + 1) if j in self.open)]
                trial[:, bad] = agents[:, bad]
                if len(bad) < len(where):
                    found, after = self._simulated(trial)
                    if after.max() <= max(1.0, over.max()):
                        agents, result, over = trial, found, after
        return agents, result

    def _over(self, result: Result) -> np.ndarray:
        over = np.zeros((len(self.model.types), len(self.model.grid.labels)))
        for k, t in enumerate(self.model.types):
            for i in self.open:
                if self._says_something(k, i):
                    over[k, i] = missed_by(self.model.promises[k], result, t.name, i)
        return over

    def _taken(self, agents: np.ndarray, over: np.ndarray, g: int, parity: int, tight: set) -> np.ndarray:
        taken = agents.copy()
        served = [k for k, groups in enumerate(self.reach) if g in groups]
        for i in self.open:
            if i % 2 != parity or (g, i) in tight or agents[g, i] == 0:
                continue
            worst = max((over[k, i] for k in served), default=0.0)
            fewer = int(self._scale(i) * math.log(1 / max(worst, 0.02)))
            if fewer == 0 and worst * math.exp(0.4 / self._scale(i)) <= 1:
                fewer = 1
            taken[g, i] = max(agents[g, i] - fewer, 0)
        bounded = self._bounded(taken)
        return np.minimum(bounded, agents)

    def _sure(self, agents: np.ndarray, result: Result) -> Result:
        """Replications until each interval's figures are told apart from its limit, or four times as many as the search."""
        model, n = with_agents(self.model, agents), self.replications
        while n < 4 * self.replications:
            unsure = any(
                missed_by(model.promises[k], result, t.name, i, "low") <= 1 + self.slack < missed_by(model.promises[k], result, t.name, i, "high")
                for k, t in enumerate(model.types) for i in self.open if self._says_something(k, i)
            )
            if not unsure:
                break
            n *= 2
            self.progress(0.97)
            result = run(replace(model, replications=n), workers=self.workers, progress=lambda now: self.progress(0.97))
        return result
