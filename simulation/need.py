"""Agents needed in each interval of a model: exactly where that can be computed, by simulation elsewhere.

    need = staff(load("model.toml"), Wish(delay_probability=0.2))
    need.agents("billing")          # on duty, one for each open interval
    need.paid("billing")            # with the group's shrinkage
    need.to_dict()                  # JSON-ready; `simulation.shifts` reads it

Types that share agents are one pool, staffed together; pools that share nothing are staffed one by one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np

from simulation.agents import Targets, rostered
from simulation.exact_need import Bounds, least_need
from simulation.pools import Pool, expected_calls, lines, part, pools, why_not_exact
from simulation.problem import ModelError, Problem
from simulation.run_model import RunModel, RunPromise
from simulation.simulated_need import missed_by, simulated_need

FIGURES = ("service_level", "abandonment", "asa", "delay_probability")


@dataclass(frozen=True)
class Wish:
    """What is wanted beside the model: targets instead of the model's (None: the model's), and what may be chosen."""

    service_level: float | None = None
    abandonment: float | None = None
    asa: float | None = None
    delay_probability: float | None = None
    within: float | None = None
    least: int = 1
    """Agents of an open line with calls, at least."""
    most: int = 100_000
    """Agents of a group in an interval, at most."""
    slack: float = 0.1
    """An interval may miss its target by this share of what the target allows."""
    cyclic: bool = False
    """The intervals repeat for ever (a line that never closes); exact pools only."""
    simulate: bool = False
    """By simulation even where an exact method exists."""
    replications: int | None = None


@dataclass(frozen=True)
class Figure:
    """A figure of an interval; low and high: its confidence interval (both the value itself where it is exact)."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Short:
    """An interval that does not keep its target."""

    interval: int
    type: str
    excess: float
    """What happens ÷ what is allowed."""
    why: str


@dataclass(frozen=True)
class PoolNeed:
    """The need of types that share agents. Lists have one entry for each open interval, in order."""

    types: list[str]
    groups: list[str]
    method: str
    """"exact" or "simulated"."""
    why: str
    """Why it was simulated; "" when exact."""
    agents: dict[str, list[int]]
    """On duty, by group."""
    paid: dict[str, list[int]]
    """With the group's shrinkage, by group."""
    calls: dict[str, list[float]]
    """Expected first calls, by type."""
    load: list[float]
    """Offered load, erlangs, as it moves."""
    figures: dict[str, dict[str, list[Figure]]]
    """By type, then metric."""
    promises: dict[str, dict[str, float]]
    short: list[Short]
    replications: int


@dataclass(frozen=True)
class Need:
    """The need of a model."""

    model: str
    within: float
    slack: float
    labels: list[str]
    """Of the open intervals: "mon 08:30"."""
    starts: list[float]
    """Seconds from midnight of the first day."""
    interval: float
    """Seconds."""
    days: list[str]
    pools: list[PoolNeed]
    elapsed: float

    def agents(self, group: str) -> list[int]:
        """On duty in each open interval. KeyError."""
        return next(pool.agents[group] for pool in self.pools if group in pool.agents)

    def paid(self, group: str) -> list[int]:
        """The same with shrinkage. KeyError."""
        return next(pool.paid[group] for pool in self.pools if group in pool.paid)

    @property
    def agent_hours(self) -> float:
        """Of agents on duty."""
        return sum(sum(row) for pool in self.pools for row in pool.agents.values()) * self.interval / 3600

    @property
    def paid_hours(self) -> float:
        return sum(sum(row) for pool in self.pools for row in pool.paid.values()) * self.interval / 3600

    @property
    def worst(self) -> float:
        """The largest excess of an interval: what happens ÷ what is allowed."""
        return max((_excess(pool, k, i) for pool in self.pools for k in pool.types for i in range(len(self.labels))), default=0.0)

    def to_dict(self) -> dict:
        """JSON-ready."""
        return {**_finite(asdict(self)), "agent_hours": self.agent_hours, "paid_hours": self.paid_hours, "worst_excess": _finite(self.worst)}


def _excess(pool: PoolNeed, type: str, i: int) -> float:
    worst = 0.0
    for name, limit in pool.promises[type].items():
        value = pool.figures[type][name][i].value
        if value is not None:
            worst = max(worst, (1 - value) / (1 - limit) if name == "service_level" and limit < 1 else value / limit if limit else 0.0)
    return worst


def _finite(value):
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def staff(model: RunModel, wish: Wish = Wish(), *, workers: int = 1, progress: Callable[[float], None] | None = None) -> Need:
    """The need. `progress` is told the share done (0 to 1) and may raise to stop. Errors: ModelError, FormulaError."""
    began = time.perf_counter()
    model = _promised(model, wish)
    grid = model.grid
    if model.warm_up is None or model.warm_up > 0:
        raise ModelError([Problem("time.warm_up", "", "leaves intervals without figures; staff needs a model without it")])
    opened = [i for i in range(len(grid.labels)) if grid.opened[i]]
    if wish.cyclic and len(grid.spans) > 1:
        raise ModelError([Problem("time", "", "a line that never closes has one unbroken stretch; write hours that touch, or length")])
    found = []
    parts = pools(model)
    for number, pool in enumerate(parts):
        def tell(share: float, number: int = number) -> None:
            if progress is not None:
                progress((number + share) / len(parts))

        found.append(_pool(model, pool, opened, wish, workers, tell))
    step = float(grid.edges[opened[0] + 1] - grid.edges[opened[0]])
    return Need(model.name, model.answer_within, wish.slack, [grid.labels[i] for i in opened], [float(grid.edges[i]) for i in opened], step,
                list(grid.day_names), found, time.perf_counter() - began)  # fmt: skip


