"""The least agents that keep what was promised: service level, ASA, abandonment, delay, occupancy.

Each figure gets better with every agent more, so the least number is found by bisection, starting near the
offered load, on the formula that fits the line (Erlang C, A, M/M/n+G, or with limited waiting places).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from simulation.erlang import ErlangA, ErlangB, ErlangC
from simulation.general_patience import GeneralPatience
from simulation.patience import Patience
from simulation.steady_state import MAX_AGENTS, FormulaError, SteadyState, Unstable, number, offered_load
from simulation.waiting_places import WaitingPlaces


@dataclass(frozen=True)
class Targets:
    """What is promised; None: nothing. Shares between 0 and 1, times in seconds.

    `service_level`: at least this share of the offered is answered within `within` seconds.
    `asa`, `abandonment`, `delay_probability`, `blocking`, `occupancy`: at most.
    """

    service_level: float | None = None
    within: float = 20.0
    asa: float | None = None
    abandonment: float | None = None
    delay_probability: float | None = None
    blocking: float | None = None
    occupancy: float | None = None

    def __post_init__(self) -> None:
        shares = ("service_level", "abandonment", "delay_probability", "blocking")
        for name in shares:
            if getattr(self, name) is not None:
                number(name, getattr(self, name), high=1.0, open_low=True, open_high=True, remedy="80 % is 0.8")
        if self.occupancy is not None:
            number("occupancy", self.occupancy, high=1.0, open_low=True, remedy="85 % is 0.85")
        if self.asa is not None:
            number("asa", self.asa, open_low=True, remedy="it is in seconds")
        number("within", self.within, remedy="it is in seconds")
        if all(getattr(self, name) is None for name in (*shares, "asa", "occupancy")):
            raise FormulaError("no target is given: name a service level, ASA, abandonment, delay, blocking or occupancy")

    def missed(self, line: SteadyState) -> tuple[str, ...]:
        """Names of the targets that `line` does not keep."""
        limits = ("asa", "abandonment", "delay_probability", "blocking", "occupancy")
        missed = [name for name in limits if (limit := getattr(self, name)) is not None and getattr(line, name) > limit]
        if self.service_level is not None and line.service_level(self.within) < self.service_level:
            missed.insert(0, "service_level")
        return tuple(missed)


def least_agents(
    calls: float,
    aht: float,
    targets: Targets,
    *,
    patience: float | Patience | None = None,
    places: int | None = None,
) -> SteadyState:
    """The line with the least agents that keeps all `targets`; its `agents` is the number.

    `calls` per hour and `aht` seconds. `patience`: mean seconds (exponential) or a distribution; None: nobody
    leaves. `places`: waiting places; None: without end. Errors: FormulaError.
    """
    line = formula(patience, places)
    load = offered_load(calls, aht)
    # Half a call more or less is no reason to leave the neighbourhood of the load.
    step = max(1, math.isqrt(math.ceil(load)))
    high = math.floor(load) + 1
    low = 0
    while not _keeps(line, calls, aht, high, targets):
        low, high, step = high, high + step, 2 * step
        if high > MAX_AGENTS:
            raise FormulaError(f"calls is {calls:g} and aht {aht:g} s: no number of agents up to {MAX_AGENTS} keeps the targets")
    if not low:
        low, step = high - 1, 1
        while low > 0 and _keeps(line, calls, aht, low, targets):
            high, low, step = low, max(0, low - step), 2 * step
    while high - low > 1:
        middle = (low + high) // 2
        if _keeps(line, calls, aht, middle, targets):
            high = middle
        else:
            low = middle
    return line(calls, aht, high)


def formula(patience: float | Patience | None = None, places: int | None = None) -> Any:
    """The formula for lines of this kind, to be called with (calls, aht, agents)."""
    if places is not None:
        if patience is not None and not isinstance(patience, (int, float)):
            raise FormulaError("places and a distribution of patience do not go together: give its mean, or leave places out")
        if patience == 0 or (places == 0 and not isinstance(places, bool)):
            return ErlangB
        return partial(WaitingPlaces, places=places, patience=math.inf if patience is None else patience)
    if patience is None:
        return ErlangC
    return partial(ErlangA if isinstance(patience, (int, float)) else GeneralPatience, patience=patience)


def rostered(agents: int, shrinkage: float) -> int:
    """Agents on the roster so that `agents` are available with `shrinkage` (share paid but away)."""
    present = 1 - number("shrinkage", shrinkage, high=1.0, open_high=True)
    # 7 / 0.7 is 10.000000000000002 in binary and needs no eleventh agent.
    return math.ceil(round(agents / present, 9))


def served_at_most(aht: float, agents: int, targets: Targets, **line: Any) -> float:
    """The most calls per hour that `agents` can take with all `targets` kept (to 1 in a million)."""
    build = formula(**line)
    low, high = 0.0, agents * 3600.0 / number("aht", aht, open_low=True)
    while _keeps(build, high, aht, agents, targets):
        low, high = high, 2 * high
        if high > 1e11:
            raise FormulaError("the targets are kept at any number of calls: name one that depends on it")
    while high - low > 1e-7 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if _keeps(build, middle, aht, agents, targets) else (low, middle)
    return low


def _keeps(line: Any, calls: float, aht: float, agents: int, targets: Targets) -> bool:
    try:
        return not targets.missed(line(calls, aht, agents))
    except Unstable:
        return False


def agents_by_interval(
    calls: Iterable[float], aht: float, targets: Targets, **line: Any
) -> list[int]:
    """The least agents for each interval's rate (calls per hour), each taken as if it lasted for ever.

    A first guess only where the rate moves: see `simulation.moving_load`.
    """
    return [least_agents(rate, aht, targets, **line).agents if rate else 0 for rate in calls]
