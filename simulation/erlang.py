"""Erlang B, C and A: how a line of equal agents behaves in steady state.

Sources: A. K. Erlang (1917); C. Palm (1943) for impatience. The probabilities by the recursion of
Jagerman (Bell System Technical Journal 53, 1974), which adds positive numbers only and so loses nothing at
any size. Times in seconds, calls per hour.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

from simulation.general_patience import GeneralPatience
from simulation.patience import Exponential, Patience
from simulation.steady_state import HOUR, Callers, SteadyState, Unstable, number, whole


def erlang_b(load: float, agents: int) -> float:
    """Probability that all of `agents` (≥ 0) are busy when `load` erlangs are offered and nobody waits.

    Holds for any distribution of handling time (M/G/n/n).
    """
    load = number("load", load, high=1e12)
    blocked = 1.0
    for n in range(1, whole("agents", agents) + 1):
        part = load * blocked
        blocked = part / (n + part)
    return blocked


def erlang_c(load: float, agents: int) -> float:
    """Probability of having to wait with `agents` when `load` erlangs are offered and nobody leaves (M/M/n).

    Errors: Unstable when load ≥ agents.
    """
    blocked = erlang_b(load, agents)
    _stable(load, agents)
    return agents * blocked / (agents - load * (1 - blocked))


@dataclass(frozen=True)
class ErlangB(SteadyState):
    """Nobody waits: a call that finds every agent (or trunk) busy is turned away. M/G/n/n."""

    @cached_property
    def blocking(self) -> float:  # type: ignore[override]
        return erlang_b(self.offered_load, self.agents)

    @property
    def delay_probability(self) -> float:
        return 0.0

    @property
    def mean_wait(self) -> float:
        return 0.0

    def answered_within(self, seconds: float) -> float:
        return self.answered

    def waiting_longer(self, seconds: float, of: Callers = "admitted") -> float:
        return 0.0


@dataclass(frozen=True)
class ErlangC(SteadyState):
    """Everybody waits until answered. M/M/n. Errors: Unstable when offered load ≥ agents."""

    def __post_init__(self) -> None:
        super().__post_init__()
        _stable(self.offered_load, self.agents)

    @cached_property
    def delay_probability(self) -> float:  # type: ignore[override]
        return erlang_c(self.offered_load, self.agents)

    @property
    def answered(self) -> float:
        return 1.0

    @property
    def mean_wait_delayed(self) -> float:
        return self.aht / (self.agents - self.offered_load)

    @property
    def mean_wait(self) -> float:
        return self.delay_probability * self.mean_wait_delayed

    @property
    def sd_wait(self) -> float:
        """Standard deviation of the wait of all calls, seconds."""
        delayed = self.delay_probability
        return math.sqrt(delayed * (2 - delayed)) * self.mean_wait_delayed

    def answered_within(self, seconds: float) -> float:
        return 1.0 - self.waiting_longer(seconds)

    def waiting_longer(self, seconds: float, of: Callers = "admitted") -> float:
        delayed = 1.0 if of == "delayed" else self.delay_probability
        return delayed * math.exp(-seconds / self.mean_wait_delayed)

    def wait_quantile(self, share: float, of: Callers = "admitted") -> float:
        left = 1.0 - number("share", share, high=1.0, open_high=True)
        delayed = 1.0 if of == "delayed" else self.delay_probability
        return self.mean_wait_delayed * max(0.0, math.log(delayed / left)) if delayed else 0.0


@dataclass(frozen=True)
class ErlangA(GeneralPatience):
    """Callers hang up after an exponential patience (mean `patience` seconds) if not answered. M/M/n+M.

    `patience` = inf is Erlang C, 0 is Erlang B (whoever would wait leaves at once).
    """

    patience: float | Patience = field(kw_only=True)

    def _distribution(self) -> Patience:
        return Exponential(number("patience", self.patience, remedy="it is the callers' mean patience in seconds"))


def _stable(load: float, agents: int) -> None:
    if load >= agents:
        raise Unstable(
            f"agents is {agents}, but {load:g} erlangs are offered: the queue would grow without end. "
            f"Take at least {math.floor(load) + 1} agents, or let callers abandon (Erlang A: give their patience), "
            f"or limit the waiting places"
        )


def calls_carried(load: float, agents: int, aht: float) -> float:
    """Calls per hour that `agents` answer in Erlang B with `load` erlangs offered and `aht` seconds each."""
    return load * (1 - erlang_b(load, agents)) / number("aht", aht, open_low=True) * HOUR
