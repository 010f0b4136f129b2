"""The rest of a day as a model of its own: the line as it stands now, the reforecast calls, the agents planned after.

    model = rest_of_day(week, "tue", Now(at=12 * 3600, agents={"billing": 5}, waiting=[Waiting("billing", 40.0)]), {"billing": 1.2}, shape=60.0)
    simulation.what_if.what_if(model, …)

Times of the model are seconds after the day's midnight. Callers who wait now come into it with the wait that they have
behind them and the patience that is left to them, callers with an agent with the talk that is left to theirs; the latter
count in no figure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from simulation.problem import ModelError, Problem
from simulation.quantity import DAY, clock_text
from simulation.replicate import run
from simulation.run_model import Arrivals, Grid, RunGroup, RunModel, RunPromise, RunType

POOL = 4096
ENOUGH_CALLS = 6000
"""To learn from how many requests redials make: the share is known to a percent, and a large line's day takes no longer."""
LEAST_LEFT = 1.0
"""Seconds that a talk longer than any known one still takes."""
COUNTED_FROM = 0.5
"""Callers with an agent are put into the model before this moment of the day, all others after it."""


@dataclass(frozen=True)
class Waiting:
    """A caller who waits now, and how long already."""

    type: str
    waited: float


@dataclass(frozen=True)
class Busy:
    """An agent who is with a caller, or wrapping up, and for how long already; `type` "" where it is not known."""

    group: str
    since: float
    type: str = ""


@dataclass(frozen=True)
class Now:
    """The line at a moment of the day."""

    at: float
    """Seconds after midnight."""
    agents: Mapping[str, int] = field(default_factory=dict)
    """On duty by group: free, ringing, with a caller, in wrap-up. Groups that are not named have those planned."""
    waiting: Sequence[Waiting] = ()
    busy: Sequence[Busy] = ()


class _Left:
    """What is left of a time of which some has passed: drawn among the values that are longer."""

    def __init__(self, of, passed: np.ndarray, *, from_now: bool):
        self.of, self.passed, self.from_now = of, passed, from_now

    def sample(self, generator: np.random.Generator, n: int) -> np.ndarray:
        known = np.sort(self.of(generator, POOL))
        if n != len(self.passed):
            return generator.choice(known, n)  # who redials is as patient as anybody
        first = np.searchsorted(known, self.passed, side="right")
        place = first + np.floor(generator.random(n) * (POOL - first)).astype(int)
        whole = np.where(first < POOL, known[np.minimum(place, POOL - 1)], self.passed + LEAST_LEFT)
        return whole - self.passed if self.from_now else whole


def days_of(model: RunModel) -> list[str]:
    """The weekdays that the model has; [""] for an unbroken run."""
    return list(model.grid.day_names)


def expected(model: RunModel, weekday: str) -> tuple[np.ndarray, float, dict[str, np.ndarray]]:
    """(starts of the day's intervals, their length, calls by type that ask for an agent in each). Seconds after midnight.

    Redials are not in it: `offers_per_call` says how many requests a first one becomes. ModelError where there is no such day.
    """
    midnight, (opening, close) = _day(model, weekday)
    edges = _edges(model, opening, close)
    out = {}
    for t in model.types:
        share = 1.0 if t.ivr is None else 1.0 - t.ivr.contained - t.ivr.hang_up
        a = t.arrivals
        if a.cumulative is not None:
            out[t.name] = share * np.diff(np.interp(edges, a.at, a.cumulative))
        elif a.gaps is not None:
            out[t.name] = share * np.diff(edges) / a.gaps.mean_seconds
        else:
            out[t.name] = share * np.histogram(a.at[(a.at >= opening) & (a.at < close)], edges)[0].astype(float)
    return edges[:-1] - midnight, float(edges[1] - edges[0]), out


def on_phone(model: RunModel, weekday: str, at: float) -> dict[str, int]:
    """Agents of each group who are planned on the phone at a moment, seconds after midnight; less shrinkage, to the nearest."""
    midnight, _ = _day(model, weekday)
    out = {}
    for g in model.groups:
        place = int(np.searchsorted(g.times, midnight + at, side="right")) - 1
        out[g.name] = int(np.rint(g.present[place] * (1 - g.shrinkage))) if place >= 0 else 0
    return out


