"""What to do now: the rest of the day with each action and without, on the same calls, the cheapest that suffices first.

    found = what_to_do(rest, Aim(service_level=0.8), Means(on_break={"agents": 2}))
    found.best.kind, found.best.agents, found.best.figures["service_level"].mean

`rest` is the line from now on (`simulation.rest_of_day`). Actions are nothing, call-backs offered, agents called back
from their breaks, overtime (agents more while the line is short), all of these together, and, where more agents are
there than needed, some let go. Of each the smallest number that suffices is sought; every trial runs on the same
random numbers, so that differences are far better known than the figures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from simulation.engine import simulate
from simulation.paired import Comparison, PairMoments
from simulation.quantity import clock_text
from simulation.results import Estimate, Result, Row, Stop, rows
from simulation.run_model import RunModel
from simulation.scenarios import CALL_BACK, with_more
from simulation.tally import tally

FIGURES = ("service_level", "abandonment", "asa", "occupancy", "offered", "answered", "abandoned")
OVERTIME_PRICE = 1.5
"""Of an agent-hour beyond the roster (Labour Law of the PRC, art. 44)."""
TRIED_CALLS = 30_000
FEWEST, MOST = 12, 100
"""Replications: so many that about TRIED_CALLS calls are simulated with each action."""
KINDS = ("none", "call_backs", "recall", "overtime", "together", "let_go")


@dataclass(frozen=True)
class Aim:
    """What the rest of the day has to keep; None: nothing. Shares 0..1, seconds."""

    service_level: float | None = None
    abandonment: float | None = None
    asa: float | None = None

    @property
    def empty(self) -> bool:
        """Nothing is asked."""
        return (self.service_level, self.abandonment, self.asa) == (None, None, None)

    def kept(self, result: Result, interval: int | None = None) -> bool:
        """Are the expected figures inside? What nobody asks for in an interval is."""
        for name, up in (("service_level", True), ("abandonment", False), ("asa", False)):
            limit, found = getattr(self, name), result.get(name, interval=interval).mean
            if limit is not None and found is not None and (found < limit if up else found > limit):
                return False
        return True


@dataclass(frozen=True)
class Means:
    """What can be done."""

    on_break: Mapping[str, int] = field(default_factory=dict)
    """Agents by group who are on a break now."""
    break_left: float = 900.0
    """Seconds of break that a recalled agent gives up (and takes later)."""
    most_overtime: Mapping[str, int] = field(default_factory=dict)
    """Agents more by group at most; where a group is not named, half of those planned at any time, at least 2."""
    call_backs: bool = True
    let_go: bool = True


@dataclass(frozen=True)
class Action:
    """Something to do and what comes of it for the rest of the day."""

    kind: str
    agents: Mapping[str, int]
    """How many of each group."""
    start: float | None
    """Seconds after midnight; None where nothing is done."""
    until: float | None
    hours: float
    """Agent-hours that it takes (negative: that it frees)."""
    cost: float
    """In money where the model's groups have a cost per hour, else in agent-hours; overtime at its price."""
    sufficient: bool
    """The expected figures keep every target."""
    figures: dict[str, Estimate]
    differences: dict[str, Estimate]
    """Against doing nothing."""
    parts: tuple[Action, ...] = ()
    """Of `together`: what is done at once."""

    def to_dict(self) -> dict:
        """JSON-ready."""
        short = lambda e: {"mean": e.mean, "low": e.low, "high": e.high}  # noqa: E731
        return {
            "kind": self.kind, "agents": dict(self.agents), "from": None if self.start is None else clock_text(round(self.start / 60) * 60.0),
            "until": None if self.until is None else clock_text(round(self.until / 60) * 60.0), "agent_hours": round(self.hours, 3),
            "cost": round(self.cost, 2), "sufficient": self.sufficient, "figures": {k: short(v) for k, v in self.figures.items()},
            "differences": {k: short(v) for k, v in self.differences.items()}, "parts": [part.to_dict() for part in self.parts],
        }  # fmt: skip


@dataclass(frozen=True)
class Advice:
    """The actions in the order in which to think of them."""

    actions: list[Action]
    """What suffices first, the cheapest first; then what does not, the best first. Doing nothing is always among them."""
    replications: int
    currency: str
    """"" where the model has no costs: then costs are agent-hours."""
    intervals: list[dict]
    """The rest of the day without any action: start, calls, service level, abandonment and ASA, agents on the phone."""
    aim: Aim

    @property
    def best(self) -> Action:
        """The first of them."""
        return self.actions[0]

    def to_dict(self) -> dict:
        """JSON-ready."""
        return {"actions": [a.to_dict() for a in self.actions], "replications": self.replications, "currency": self.currency,
                "intervals": self.intervals, "aim": asdict(self.aim)}  # fmt: skip


