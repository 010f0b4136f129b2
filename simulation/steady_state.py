"""What every queueing formula answers: one line of calls in steady state.

Inputs are in the field's units: `calls` per hour, `aht` (average handling time) and all waits in
seconds, `agents` heads. Results are shares between 0 and 1, seconds, heads and erlangs. The
definitions are the ones used everywhere in this project; *offered* is every call that asked for a
human, blocked ones included.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from scipy.optimize import brentq

MAX_AGENTS = 10_000_000
HOUR = 3600.0
Callers = Literal["admitted", "delayed", "answered"]


class FormulaError(ValueError):
    """An argument a formula cannot use. The text names the argument, its value and the remedy."""


class Unstable(FormulaError):
    """The queue grows without end: nobody abandons and the agents cannot serve what is offered."""


def number(name: str, value: float, *, low: float = 0.0, high: float = math.inf, open_low: bool = False,
           open_high: bool = False, remedy: str = "") -> float:  # fmt: skip
    """`value` as a float within bounds; FormulaError otherwise. "open" bounds are themselves excluded."""
    if isinstance(value, bool):
        raise FormulaError(f"{name} is {value!r}: write a number")
    try:
        given = float(value)
    except (TypeError, ValueError):
        raise FormulaError(f"{name} is {value!r}: write a number") from None
    below = given <= low if open_low else given < low
    above = given >= high if open_high else given > high
    if math.isnan(given) or below or above:
        bounds = f"{'more than' if open_low else 'at least'} {low:.10g}"
        if high < math.inf or open_high:
            bounds += f" and {'less than' if open_high else 'at most'} {high:,.10g}"
        raise FormulaError(f"{name} is {given:g}: it must be {bounds}{'; ' + remedy if remedy else ''}")
    return given


def whole(name: str, value: int, *, low: int = 0, high: int = MAX_AGENTS, remedy: str = "") -> int:
    """`value` as an int within bounds; FormulaError otherwise."""
    given = number(name, value, low=low, high=high, remedy=remedy)
    if given != int(given):
        raise FormulaError(f"{name} is {given:g}: it must be a whole number{'; ' + remedy if remedy else ''}")
    return int(given)


def offered_load(calls: float, aht: float) -> float:
    """Offered load in erlangs: `calls` per hour × `aht` seconds."""
    return number("calls", calls, high=1e12) * number("aht", aht, open_low=True, high=1e9) / HOUR


@dataclass(frozen=True)
class SteadyState(ABC):
    """A line with Poisson calls, exponential handling time and equal agents, first come first served.

    `calls` per hour, `aht` seconds, `agents` heads. Errors: FormulaError (bad argument), Unstable.
    """

    calls: float
    aht: float
    agents: int

    def __post_init__(self) -> None:
        number("calls", self.calls, high=1e12, remedy="calls are counted per hour")
        number("aht", self.aht, open_low=True, high=1e9, remedy="it is the handling time in seconds")
        object.__setattr__(self, "agents", whole("agents", self.agents, low=1, remedy="at least one agent must answer"))

    @property
    def offered_load(self) -> float:
        """Erlangs: arrival rate × AHT."""
        return self.calls * self.aht / HOUR

    @property
    def blocking(self) -> float:
        """Turned away at once (busy tone) ÷ offered."""
        return 0.0

    @property
    def abandonment(self) -> float:
        """Left before answer ÷ offered."""
        return 0.0

    @property
    def answered(self) -> float:
        """Answered ÷ offered."""
        return 1.0 - self.blocking - self.abandonment

    @property
    @abstractmethod
    def delay_probability(self) -> float:
        """Found every agent busy ÷ admitted (offered and not blocked); those who then leave at once included."""

    @property
    @abstractmethod
    def mean_wait(self) -> float:
        """Mean time in the queue of all admitted calls, until answered or abandoned, seconds."""

    @property
    def asa(self) -> float:
        """Average speed of answer: mean wait of the answered, seconds."""
        return self.mean_wait

    @property
    def mean_wait_delayed(self) -> float:
        """Mean time in the queue of those who found every agent busy, seconds."""
        return self.mean_wait / self.delay_probability if self.delay_probability else 0.0

    @property
    def mean_wait_abandoned(self) -> float:
        """Mean time until those who abandon do so, seconds; nan where nobody does."""
        return math.nan

    @property
    def queue_length(self) -> float:
        """Mean number of calls waiting (Little's law)."""
        return self.calls / HOUR * (1 - self.blocking) * self.mean_wait

    @property
    def busy_agents(self) -> float:
        """Mean number of agents handling a call."""
        return self.offered_load * self.answered

    @property
    def calls_in_system(self) -> float:
        """Mean number of calls waiting or being handled."""
        return self.queue_length + self.busy_agents

    @property
    def occupancy(self) -> float:
        """Busy ÷ staffed time."""
        return self.busy_agents / self.agents

    @abstractmethod
    def answered_within(self, seconds: float) -> float:
        """Answered within `seconds` ÷ offered: the **service level**."""

    @abstractmethod
    def waiting_longer(self, seconds: float, of: Callers = "admitted") -> float:
        """Share that spends more than `seconds` in the queue, of the admitted, delayed or answered."""

    def abandoned_within(self, seconds: float) -> float:
        """Abandoned within `seconds` ÷ offered."""
        return 0.0

    def service_level(self, seconds: float) -> float:
        """Answered within `seconds` ÷ offered."""
        return self.answered_within(number("target seconds", seconds))

    def service_levels(self, seconds: float) -> dict[str, float]:
        """The service level by each definition in use, each under its name."""
        good = self.service_level(seconds)
        parts = {
            "answered within T ÷ offered": 1.0,
            "answered within T ÷ admitted": 1 - self.blocking,
            "answered within T ÷ answered": self.answered,
            "answered within T ÷ (offered − abandoned within T)": 1 - self.abandoned_within(seconds),
        }
        return {name: good / part if part else math.nan for name, part in parts.items()}

    def wait_quantile(self, share: float, of: Callers = "admitted") -> float:
        """The wait in seconds that `share` (such as 0.9) of the admitted, delayed or answered do not exceed."""
        left = 1.0 - number("share", share, high=1.0, open_high=True)
        return _crossing(lambda t: self.waiting_longer(t, of), left, self.mean_wait_delayed or self.aht)

    @cached_property
    def figures(self) -> dict[str, float]:
        """Every figure that needs no further argument, by name."""
        names = (
            "offered_load", "occupancy", "delay_probability", "blocking", "abandonment", "answered", "asa", "mean_wait",
            "mean_wait_delayed", "mean_wait_abandoned", "queue_length", "busy_agents", "calls_in_system",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}


def _crossing(tail: Callable[[float], float], left: float, start: float) -> float:
    if tail(0.0) <= left:
        return 0.0
    low, high = 0.0, start
    while tail(high) > left:
        low, high = high, 2 * high
    return float(brentq(lambda t: tail(t) - left, low, high, xtol=1e-12 * high, rtol=1e-13))