def rest_of_day(
    model: RunModel, weekday: str, now: Now, factors: Mapping[str, float], shape: float | None, *, within: float | None = None
) -> RunModel:
    """The model from now to closing. factors: by type, on the calls still to come; shape: of the gamma factor that is left unknown.

    ModelError where the day has no hours, is over, or a group or type is named that the model does not have.
    """
    midnight, (opening, close) = _day(model, weekday)
    begin = max(now.at, opening - midnight)
    close -= midnight
    if begin >= close - 1.0:
        raise ModelError([Problem("now", clock_text(now.at), f"is after closing at {clock_text(close)}: nothing of the day is left")])
    names, groups = [t.name for t in model.types], [g.name for g in model.groups]
    for what, given, known in (("call type", [w.type for w in now.waiting] + [b.type for b in now.busy if b.type], names),
                               ("group", [*now.agents, *(b.group for b in now.busy)], groups)):  # fmt: skip
        for name in given:
            if name not in known:
                raise ModelError([Problem("now", repr(name), f"is no {what} of the model; there are {', '.join(known)}")])
    at_least = {g: sum(b.group == g for b in now.busy) for g in groups}
    grid, of_old = _grid(model, weekday, midnight, begin, close)
    types = [_type(t, midnight, begin, close, factors.get(t.name, 1.0), of_old) for t in model.types]
    staffed = [_group(g, midnight, begin, close, grid, now.agents.get(g.name), at_least[g.name]) for g in model.groups]
    promises = list(model.promises) or [RunPromise()] * len(types)
    types, staffed, promises = _with_waiting(types, staffed, promises, now, begin)
    types, staffed, promises = _with_busy(types, staffed, promises, now, model)
    return replace(
        model, grid=grid, types=tuple(types), groups=tuple(staffed), promises=tuple(promises), busyness_shape=shape, warm_up=COUNTED_FROM,
        answer_within=model.answer_within if within is None else within, batches=None,
    )  # fmt: skip


def offers_per_call(model: RunModel, weekday: str) -> float:
    """Requests for an agent that come of a first one, redials included: by simulation of the planned day."""
    if not any(t.redial for t in model.types):
        return 1.0
    day = rest_of_day(model, weekday, Now(0.0), {}, model.busyness_shape)
    calls = sum(map(_calls, day.types))
    result = run(replace(day, replications=int(np.clip(ENOUGH_CALLS / max(calls, 1.0), 1, 20)), precision=None))
    first = result.count("offered").mean - result.count("transfers").mean - result.count("redials").mean
    return 1.0 + result.count("redials").mean / first if first > 0 else 1.0


def _day(model: RunModel, weekday: str) -> tuple[float, tuple[float, float]]:
    """(midnight, (opening, closing)) of the first day of that name, seconds of the model."""
    names = model.grid.day_names
    if weekday not in names:
        have = ", ".join(name for name in names if name) or "one unbroken run and no days"
        raise ModelError([Problem("day", weekday, f"is no day of the model, which has {have}")])
    number = names.index(weekday)
    midnight = number * DAY
    for opening, close in model.grid.spans:
        if opening < midnight + DAY and close > midnight:
            return midnight, (max(opening, midnight), min(close, midnight + DAY))
    raise ModelError([Problem("day", weekday, "has no opening hours in the model")])


def _edges(model: RunModel, opening: float, close: float) -> np.ndarray:
    edges = model.grid.edges[np.isfinite(model.grid.edges)]
    inside = edges[(edges > opening + 1e-6) & (edges < close - 1e-6)]
    return np.concatenate([[opening], inside, [close]])


def _grid(model: RunModel, weekday: str, midnight: float, begin: float, close: float) -> tuple[Grid, np.ndarray]:
    """(the grid of the rest, for each of its intervals the one of the model)."""
    edges = _edges(model, midnight + begin, midnight + close) - midnight
    labels = [f"{weekday} {clock_text(e)}" for e in edges[:-1]]
    opened = [True] * len(labels)
    if model.after_close != "stop":
        edges, labels, opened = np.append(edges, math.inf), [*labels, f"{weekday} after close"], [*opened, False]
    old = np.clip(model.grid.bins(edges[:-1] + midnight), 0, len(model.grid.labels) - 1)
    return Grid(edges, tuple(labels), np.asarray(opened), ((begin, close),), (weekday,)), old


def _type(t: RunType, midnight: float, begin: float, close: float, factor: float, of_old: np.ndarray) -> RunType:
    a = t.arrivals
    if a.cumulative is not None:
        at = a.at - midnight
        inside = np.unique(np.concatenate([[begin], at[(at > begin) & (at < close)], [close]]))
        steps = np.diff(np.interp(inside, at, a.cumulative)) * factor
        arrivals = Arrivals(inside, np.concatenate([[0.0], np.cumsum(steps)]), np.zeros(len(inside), int))
    elif a.gaps is not None:
        arrivals = a
    else:
        at = a.at - midnight
        arrivals = Arrivals(at[(at >= begin) & (at < close)])
    pick = lambda values: None if values is None else values[of_old]  # noqa: E731
    return replace(t, arrivals=arrivals, talk_factor=pick(t.talk_factor), patience_factor=pick(t.patience_factor))


