"""The calibrated model as a model file (TOML, see MODEL.md): an average week of the history, ready to run and to edit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tomli_w

from simulation import on_duty
from simulation.calibration import Calibration, Kind, kind_name, kinds_of
from simulation.history import History
from simulation.load import from_dict
from simulation.quantity import DAY, WEEKDAYS, clock_text
from simulation.validation import kind_parts

OPEN_SHARE = 0.03
"""An interval belongs to the opening hours when it has at least this share of the calls of the weekday's busiest."""


@dataclass(frozen=True)
class Coming:
    """A week to come instead of the average one: calls of each type and weekday, intervals of the whole day."""

    calls: Mapping[str, Mapping[str, np.ndarray]]
    busyness_cv: float
    """Of a day's calls around them."""


def week(
    calibration: Calibration, history: History, *, name: str = "Calibrated line", interval: float = 1800.0, answer_within: float = 20.0,
    patience: str | None = None, replications: int = 20, coming: Coming | None = None, by_type: bool = False,
) -> dict:  # fmt: skip
    """The average week as a dict of the model file, or the coming one. ValueError where there is no weekday with calls.

    patience: the kind of fit to write, the best of each kind of calls when None. Weekdays that `coming` does not name are closed.
    by_type: a group of agents for each type instead of one for all (those on duty in the past are shared by talk).
    """
    calls = history.where(history.asked)
    priority = kinds_of(calls)
    duty = on_duty.infer(calls)
    days, n = _working_days(calls), round(DAY / interval)
    place = ((calls.offered % DAY) // interval).astype(int)
    hours, mine_by_day = {}, {}
    for w, weekday in enumerate(WEEKDAYS):
        mine = days[(days + 3) % 7 == w]
        if not len(mine):
            continue
        counts = np.bincount(place[np.isin(calls.day, mine)], minlength=n) / len(mine)
        if coming is not None:
            expected = sum(by_day.get(weekday, np.zeros(n)) for by_day in coming.calls.values())
            # Hours as they have been: a forecast gives a few calls to hours in which there never was anybody.
            counts = np.where(counts >= OPEN_SHARE * counts.max(), expected, 0.0)
        open_ = np.flatnonzero(counts >= max(OPEN_SHARE * counts.max(), 0.2))
        if len(open_):
            hours[weekday], mine_by_day[weekday] = (int(open_[0]), int(open_[-1]) + 1), mine
    if not hours:
        raise ValueError("no day has enough calls to make a week of")

    def by_weekday(values: dict[str, np.ndarray], kind) -> dict:
        return {w: [kind(x) for x in values[w][a:b]] for w, (a, b) in hours.items()}

    redials = calibration.redials
    fresh = 1.0 - (redials.of_calls if redials else 0.0)
    types = {}
    for t in range(len(calls.types)):
        for p in range(len(calls.priorities)):
            which = (calls.type == t) & (priority == p)
            kind = next((k for k in calibration.kinds if k.name == kind_name(calls, t, p)), None)
            if kind is None or not which.any():
                continue
            mean = {w: np.bincount(place[which & np.isin(calls.day, d)], minlength=n) / len(d) for w, d in mine_by_day.items()}
            if coming is not None:
                mean = {w: kind.share * coming.calls.get(calls.types[t], {}).get(w, np.zeros(n)) for w in mine_by_day}
            offered = by_weekday(mean, lambda x: round(float(x) * fresh, 3))
            if any(map(sum, offered.values())):
                types[kind.name] = {"calls": offered, **kind_parts(calibration, kind, None, patience), **_redial(calibration)}
                if by_type:
                    types[kind.name]["skill"] = calls.types[t]
    # One list of factors has to fit weekdays of several lengths, so only a line with the same hours every day takes the hour's pattern.
    spans = set(hours.values())
    if len(spans) == 1:
        (a, b), = spans
        factors = [round(calibration.talk_by_hour[int((i * interval) // 3600)], 4) for i in range(a, b)]
        for one in types.values():
            one["talk_by_interval"] = factors
    agents = {w: np.mean([duty.agents(d * DAY + np.arange(n + 1) * interval) for d in mine], axis=0) for w, mine in mine_by_day.items()}
    busyness_cv = calibration.busyness_cv if coming is None else coming.busyness_cv

    def group(skill: str, share: float) -> dict:
        present = by_weekday(agents, lambda x: max(round(float(x) * share), 1))
        return {"skills": [skill], "agents": present, "at_shift_end": "finish"}

    if by_type:
        talk = {name: float(np.nansum(calls.talk[calls.type == t])) for t, name in enumerate(calls.types) if any(one["skill"] == name for one in types.values())}
        groups = {name: group(name, seconds / max(sum(talk.values()), 1.0)) for name, seconds in talk.items()}
    else:
        groups = {"agents": group("all", 1.0)}
    return {
        "name": name,
        "time": {
            "hours": {w: [clock_text(a * interval), clock_text(b * interval)] for w, (a, b) in hours.items()},
            "days": list(hours), "interval": f"{interval:g} s", "after_close": "serve",
        },
        **({"busyness": {"cv": round(busyness_cv, 4)}} if busyness_cv > 0 else {}),
        "types": types,
        "groups": groups,
        "routing": {"call_choice": "longest_wait"},
        "targets": {"answer_within": f"{answer_within:g} s"},
        "run": {"replications": replications, "seed": 1},
    }  # fmt: skip


def _working_days(calls: History) -> np.ndarray:
    """Day numbers without those that have less than a third of their weekday's usual calls (feasts, closed)."""
    days, counts = np.unique(calls.day, return_counts=True)
    weekday = (days + 3) % 7
    usual = np.array([np.median(counts[weekday == w]) for w in weekday])
    return days[counts >= usual / 3]


def _redial(calibration: Calibration) -> dict:
    r = calibration.redials
    if r is None or r.share < 0.005:
        return {}
    # Median of the observed delays, as the mean of an exponential with that median.
    delay = max(r.median_delay / math.log(2), 1.0)
    return {"redial": {"after_abandon": round(r.share, 4), "delay": {"dist": "exponential", "mean": f"{delay:.4g} s"}}}


def text(model: dict, notes: list[str]) -> str:
    """The file: what it rests on as comments, then the tables. ModelError where it could not run (a fault of ours)."""
    from_dict(model)
    return "".join(f"# {note}\n" for note in notes) + tomli_w.dumps(model)


def write(model: dict, notes: list[str], path: str | Path) -> None:
    """Write the model file. OSError where it cannot be written."""
    Path(path).write_text(text(model, notes), "utf-8")


def notes(calibration: Calibration, history: History) -> list[str]:
    """What the reader of the model file must know."""
    days = history.days()
    out = [f"Calibrated from {calibration.calls} calls of {calibration.days} days, {days[0]} to {days[-1]}.",
           "Agents on duty are INFERRED from who answered and who waited, not recorded; fractions are rounded.", *calibration.notes]
    out += [_origin(k) for k in calibration.kinds]
    if calibration.redials:
        r = calibration.redials
        out.append(f"Redials: {100 * r.share:.1f} % of known callers who gave up called again within the hour; the calls below are net of them.")
    return out


def _origin(kind: Kind) -> str:
    lent = {"": "its own calls", "type": "all calls of its type", "all": "all calls"}
    best = kind.patience[0]
    how = f"best on calls not used: {best.kind}" if not math.isnan(best.held_out) else f"too few to learn from, ASSUMED {best.kind}, mean {best.mean:.0f} s"
    return (
        f"{kind.name}: talk of {kind.handling.calls} calls ({lent[kind.handling.borrowed]}); patience of {kind.survival.n} queued calls, "
        f"{kind.survival.gave_up} gave up ({lent[kind.patience_borrowed]}); {how}."
    )
