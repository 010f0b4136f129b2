"""Offered load when the rate moves: the mean number of agents that would be busy if there were always enough.

Mt/G/∞ (S. Eick, W. Massey, W. Whitt, "The physics of the Mt/G/∞ queue", Operations Research 41, 1993): calls
that came a while ago are still being handled, so the load lags behind the rate by about one handling time.
Taking an interval's own rate instead is what makes Erlang formulas fail interval by interval. Staff by
*modified offered load*: put this load into the formula of steady state (O. Jennings, A. Mandelbaum, W. Massey,
W. Whitt, Management Science 42, 1996).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simulation.agents import Targets, least_agents
from simulation.steady_state import HOUR, FormulaError, number


@dataclass(frozen=True)
class MovingLoad:
    """`calls`: rate of each interval, per hour, constant within it; intervals of `interval` seconds each.

    Exponential handling time of mean `aht` seconds. The line starts empty, or with `cyclic` the intervals
    repeat for ever (a line that never closes).
    """

    calls: Sequence[float]
    interval: float
    aht: float
    cyclic: bool = False

    def __post_init__(self) -> None:
        if not len(self.calls):
            raise FormulaError("calls is empty: give the rate of each interval, per hour")
        for rate in self.calls:
            number("calls", rate)
        number("interval", self.interval, open_low=True, remedy="it is in seconds")
        number("aht", self.aht, open_low=True, remedy="it is in seconds")

    @property
    def _steady(self) -> np.ndarray:
        return np.asarray(self.calls, float) * self.aht / HOUR

    @cached_property
    def at_start(self) -> np.ndarray:
        """Erlangs at the start of each interval and at the end of the last, shape (intervals + 1,)."""
        first = self._round(0.0)
        if not self.cyclic:
            return first
        # What a round ends with when it starts empty, less what it forgets of its start.
        return self._round(first[-1] / -np.expm1(-self.interval * len(self.calls) / self.aht))

    def _round(self, load: float) -> np.ndarray:
        keep = np.exp(-self.interval / self.aht)
        loads = [load]
        for steady in self._steady:
            loads.append(steady + (loads[-1] - steady) * keep)
        return np.array(loads)

    def at(self, seconds: np.ndarray | float) -> np.ndarray:
        """Erlangs at moments from the start on, same shape as `seconds`; after the last interval calls cease."""
        t = np.asarray(seconds, float)
        if self.cyclic:
            t = t % (self.interval * len(self.calls))
        i = np.clip((t // self.interval).astype(int), 0, len(self.calls))
        steady = np.append(self._steady, 0.0)[i]
        return steady + (self.at_start[i] - steady) * np.exp(-(t - i * self.interval) / self.aht)

    @property
    def mean(self) -> np.ndarray:
        """Mean erlangs in each interval, shape (intervals,)."""
        carry = (self.at_start[:-1] - self._steady) * self.aht / self.interval
        return self._steady + carry * -np.expm1(-self.interval / self.aht)

    @property
    def most(self) -> np.ndarray:
        """Largest erlangs in each interval (the load is monotone within one), shape (intervals,)."""
        return np.maximum(self.at_start[:-1], self.at_start[1:])

    def agents(self, targets: Targets, *, by: str = "mean", **line) -> list[int]:
        """Agents for each interval by modified offered load, its `mean` or its `most`; `line` as in `least_agents`."""
        if by not in ("mean", "most"):
            raise FormulaError(f"by is {by!r}: write mean or most")
        loads = getattr(self, by)
        return [least_agents(load * HOUR / self.aht, self.aht, targets, **line).agents if load else 0 for load in loads]
