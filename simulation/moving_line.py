"""A line whose calls and agents change over the day, exactly: Mt/M/st and, with abandonment, Mt/M/st+M.

The number of calls in the line is a birth-and-death process; its distribution is carried through the day by the
forward equations (steps of constant rate: `simulation.rational_exponential`). Nothing is sampled and no steady
state is assumed, so what one interval leaves behind is there in the next. This is the judge of staffing rules.

What happens when agents leave: with `returns` a call in progress goes back to the head of the queue (in service
are always min(calls, agents)), else the agent finishes the call and then goes, and is not there for others (in the
engine the first to become free go, which after a sharp fall leaves the queue waiting a little longer).

The delay probability is exact. Abandonment, service level and ASA are exact too for calls whose wait ends before
the number of agents changes; a call that waits across a change is taken as if its own interval's agents stayed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.stats import poisson

from simulation.moving_load import MovingLoad
from simulation.rational_exponential import step
from simulation.steady_state import HOUR, FormulaError, number

LOST = 1e-9
"""Probability that may lie beyond the longest queue that is kept."""
MOST_CALLS = 20_000


class TooLong(FormulaError):
    """The queue grows beyond what can be followed: these agents cannot serve what comes."""


@dataclass(frozen=True)
class Judged:
    """What callers of each interval meet; arrays of shape (intervals,), nan where nobody calls."""

    delay_probability: np.ndarray
    abandonment: np.ndarray
    service_level: np.ndarray
    asa: np.ndarray
    """Seconds."""
    occupancy: np.ndarray
    queue_length: np.ndarray
    """Callers waiting, mean over the interval."""


@dataclass(frozen=True)
class MovingLine:
    """`rates`: calls per hour, shape (intervals, steps), constant in each step; intervals of `interval` seconds.

    Handling time exponential with mean `aht` seconds; patience exponential with mean `patience` seconds (inf: nobody
    leaves), a share `at_once` of callers leaves at once when nobody is free. `within`: T of the service level.
    The line starts empty, or with `cyclic` the intervals repeat for ever. Errors: FormulaError.
    """

    rates: np.ndarray
    interval: float
    aht: float
    patience: float = math.inf
    at_once: float = 0.0
    cyclic: bool = False
    returns: bool = True
    within: float = 20.0

    def __post_init__(self) -> None:
        rates = np.atleast_2d(np.asarray(self.rates, float))
        if rates.ndim != 2 or not rates.size or not np.all(np.isfinite(rates)) or rates.min() < 0:
            raise FormulaError("rates must be calls per hour, at least 0, one row for each interval")
        object.__setattr__(self, "rates", rates)
        number("interval", self.interval, open_low=True, remedy="it is in seconds")
        number("aht", self.aht, open_low=True, remedy="it is in seconds")
        number("patience", self.patience, open_low=True, remedy="it is the callers' mean patience in seconds")
        number("at_once", self.at_once, high=1.0)
        number("within", self.within, remedy="it is in seconds")

    @property
    def intervals(self) -> int:
        return len(self.rates)

    @property
    def step(self) -> float:
        """Seconds."""
        return self.interval / self.rates.shape[1]

    @property
    def calls(self) -> np.ndarray:
        """Expected calls in each interval."""
        return self.rates.mean(1) * self.interval / HOUR

    @cached_property
    def load(self) -> MovingLoad:
        """The offered load as it moves, step by step."""
        return MovingLoad(self.rates.ravel().tolist(), self.step, self.aht, self.cyclic)

    @property
    def erlangs(self) -> tuple[np.ndarray, np.ndarray]:
        """(mean, largest) offered load of each interval."""
        shape = self.rates.shape
        return self.load.mean.reshape(shape).mean(1), self.load.most.reshape(shape).max(1)

    @property
    def staffed(self) -> np.ndarray:
        """Whether somebody must be there, bool of each interval: calls come, or some are still being handled."""
        return (self.erlangs[1] > 1e-6) | (self.rates.max(1) > 0)

    def judge(self, agents: Sequence[int]) -> Judged:
        """What callers meet with so many agents in each interval. Errors: TooLong, FormulaError."""
        agents = np.asarray(agents, int)
        if agents.shape != (self.intervals,) or agents.min() < 0:
            raise FormulaError(f"agents must be {self.intervals} whole numbers of at least 0, one for each interval")
        day = Day(self, int(agents.max()))
        if self.cyclic:
            day.settle(agents)
        figures = []
        for i, number_of in enumerate(agents):
            figures.append(day.spend(i, int(number_of)))
        return Judged(*np.array(figures).T)


class Day:
    """The distribution of calls in the line, carried forward interval by interval.

    `state`: probability of n calls, shape (room,). `before`: agents of the interval that has ended (None at the start).
    """

    def __init__(self, line: MovingLine, most_agents: int):
        self.line = line
        highest = float(line.erlangs[1].max(initial=0.0))
        self.room = int(max(most_agents, highest) + 8 * math.sqrt(highest + 1) + 40)
        self.state = np.zeros(self.room)
        self.state[0] = 1.0
        self.before: int | None = None
        self._curves: dict[tuple[int, int], np.ndarray] = {}

    def at(self) -> tuple[np.ndarray, int | None]:
        """Where the day is, to come back with `back`."""
        return self.state, self.before

    def back(self, place: tuple[np.ndarray, int | None]) -> None:
        self.state, self.before = place
        if len(self.state) < self.room:
            self.state = np.append(self.state, np.zeros(self.room - len(self.state)))

    def settle(self, agents: Sequence[int], rounds: int = 200) -> None:
        """Repeat the day until it begins as it ends. Errors: TooLong."""
        for _ in range(rounds):
            start = self.state
            for i, number_of in enumerate(agents):
                self.spend(i, int(number_of), figures=False)
            start = np.append(start, np.zeros(self.room - len(start)))
            if np.abs(start - self.state).sum() < 1e-9:
                return
        raise TooLong("with these agents the queue of one day does not clear before the next: more are needed")

    def spend(self, i: int, agents: int, *, figures: bool = True) -> tuple[float, ...] | None:
        """Go through interval i with so many agents; its figures in the order of `Judged`."""
        while True:
            found = self._try(i, agents, figures)
            if self.state[-2:].sum() <= LOST and found[1] <= LOST:
                return found[0]
            self.back(self._from)
            if self.room > MOST_CALLS:
                raise TooLong(f"with {agents} agents more than {MOST_CALLS} callers would wait: more agents are needed")
            self.room = int(self.room * 1.5) + 20
            self.back(self._from)

    def _try(self, i: int, agents: int, figures: bool) -> tuple[tuple[float, ...] | None, float]:
        line, room = self.line, self.room
        self._from = self.at()
        self.state = self._handed_over(agents)
        self.before = agents
        n = np.arange(room)
        waiting = np.maximum(n - agents, 0)
        leave = np.minimum(n, agents) / line.aht + waiting / line.patience
        joins = np.where(n >= agents, 1.0 - line.at_once, 1.0)
        joins[-1] = 0.0
        spent, met, at_end = np.zeros(room), np.zeros(room), 0.0
        for rate in line.rates[i] / HOUR:
            up = rate * joins
            end, over = step(up[:-1], -up - leave, leave[1:], self.state, line.step)
            self.state = np.maximum(end, 0.0)
            self.state /= self.state.sum()
            at_end = max(at_end, self.state[-1])
            spent += over
            met += rate * over
        if not figures:
            return None, at_end
        return self._figures(agents, spent / line.interval, met, waiting), at_end

    def _handed_over(self, agents: int) -> np.ndarray:
        """The distribution just after the number of agents changes: who stays behind to finish a call takes it along."""
        line, before = self.line, self.before
        if line.returns or before is None or agents >= before:
            return self.state
        state = self.state.copy()
        gone = before - agents
        moved = np.zeros_like(state)
        moved[:agents + 1] = state[:agents + 1]
        moved[agents] += state[agents + 1:before + 1].sum()
        rest = state[before + 1:]
        moved[before + 1 - gone:before + 1 - gone + len(rest)] += rest
        return moved

    def _figures(self, agents: int, spent: np.ndarray, met: np.ndarray, waiting: np.ndarray) -> tuple[float, ...]:
        line = self.line
        calls = met.sum()
        served_at_once = met[:agents].sum()
        queued = met[agents:] * (1 - line.at_once)
        busy = float((np.minimum(np.arange(self.room), agents) * spent).sum())
        occupancy = busy / agents if agents else math.nan
        queue = float(waiting @ spent)
        if calls <= 0:
            return (math.nan,) * 4 + (occupancy, queue)
        ahead = np.arange(len(queued))
        capacity = agents / line.aht
        if agents:
            hazard = capacity + (ahead + 1) / line.patience
            answered = capacity / hazard
            waits = answered * np.cumsum(1 / hazard)
        else:
            answered = waits = np.zeros(len(queued))
        all_answered = served_at_once + queued @ answered
        return (
            float(met[agents:].sum() / calls),
            float(1 - all_answered / calls),
            float((served_at_once + queued @ self._within(agents, len(queued))) / calls),
            float(queued @ waits / all_answered) if all_answered > 0 else math.inf,
            occupancy, queue,
        )

    def _within(self, agents: int, places: int) -> np.ndarray:
        """Probability to be answered within T with 0, 1, … callers ahead, `agents` constant. Uniformisation."""
        key = (agents, places)
        if key not in self._curves:
            line = self.line
            k = np.arange(places)
            capacity = agents / line.aht
            forward, give_up = capacity + k / line.patience, 1 / line.patience
            fastest = max(capacity + (places + 1) / line.patience, 1e-12)
            mean = fastest * line.within
            weights = poisson.pmf(np.arange(int(mean + 8 * math.sqrt(mean) + 20)), mean)
            served, total = np.zeros(places), np.zeros(places)
            stay = 1 - (forward + give_up) / fastest
            for weight in weights:
                total += weight * served
                served = stay * served + forward / fastest * np.append(1.0, served[:-1])
            self._curves[key] = total
        return self._curves[key]