def _promised(model: RunModel, wish: Wish) -> RunModel:
    """The model with the targets of the wish. A wish names all targets: those of the model then do not count."""
    wanted = RunPromise(wish.service_level, wish.abandonment, wish.asa, wish.delay_probability)
    promises = model.promises if wanted == RunPromise() else (wanted,) * len(model.types)
    for t, promise in zip(model.types, promises):
        if promise == RunPromise():
            raise ModelError([Problem("targets", "", f"nothing is promised to callers of {t.name}: add service_level, abandonment, asa or delay_probability")])
        # At exactly all or nothing there is no amount that may be missed.
        for name in ("abandonment", "delay_probability"):
            if getattr(promise, name) in (0.0, 1.0):
                raise ModelError([Problem(f"targets.{name}", f"{getattr(promise, name):g}", "must lie between 0 and 1, such as 0.05")])
        if promise.service_level in (0.0, 1.0):
            raise ModelError([Problem("targets.service_level", f"{promise.service_level:g}", "must lie between 0 and 1, such as 0.8; all calls in time cannot be promised")])
        if promise.abandonment is not None and t.patience is None:
            raise ModelError([Problem("targets.abandonment", "", f"callers of {t.name} never leave; give them patience, or another target")])
    return replace(model, promises=promises, answer_within=model.answer_within if wish.within is None else wish.within)


def _pool(model: RunModel, pool: Pool, opened: list[int], wish: Wish, workers: int, progress: Callable[[float], None]) -> PoolNeed:
    own = part(model, pool)
    names, groups = [t.name for t in own.types], [g.name for g in own.groups]
    load = np.zeros(len(model.grid.labels))
    for span, line in lines(own, cyclic=wish.cyclic):
        load[span.start:span.stop] = line.erlangs[0]
    why = why_not_exact(own) or ("asked for" if wish.simulate else "")
    if why and wish.cyclic:
        raise ModelError([Problem("time", "", f"an endless cycle is computed exactly only, and {', '.join(names)} cannot be: {why}")])
    if why:
        done = simulated_need(own, least=wish.least, most=wish.most, slack=wish.slack, replications=wish.replications, workers=workers, progress=progress)
        agents = {g: done.agents[j][opened].tolist() for j, g in enumerate(groups)}
        figures = {
            t: {name: [Figure(e.mean, e.low, e.high) for i in opened for e in (done.result.get(name, interval=i, type=t),)] for name in FIGURES}
            for t in names
        }
        short = [
            Short(opened.index(i), names[k], missed_by(own.promises[k], done.result, names[k], i), reason) for i, k, reason in done.unstaffable
        ]
        replications = done.result.replications
    else:
        agents, figures, short = _exact(own, opened, wish, progress)
        replications = 0
    return PoolNeed(
        names, groups, "simulated" if why else "exact", why, agents,
        {g.name: [rostered(n, g.shrinkage) for n in agents[g.name]] for g in own.groups},
        {t.name: expected_calls(own, k)[opened].tolist() for k, t in enumerate(own.types)},
        load[opened].tolist(), figures,
        {t: {k: v for k, v in asdict(p).items() if v is not None} for t, p in zip(names, own.promises)}, short, replications,
    )  # fmt: skip


def _exact(own: RunModel, opened: list[int], wish: Wish, progress: Callable[[float], None]) -> tuple[dict, dict, list[Short]]:
    """Types of such a pool meet the same waits, so the strictest of their promises holds for all."""
    def strictest(name: str, best: Callable) -> float | None:
        given = [getattr(p, name) for p in own.promises if getattr(p, name) is not None]
        return best(given) if given else None

    targets = Targets(
        service_level=strictest("service_level", max), within=own.answer_within, asa=strictest("asa", min),
        abandonment=strictest("abandonment", min), delay_probability=strictest("delay_probability", min),
    )  # fmt: skip
    agents: list[int] = []
    values: dict[str, list[Figure]] = {name: [] for name in FIGURES}
    short = []
    stretches = lines(own, cyclic=wish.cyclic)
    for number, (span, line) in enumerate(stretches):
        found = least_need(line, targets, Bounds(wish.least, wish.most, wish.slack), progress=lambda share: progress((number + share) / len(stretches)))
        for i in found.unstaffable:
            place = opened.index(span[i])
            short += [Short(place, t.name, float(found.excess[i]), f"needs more than the {wish.most} agents allowed") for t in own.types]
        agents += found.agents
        for name in FIGURES:
            values[name] += [Figure(*(3 * (None if math.isnan(v) else float(v),))) for v in getattr(found.judged, name)]
    return {own.groups[0].name: agents}, {t.name: values for t in own.types}, short
