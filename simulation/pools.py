"""Which call types and groups of a model hang together, and which of these pools have an exact judge."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from simulation.distribution import Distribution, Exponential
from simulation.moving_line import MovingLine
from simulation.run_model import RunGroup, RunModel, RunType
from simulation.steady_state import HOUR

MOST_STEPS = 30
"""Steps of an interval in which the rate moves; the error falls with the square."""


@dataclass(frozen=True)
class Pool:
    """Types and groups that share calls or agents: what one gets, another goes without. Indices into the model."""

    types: tuple[int, ...]
    groups: tuple[int, ...]


def pools(model: RunModel) -> list[Pool]:
    """The pools of a model, in the order of its types. Limits of the whole line make it one pool."""
    n, m = len(model.types), len(model.groups)
    root = list(range(n + m))

    def find(i: int) -> int:
        while root[i] != i:
            i = root[i]
        return i

    for k, t in enumerate(model.types):
        for g, _ in t.groups:
            root[find(n + g)] = find(k)
        for to, _ in t.transfers:
            root[find(to)] = find(k)
    if model.trunks is not None or model.places is not None:
        for i in range(n + m):
            root[find(i)] = find(0)
    found: dict[int, tuple[list[int], list[int]]] = {}
    for i in range(n + m):
        types, groups = found.setdefault(find(i), ([], []))
        (types if i < n else groups).append(i if i < n else i - n)
    return [Pool(tuple(types), tuple(groups)) for types, groups in found.values()]


def part(model: RunModel, pool: Pool) -> RunModel:
    """The model of a pool by itself."""
    new_type = {k: i for i, k in enumerate(pool.types)}
    new_group = {g: i for i, g in enumerate(pool.groups)}

    def kept_type(t: RunType) -> RunType:
        return replace(t, groups=tuple((new_group[g], after) for g, after in t.groups), transfers=tuple((new_type[k], p) for k, p in t.transfers))

    def kept_group(g: RunGroup) -> RunGroup:
        return replace(g, types=tuple(new_type[k] for k in g.types), handling=g.handling[list(pool.types)])

    return replace(
        model, types=tuple(kept_type(model.types[k]) for k in pool.types), groups=tuple(kept_group(model.groups[g]) for g in pool.groups),
        promises=tuple(model.promises[k] for k in pool.types),
    )  # fmt: skip


def why_not_exact(model: RunModel) -> str:
    """Why a pool (a model by itself) has no exact judge; "" where it has one."""
    if len(model.groups) > 1:
        return "several groups share calls"
    if model.trunks is not None or model.places is not None:
        return "lines or waiting places are limited"
    if model.busyness_shape is not None:
        return "days differ in busyness"
    if len({(t.priority, t.head_start, t.groups) for t in model.types}) > 1 or model.listed_calls and len(model.types) > 1:
        return "types go before one another"
    handling, patience = set(), set()
    for k, t in enumerate(model.types):
        if t.arrivals.cumulative is None:
            return f"calls of {t.name} are no Poisson process"
        for words, there in (
            ("a menu", t.ivr), ("redials", t.redial), ("call-backs", t.call_back), ("transfers", t.transfers), ("waiting places", t.places is not None),
            ("a wrap-up of its own", t.wrap_up), ("talk by interval", t.talk_factor is not None), ("patience by interval", t.patience_factor is not None),
            ("patience by callers waiting", bool(t.patience_behind)),
            ("a message after a while", t.message_after < math.inf), ("a group asked later", any(after for _, after in t.groups)),
        ):  # fmt: skip
            if there:
                return f"{t.name} has {words}"
        if not _exponential(t.talk) or t.talk.at_zero:
            return f"handling time of {t.name} is not exponential"
        if t.patience is not None and not _exponential(t.patience):
            return f"patience of {t.name} is not exponential"
        handling.add(t.talk.mean * float(model.groups[0].handling[k]))
        patience.add(None if t.patience is None else (t.patience.mean, t.patience.at_zero))
    if len(handling) > 1:
        return "handling times differ by type"
    return "patience differs by type" if len(patience) > 1 else ""


def _exponential(d: Distribution) -> bool:
    return isinstance(d, Exponential)


def handling_seconds(model: RunModel, k: int, g: int | None = None) -> float:
    """Mean handling time of type k, with group g (the mean of its groups when None), seconds."""
    t = model.types[k]
    own = t.talk.mean_seconds + (t.wrap_up.mean_seconds if t.wrap_up is not None else 0.0)
    groups = [i for i, _ in t.groups] if g is None else [g]
    return own * float(np.mean([model.groups[i].handling[k] for i in groups]))


def lines(model: RunModel, *, cyclic: bool = False) -> list[tuple[range, MovingLine]]:
    """For each unbroken stretch of opening: its intervals in the grid, and the pool as a line whose calls move.

    Exact where `why_not_exact` is ""; else the approximation that a search may start from (means for distributions,
    everyone as patient as the most common type, menus and redials left out).
    """
    most = max(range(len(model.types)), key=lambda k: expected_calls(model, k).sum())
    t = model.types[most]
    patience, at_once = math.inf, 0.0
    if t.patience is not None:
        at_once = t.patience.at_zero
        patience = max(t.patience.mean_seconds / (1 - at_once), 1e-3) if at_once < 1 else 1e-3
    out = []
    for opening, close in model.grid.spans:
        inside = [i for i in range(len(model.grid.labels)) if model.grid.opened[i] and opening <= model.grid.edges[i] < close]
        span = range(inside[0], inside[-1] + 1)
        edges = np.append(model.grid.edges[span.start:span.stop], close)
        calls, weighted = 0.0, 0.0
        for k in range(len(model.types)):
            one = _stepped(model, k, edges)
            calls, weighted = calls + one, weighted + one * handling_seconds(model, k)
        total = np.sum(calls)
        # Rates of the load: types with longer handling count as more calls of the mean length.
        aht = float(np.sum(weighted) / total) if total else handling_seconds(model, most)
        length = float(edges[1] - edges[0])
        rates = weighted / aht / (length / weighted.shape[1]) * HOUR
        if np.ptp(rates, axis=1).max(initial=0.0) <= 1e-9 * max(rates.max(initial=0.0), 1e-9):
            rates = rates.mean(1, keepdims=True)
        out.append((span, MovingLine(rates, length, aht, patience, at_once, cyclic, model.groups[0].returns, model.answer_within)))
    return out


def expected_calls(model: RunModel, k: int) -> np.ndarray:
    """Expected first calls of type k that reach the queue, in each interval of the grid."""
    t = model.types[k]
    edges = np.minimum(model.grid.edges, model.grid.close)
    a = t.arrivals
    if a.cumulative is not None:
        found = np.diff(np.interp(edges, a.at, a.cumulative))
    elif a.gaps is not None:
        found = np.where(model.grid.opened, np.diff(edges) / a.gaps.mean_seconds, 0.0)
    else:
        found = np.histogram(a.at, np.append(edges[:-1], np.inf))[0].astype(float)
    return found * (1 - t.ivr.contained - t.ivr.hang_up if t.ivr else 1.0)


def _stepped(model: RunModel, k: int, edges: Sequence[float]) -> np.ndarray:
    """Expected calls of type k in each step of the intervals, shape (intervals, steps)."""
    t = model.types[k]
    steps = min(MOST_STEPS, max(1, math.ceil((edges[1] - edges[0]) / 60)))
    moments = np.concatenate([np.linspace(a, b, steps + 1)[:-1] for a, b in zip(edges[:-1], edges[1:])] + [[edges[-1]]])
    if t.arrivals.cumulative is not None:
        passing = 1 - t.ivr.contained - t.ivr.hang_up if t.ivr else 1.0
        return np.diff(np.interp(moments, t.arrivals.at, t.arrivals.cumulative)).reshape(-1, steps) * passing
    whole = expected_calls(model, k)
    first = int(np.searchsorted(model.grid.edges, edges[0]))
    return np.repeat(whole[first:first + len(edges) - 1, None] / steps, steps, axis=1)