class _Trial:
    """The rest of the day with nothing done, kept by replication, and others against it."""

    def __init__(self, base: RunModel, replications: int, tell: Callable[[int], None]):
        self.base, self.replications, self.tell = base, replications, tell
        self.tallies = [tally(base, simulate(base, r), base.grid.edges, base.warm_up) for r in range(replications)]
        self.rows = [Row(None, None, None), *(Row(i, None, None) for i in range(len(base.grid.labels)))]
        self.done = 0

    def against(self, model: RunModel) -> Comparison:
        """The comparison of doing this with doing nothing, for the whole rest and by interval."""
        first, second = ({row: i for i, row in enumerate(rows(m))} for m in (self.base, model))
        pair = PairMoments(np.array([first[r] for r in self.rows]), np.array([second[r] for r in self.rows]))
        for r, before in enumerate(self.tallies):
            pair.add((before, before if model is self.base else tally(model, simulate(model, r), model.grid.edges, model.warm_up)))
        stop = Stop("replications", None, None, None, True)
        self.done += 1
        self.tell(self.done)
        return Comparison(*(Result(m, x, stop, m.warm_up, 0.0) for m, x in ((self.base, pair.a), (model, pair.b))), self.rows, pair, stop, 0.0)


def what_to_do(
    rest: RunModel, aim: Aim, means: Means = Means(), *, replications: int | None = None, seed: int | None = None, tell: Callable[[int], None] = lambda done: None
) -> Advice:
    """Try the actions. `tell(trials done)` may raise to stop. ValueError where nothing is aimed at."""
    if aim.empty:
        raise ValueError("say what the rest of the day has to keep: a service level, an abandonment or an ASA")
    calls = sum(float(t.arrivals.cumulative[-1]) if t.arrivals.cumulative is not None else len(t.arrivals.at) for t in rest.types)
    number = replications or int(np.clip(TRIED_CALLS / max(calls, 1.0), FEWEST, MOST))
    rest = replace(rest, replications=number, precision=None, batches=None, seed=rest.seed if seed is None else seed)
    trial = _Trial(rest, number, tell)
    base = trial.against(rest)
    price = any(g.cost_per_hour for g in rest.groups)
    now, close = rest.grid.spans[0]

    def made(kind: str, comparison: Comparison, agents: Mapping[str, int] = {}, start: float | None = None, until: float | None = None) -> Action:
        hours = cost = 0.0
        for name, n in agents.items():
            group = next(g for g in rest.groups if g.name == name)
            spent = n * (until - start) / 3600 * (-1 if kind == "let_go" else 1)
            hours += spent
            cost += spent * (OVERTIME_PRICE if kind == "overtime" else 1.0) * (group.cost_per_hour if price else 1.0)
        return Action(kind, agents, start, until, hours, cost, aim.kept(comparison.b), {m: comparison.b.get(m) for m in FIGURES},
                      {m: comparison.difference(m) for m in FIGURES})  # fmt: skip

    actions = [made("none", base)]
    if actions[0].sufficient:
        if means.let_go:
            actions += _let_go(rest, trial, made, now, close)
    else:
        actions += _more(rest, aim, means, trial, base.b, made, now, close)
    good = sorted((a for a in actions if a.sufficient), key=lambda a: (a.cost, KINDS.index(a.kind)))
    poor = sorted((a for a in actions if not a.sufficient), key=lambda a: (-_nearness(a, aim), a.cost, KINDS.index(a.kind)))
    return Advice([*good, *poor], number, rest.costs.currency if price else "", _intervals(base.b), aim)


def _nearness(action: Action, aim: Aim) -> float:
    """How near an action that does not suffice comes to the targets: minus the worst of missed ÷ allowed."""
    worst = 0.0
    for name in ("service_level", "abandonment", "asa"):
        limit, found = getattr(aim, name), action.figures[name].mean
        if limit is not None and found is not None:
            allowed, got = (1 - limit, 1 - found) if name == "service_level" else (limit, found)
            worst = max(worst, got / allowed if allowed > 0 else math.inf if got > 0 else 0.0)
    return -round(worst, 3)


def _least(most: int, tried: Callable[[int], Action]) -> Action | None:
    """The smallest number that suffices, or the most where none does; None where there is none to try."""
    if most < 1:
        return None
    best = tried(most)
    if not best.sufficient:
        return best
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        found = tried(middle)
        if found.sufficient:
            best, high = found, middle
        else:
            low = middle
    return best


def _shorter(found: Action, most: int, ends: list[float], tried: Callable[[int, float], Action]) -> Action:
    """The cheapest overtime that suffices: as few agents, or some more, for as short as will do."""
    if not found.sufficient:
        return found
    best = found
    fewest = next(iter(found.agents.values()))
    for n in sorted({fewest, min(fewest + 1, most), min(2 * fewest, most)}):
        low, high = -1, len(ends) - 1  # the last end suffices: more agents are never worse on the same calls
        while high - low > 1:
            middle = (low + high) // 2
            shorter = tried(n, ends[middle])
            if shorter.sufficient:
                high = middle
                if shorter.cost < best.cost:
                    best = shorter
            else:
                low = middle
    return best


