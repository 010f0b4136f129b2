"""Scenarios: a model with one thing changed, each with the words that name it.

`scenario(model, "volume", "+10%")` and so on for every kind in `KINDS`, written as on the command line:

| kind | written | what changes |
|---|---|---|
| `volume` | `+10%`, `x2`, `billing:x2` | expected calls, of all or of some types |
| `surge` | `network:10:00-11:00:x3` | expected calls of some types in a part of each day (an outage) |
| `aht` | `-15s`, `billing:-15s` | mean talk by so many seconds (agent assist, a new form) |
| `containment` | `+5%`, `billing:=30%` | share that the menu settles |
| `call-backs` | `on`, `off` | the offer of a call-back |
| `agents` | `billing:+1`, `billing:10:00-12:00:+2` | agents of a group, all day or in a part of it |
| `train` | `network:wrong_charge` | a group learns to take calls of a type |

A name is a call type, or a group (the types that it serves); several are joined by commas. ModelError says what does
not fit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from simulation.problem import ModelError, Problem
from simulation.quantity import DAY, clock, clock_text, seconds
from simulation.run_model import RunCallBack, RunModel, RunType
from simulation.table import unknown

CALL_BACK = RunCallBack(after=60.0, accept=0.3, reached=0.8, ring=25.0, tries=2, retry_after=900.0)
"""Offered where "call-backs on" meets a model that describes none."""
_SPAN = r"(?P<start>\d{1,2}:\d{2})-(?P<end>\d{1,2}:\d{2})"
_FACTOR = re.compile(r"(?:(?P<sign>[+-])(?P<percent>\d*\.?\d+)\s*%|[x×*](?P<times>\d*\.?\d+))")


@dataclass(frozen=True)
class Scenario:
    """A changed model and what it is called."""

    name: str
    model: RunModel


def scenario(model: RunModel, kind: str, text: str) -> Scenario:
    """The scenario of a kind and its text. ModelError."""
    if kind not in KINDS:
        raise ModelError([Problem("scenario", repr(kind), str(unknown("kind of scenario", kind, KINDS)))])
    change = KINDS[kind]
    return Scenario(f"{kind} {text}", change(model, text.strip()))


def together(model: RunModel, parts: list[tuple[str, str]]) -> Scenario:
    """All changes in one scenario."""
    for kind, text in parts:
        model = scenario(model, kind, text).model
    return Scenario(" + ".join(f"{kind} {text}" for kind, text in parts), model)


def _wrong(kind: str, text: str, remedy: str) -> ModelError:
    return ModelError([Problem(kind, repr(text), remedy)])


def _types(model: RunModel, kind: str, names: str | None) -> list[int]:
    """Indices of the types that are named; all when none is."""
    if names is None or names.strip() in ("", "all"):
        return list(range(len(model.types)))
    types, groups = [t.name for t in model.types], {g.name: g.types for g in model.groups}
    out: list[int] = []
    for name in (part.strip() for part in names.split(",")):
        if name in types:
            out.append(types.index(name))
        elif name in groups:
            out += groups[name]
        else:
            raise _wrong(kind, name, str(unknown("call type or group", name, [*types, *groups])))
    return sorted(set(out))


def _group(model: RunModel, kind: str, name: str) -> int:
    groups = [g.name for g in model.groups]
    if name not in groups:
        raise _wrong(kind, name, str(unknown("group", name, groups)))
    return groups.index(name)


def _factor(kind: str, text: str, whole: str) -> float:
    found = _FACTOR.fullmatch(text.strip())
    if found is None:
        raise _wrong(kind, whole, 'write the change as "+10%", "-5%" or "x2"')
    if found["times"] is not None:
        return float(found["times"])
    factor = 1 + float(found["percent"]) / 100 * (1 if found["sign"] == "+" else -1)
    if factor < 0:
        raise _wrong(kind, whole, "takes away more than there is; at most -100%")
    return factor


def _changed(model: RunModel, which: list[int], change: Callable[[RunType], RunType]) -> RunModel:
    return replace(model, types=tuple(change(t) if k in which else t for k, t in enumerate(model.types)))


def _volume(model: RunModel, text: str) -> RunModel:
    names, _, change = text.rpartition(":")
    factor = _factor("volume", change, text)

    def more(t: RunType) -> RunType:
        return replace(t, arrivals=replace(t.arrivals, cumulative=_poisson(t, "volume", text) * factor))

    return _changed(model, _types(model, "volume", names or None), more)


def _poisson(t: RunType, kind: str, text: str) -> np.ndarray:
    if t.arrivals.cumulative is None:
        raise _wrong(kind, text, f"{t.name} has given moments or gaps of arrival; only calls and rate can be multiplied")
    return t.arrivals.cumulative


def _surge(model: RunModel, text: str) -> RunModel:
    found = re.fullmatch(rf"(?:(?P<names>[^:]*):)?{_SPAN}:(?P<factor>\S+)", text)
    if found is None:
        raise _wrong("surge", text, 'write types, from-to and factor, such as "network:10:00-11:00:x3"')
    factor = _factor("surge", found["factor"], text)
    spans = _spans(model, "surge", text, found["start"], found["end"])

    def burst(t: RunType) -> RunType:
        a, cumulative = t.arrivals, _poisson(t, "surge", text)
        at = np.unique(np.concatenate([a.at, *([x, y] for x, y in spans)]))
        at = at[(at >= a.at[0]) & (at <= a.at[-1])]
        steps = np.diff(np.interp(at, a.at, cumulative))
        middle = (at[1:] + at[:-1]) / 2
        for x, y in spans:
            steps = np.where((middle >= x) & (middle < y), steps * factor, steps)
        day = None if a.day is None else a.day[np.clip(np.searchsorted(a.at, at, side="right") - 1, 0, len(a.at) - 1)]
        return replace(t, arrivals=replace(a, at=at, cumulative=np.concatenate([[0.0], np.cumsum(steps)]), day=day))

    return _changed(model, _types(model, "surge", found["names"]), burst)


def _spans(model: RunModel, kind: str, text: str, start: str, end: str) -> list[tuple[float, float]]:
    """The part of each day, seconds of the run."""
    try:
        a, b = clock(start), clock(end)
    except ValueError as error:
        raise _wrong(kind, text, str(error)) from None
    if not a < b:
        raise _wrong(kind, text, "ends before it begins; swap the times")
    spans = []
    for number, name in enumerate(model.grid.day_names):
        midnight = number * DAY if name else 0.0
        opening, close = model.grid.spans[0] if not name else (midnight, midnight + DAY)
        spans.append((max(midnight + a, opening), min(midnight + b, close)))
    inside = [(x, y) for x, y in spans if any(x < close and y > opening for opening, close in model.grid.spans)]
    if not inside:
        raise _wrong(kind, text, f"lies outside the opening hours ({clock_text(model.grid.spans[0][0])} – {clock_text(model.grid.spans[0][1])})")
    return inside


def _aht(model: RunModel, text: str) -> RunModel:
    names, _, change = text.rpartition(":")
    found = re.fullmatch(r"([+-])\s*(.+)", change.strip())
    try:
        shift = seconds(found[2]) * (1 if found[1] == "+" else -1) if found else math.nan
    except ValueError:
        shift = math.nan
    if math.isnan(shift):
        raise _wrong("aht", text, 'write the change with sign and unit, such as "-15s" or "billing:+20s"')

    def talk(t: RunType) -> RunType:
        mean = t.talk.mean_seconds
        if mean + shift <= 0:
            raise _wrong("aht", text, f"takes more than the mean talk of {t.name}, {mean:g} s")
        # Every call shrinks in proportion: long calls hold more that can be saved, and draws stay the same.
        factor = np.full(len(model.grid.labels), 1.0) if t.talk_factor is None else t.talk_factor
        return replace(t, talk_factor=factor * ((mean + shift) / mean))

    return _changed(model, _types(model, "aht", names or None), talk)


def _containment(model: RunModel, text: str) -> RunModel:
    names, _, change = text.rpartition(":")
    found = re.fullmatch(r"([+=-])\s*(\d*\.?\d+)\s*%", change.strip())
    if found is None:
        raise _wrong("containment", text, 'write "+5%" (points more), or "=30%"')
    share = float(found[2]) / 100

    def settle(t: RunType) -> RunType:
        if t.ivr is None:
            raise _wrong("containment", text, f"{t.name} has no menu in the model; add ivr to it, or name the types that have one")
        now = share if found[1] == "=" else t.ivr.contained + (share if found[1] == "+" else -share)
        if not 0 <= now <= 1 - t.ivr.hang_up + 1e-12:
            raise _wrong("containment", text, f"makes {100 * now:g} % of {t.name}, where {100 * (1 - t.ivr.hang_up):g} % do not hang up")
        return replace(t, ivr=replace(t.ivr, contained=now))

    return _changed(model, _types(model, "containment", names or None), settle)


def _call_backs(model: RunModel, text: str) -> RunModel:
    if text not in ("on", "off"):
        raise _wrong("call-backs", text, 'write "on" or "off"')
    if text == "off":
        if not any(t.call_back for t in model.types):
            raise _wrong("call-backs", text, "the model has none")
        return _changed(model, _types(model, "call-backs", None), lambda t: replace(t, call_back=None))
    if all(t.call_back for t in model.types):
        raise _wrong("call-backs", text, "every type has them already")
    usual = next((t.call_back for t in model.types if t.call_back), CALL_BACK)
    return _changed(model, _types(model, "call-backs", None), lambda t: replace(t, call_back=t.call_back or usual))


def _agents(model: RunModel, text: str) -> RunModel:
    found = re.fullmatch(rf"(?P<group>[^:]+):(?:{_SPAN}:)?(?P<more>[+-]\d+)", text)
    if found is None:
        raise _wrong("agents", text, 'write group and change, such as "billing:+1" or "billing:10:00-12:00:+2"')
    g, more = _group(model, "agents", found["group"].strip()), int(found["more"])
    if found["start"] is None:
        return model.with_agents(model.groups[g].name, more)
    return with_more(model, g, more, _spans(model, "agents", text, found["start"], found["end"]))


def with_more(model: RunModel, g: int, more: int, spans: list[tuple[float, float]]) -> RunModel:
    """The model with `more` (or fewer) paid agents in group g during parts of the run, seconds."""
    group = model.groups[g]
    times = np.unique(np.concatenate([group.times, *([x, y] for x, y in spans)]))
    place = np.searchsorted(group.times, times, side="right") - 1

    def levels(old: np.ndarray) -> np.ndarray:
        new = np.where(place >= 0, old[np.maximum(place, 0)], 0.0)
        for x, y in spans:
            new = np.where((times >= x) & (times < y), np.maximum(new + more, 0), new)
        return new

    changed = replace(group, times=times, present=levels(group.present), paid=levels(group.paid))
    return replace(model, groups=tuple(changed if i == g else other for i, other in enumerate(model.groups)))


def _train(model: RunModel, text: str) -> RunModel:
    name, mark, types = text.partition(":")
    if not mark:
        raise _wrong("train", text, 'write group and type, such as "network:wrong_charge"')
    g = _group(model, "train", name.strip())
    learnt = [k for k in _types(model, "train", types) if k not in model.groups[g].types]
    if not learnt:
        raise _wrong("train", text, f"{name} takes these calls already")
    groups = tuple(replace(x, types=(*x.types, *learnt)) if i == g else x for i, x in enumerate(model.groups))
    return replace(_changed(model, learnt, lambda t: replace(t, groups=(*t.groups, (g, 0.0)))), groups=groups)


KINDS: dict[str, Callable[[RunModel, str], RunModel]] = {
    "volume": _volume, "surge": _surge, "aht": _aht, "containment": _containment, "call-backs": _call_backs, "agents": _agents, "train": _train,
}