def _group(g: RunGroup, midnight: float, begin: float, close: float, grid: Grid, agents: int | None, at_least: int) -> RunGroup:
    """Whole agents on the phone, as planned less shrinkage; those who are there now until the interval is over. Nobody after closing."""
    times = g.times - midnight
    turn = min(float(grid.edges[1]), close)
    knots = np.unique(np.concatenate([[begin, turn, close], times[(times > begin) & (times < close)]]))
    place = np.searchsorted(times, knots, side="right") - 1
    level = lambda values: np.where((place >= 0) & (knots < close), values[np.maximum(place, 0)], 0.0)  # noqa: E731
    present, paid = np.rint(level(g.present) * (1 - g.shrinkage)), level(g.paid)
    here = np.where(knots < turn, present if agents is None else agents, present)
    here = np.where(knots < turn, np.maximum(here, at_least), here)
    paid = np.maximum(paid, np.where(knots < turn, here, 0.0))
    return replace(g, times=knots, present=here, paid=paid, shrinkage=0.0)


def _with_waiting(types: list[RunType], groups: list[RunGroup], promises: list[RunPromise], now: Now, begin: float):
    """A type beside each that somebody waits for: those callers, since when they came."""
    for k, t in enumerate(list(types)):
        waited = np.sort([w.waited for w in now.waiting if w.type == t.name])[::-1]
        if not len(waited):
            continue
        waited = np.minimum(waited, begin - 2 * COUNTED_FROM) if begin > 2 * COUNTED_FROM else waited * 0
        patience = None if t.patience is None else _Left(t.patience.sample, waited, from_now=False)
        longest = float(waited.max())
        types.append(replace(
            t, name=f"{t.name} · waiting", arrivals=Arrivals(begin - waited), patience=patience, patience_factor=None, patience_behind=(), ivr=None,
            message_after=t.message_after if t.message_after > longest else math.inf,
        ))  # fmt: skip
        promises.append(promises[k])
        new = len(types) - 1
        for g, group in enumerate(groups):
            order = [x for one in group.types for x in ((new, one) if one == k else (one,))]
            groups[g] = replace(group, types=tuple(order), handling=np.append(group.handling, group.handling[k]))
    return types, groups, promises


def _with_busy(types: list[RunType], groups: list[RunGroup], promises: list[RunPromise], now: Now, model: RunModel):
    """A type for each group whose agents are busy: before everybody else, for what is left."""
    names = [t.name for t in model.types]
    first = max(t.priority for t in types) + 1
    for g, group in enumerate(list(groups)):
        busy = [b for b in now.busy if b.group == group.name]
        if not busy:
            continue
        for kind in sorted({b.type for b in busy}):
            since = np.array([b.since for b in busy if b.type == kind])
            own = [k for k in model.groups[g].types]
            k = names.index(kind) if kind else max(own, key=lambda k: _calls(model.types[k]), default=0)
            t, factor = model.types[k], float(model.groups[g].handling[k])

            def handling(generator: np.random.Generator, n: int, t: RunType = t, factor: float = factor) -> np.ndarray:
                wrap = 0.0 if t.wrap_up is None else t.wrap_up.sample(generator, n)
                return (t.talk.sample(generator, n) + wrap) * factor

            types.append(replace(
                t, name=f"{group.name} · {kind or 'with callers'}", arrivals=Arrivals(np.zeros(len(since))), talk=_Left(handling, since, from_now=True), wrap_up=None,
                patience=None, talk_factor=None, patience_factor=None, patience_behind=(), message_after=math.inf, groups=((g, 0.0),), priority=first, head_start=0.0,
                places=None, ivr=None, redial=None, call_back=None, transfers=(),
            ))  # fmt: skip
            promises.append(RunPromise())
            new = len(types) - 1
            for other, one in enumerate(groups):
                groups[other] = replace(one, types=(new, *one.types) if other == g else one.types, handling=np.append(one.handling, 1.0))
    return types, groups, promises


def _calls(t: RunType) -> float:
    a = t.arrivals
    return float(a.cumulative[-1]) if a.cumulative is not None else float(len(a.at)) or 1.0