def _more(rest: RunModel, aim: Aim, means: Means, trial: _Trial, base: Result, made, now: float, close: float) -> list[Action]:
    out: list[Action] = []
    start, until = _short(rest, aim, base, now, close)
    helpful = _groups(rest, aim, base)
    names = [g.name for g in rest.groups]
    offered = _call_backs(rest) if means.call_backs else None
    if offered is not None:
        out.append(made("call_backs", trial.against(offered), {}, now, close))
    over = min(now + means.break_left, close)

    def recalled(model: RunModel, agents: Mapping[str, int]) -> RunModel:
        for name, n in agents.items():
            model = with_more(model, names.index(name), n, [(now, over)])
        return model

    every = {g: int(means.on_break.get(g, 0)) for g in names if means.on_break.get(g, 0) > 0}
    for name, n in every.items():
        found = _least(n, lambda k, name=name: made("recall", trial.against(recalled(rest, {name: k})), {name: k}, now, over))
        out += [found] if found else []

    def overtime(g: int, n: int, end: float = until) -> Action:
        return made("overtime", trial.against(with_more(rest, g, n, [(start, end)])), {names[g]: n}, start, end)

    for g in helpful:
        group = rest.groups[g]
        most = means.most_overtime.get(group.name, max(2, math.ceil(float(group.present.max()) / 2)))
        found = _least(most, lambda n, g=g: overtime(g, n))
        if found is not None:
            ends = [i.end for i in base.intervals if i.end is not None and start < i.end <= until]
            out.append(_shorter(found, most, ends, lambda n, end, g=g: overtime(g, n, end)))
    idle = _nearness(made("none", trial.against(rest)), aim)
    parts = [a for a in out if _nearness(a, aim) > idle]
    if len(parts) > 1 and not any(a.sufficient for a in out):
        model = offered if any(a.kind == "call_backs" for a in parts) else rest
        for part in parts:
            for name, n in part.agents.items():
                model = with_more(model, names.index(name), n, [(part.start, part.until)])
        whole = made("together", trial.against(model), {}, now, max(part.until for part in parts))
        out.append(replace(whole, parts=tuple(parts), cost=sum(a.cost for a in parts), hours=sum(a.hours for a in parts)))
    return out


def _let_go(rest: RunModel, trial: _Trial, made, now: float, close: float) -> list[Action]:
    """The most agents of each group who may go home now."""
    out = []
    for g, group in enumerate(rest.groups):
        def gone(n: int, g: int = g, name: str = group.name) -> Action:
            return made("let_go", trial.against(with_more(rest, g, -n, [(now, close)])), {name: n}, now, close)

        # Nobody's queue is left without anybody.
        low, high, best = 0, int(group.present[group.times < close].min(initial=math.inf)), None
        step = 1
        while high - low > 1:
            n = min(low + step, high - 1)
            found = gone(n)
            if found.sufficient:
                low, best, step = n, found, step * 2
            else:
                high, step = n, max((n - low) // 2, 1)
        if best is not None:
            out.append(best)
    return out


def _short(rest: RunModel, aim: Aim, base: Result, now: float, close: float) -> tuple[float, float]:
    """From when until when the line is short: the first to the last interval that misses; all that is left where none does by itself."""
    missed = [i for i in base.intervals if i.open and not aim.kept(base, i.index)]
    if not missed:
        return now, close
    return missed[0].start, min(close, missed[-1].end if missed[-1].end is not None else close)


def _groups(rest: RunModel, aim: Aim, base: Result) -> list[int]:
    """Groups that serve types which miss what is aimed at, the one with most missed calls first; three at most."""
    missed = np.zeros(len(rest.groups))
    for t in rest.types:
        offered, within = base.count("offered", type=t.name).mean, base.count("within", type=t.name).mean
        for g, _ in t.groups:
            missed[g] += max(offered - within, 0.0)
    order = np.argsort(-missed, kind="stable")
    return [int(g) for g in order[:3] if missed[g] > 0.05 * missed.max(initial=0.0) and missed[g] > 0]


def _call_backs(rest: RunModel) -> RunModel | None:
    """The line with call-backs offered from now on; None where it offers them to everybody already."""
    # Callers with an agent now are in the model too, with no patience to lose: nothing is offered to them.
    missing = {t.name for t in rest.types if t.call_back is None and t.patience is not None}
    if not missing:
        return None
    usual = next((t.call_back for t in rest.types if t.call_back), CALL_BACK)
    return replace(rest, types=tuple(replace(t, call_back=usual) if t.name in missing else t for t in rest.types))


def _intervals(base: Result) -> list[dict]:
    out = []
    for i in base.intervals:
        if i.open:
            get = lambda metric, i=i: base.get(metric, interval=i.index).mean  # noqa: E731
            out.append({"start_s": i.start, "from": clock_text(round(i.start / 60) * 60.0), "offered": get("offered"), "service_level": get("service_level"),
                        "abandonment": get("abandonment"), "asa": get("asa"), "agents": get("staffed_agents")})  # fmt: skip
    return out
