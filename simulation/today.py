"""Today: a model's day against what has come so far, what that leaves for the rest, and the line as it is made of records.

    counts, now, service = of_history(calls, date(1999, 3, 1), 12 * 3600, model, "mon")
    found = outlook(model, "mon", now, counts)
    found.reforecast.rest, found.rest        # the calls to come; the model from now to closing, for `simulation.actions`
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from simulation.calibration import kind_name, kinds_of
from simulation.charts import Chart
from simulation.forecast import UNTESTED_CV, interval_of
from simulation.history import ANSWERED, BLOCKED, History, day_number
from simulation.intraday import Reforecast, by_type, past_at, reforecast
from simulation.planning_report import band, line
from simulation.quantity import DAY, clock_text
from simulation.rest_of_day import Busy, Now, Waiting, expected, offers_per_call, rest_of_day
from simulation.run_model import RunModel
from simulation.service import Service, service

OWN_CV = 0.15
"""Of an interval's calls beside the day's, where no forecast has said it."""


@dataclass(frozen=True)
class Day:
    """A day of a model as it was planned: calls that ask for an agent, redials included, by type and interval."""

    model: RunModel
    weekday: str
    starts: np.ndarray
    """Seconds after midnight."""
    interval: float
    expected: dict[str, np.ndarray]
    day_cv: float
    """Of a day's calls around their forecast, beyond Poisson."""
    interval_cv: float

    @property
    def closes(self) -> float:
        """Seconds after midnight."""
        return float(self.starts[-1] + self.interval)


def day_of(model: RunModel, weekday: str, interval_cv: float | None = None) -> Day:
    """The model's day. interval_cv: `Forecast.interval_cv` where there is one. ModelError where there is no such day."""
    starts, interval, calls = expected(model, weekday)
    more = offers_per_call(model, weekday)
    day_cv = UNTESTED_CV if model.busyness_shape is None else model.busyness_shape**-0.5
    own = np.hypot(day_cv, OWN_CV) if not interval_cv else interval_cv
    return Day(model, weekday, starts, interval, {name: row * more for name, row in calls.items()}, day_cv, float(own))


@dataclass(frozen=True)
class Outlook:
    """The day as it looks now."""

    day: Day
    at: float
    reforecast: Reforecast
    factors: dict[str, float]
    """By type, on the calls still to come."""
    rest: RunModel | None
    """From now to closing; None when the day is over."""

    def to_dict(self) -> dict:
        """JSON-ready."""
        told = self.reforecast.to_dict()
        told["intervals"] = {"from": [clock_text(float(s)) for s in self.day.starts], **told["intervals"]}
        return {"weekday": self.day.weekday, "now": clock_text(self.at // 60 * 60), "interval_s": self.day.interval,
                "types": {name: round(f, 4) for name, f in self.factors.items()}, **told}  # fmt: skip


def outlook(day: Day, now: Now, counts: Mapping[str, np.ndarray], *, within: float | None = None, level: float = 0.9) -> Outlook:
    """The reforecast, and the rest of the day as a model. counts: calls so far by type and interval; what no type of the model is counts for the whole line."""
    past = past_at(day.starts, day.interval, now.at)
    total = sum((np.asarray(row, float) for row in counts.values()), np.zeros(len(past)))
    whole = sum(day.expected.values())
    how = {"day_cv": day.day_cv, "interval_cv": day.interval_cv, "interval": day.interval}
    told = reforecast(whole, total, past, level=level, **how)
    factors = dict.fromkeys(day.expected, told.factor)
    if set(counts) <= set(day.expected) and len(day.expected) > 1:
        factors = by_type(day.expected, {name: np.asarray(row, float) for name, row in counts.items()}, past, **how)
    over = now.at >= day.closes - 60
    rest = None if over else rest_of_day(day.model, day.weekday, now, factors, told.shape, within=within)
    return Outlook(day, now.at, told, factors, rest)


def of_history(history: History, day: date, at: float, model: RunModel, starts: np.ndarray, interval: float, *, within_s: float, short_s: float) -> tuple[dict[str, np.ndarray], Now, Service]:  # fmt: skip
    """(calls by type and interval, the line at that moment, the figures so far) of a day's records as they were known at `at` seconds after midnight."""
    calls = history.where((history.day == day_number(day)) & (history.asked | (history.outcome == BLOCKED)))
    offered = calls.offered - day_number(day) * DAY
    calls, offered = calls.where(offered < at), offered[offered < at]
    known = {t.name: t for t in model.types}
    kinds = kinds_of(calls) if len(calls) else np.zeros(0, int)
    names = [_name(known, calls, int(t), int(p)) for t, p in zip(calls.type, kinds)]
    counts: dict[str, np.ndarray] = {}
    place = np.floor((offered - starts[0]) / interval).astype(int)
    for name, i in zip(names, place):
        row = counts.setdefault(name, np.zeros(len(starts)))
        if 0 <= i < len(starts):
            row[i] += 1
    wait = np.nan_to_num(calls.wait)
    ended = offered + wait <= at
    answered = calls.outcome == ANSWERED
    end = offered + wait + np.nan_to_num(calls.talk) + np.nan_to_num(calls.wrap)
    usual = max(model.types, key=lambda t: float(t.arrivals.cumulative[-1]) if t.arrivals.cumulative is not None else 0.0)
    waiting, busy = [], []
    for i in np.flatnonzero(~ended & (calls.outcome != BLOCKED)):
        waiting.append(Waiting(names[i] if names[i] in known else usual.name, float(at - offered[i])))
    for i in np.flatnonzero(answered & ended & (end > at)):
        kind = known.get(names[i])
        group = model.groups[(kind or usual).groups[0][0]].name
        busy.append(Busy(group, float(at - offered[i] - wait[i]), names[i] if kind else ""))
    told = service(wait[ended & answered], wait[ended & ~answered & (calls.outcome != BLOCKED)],
                   int((~ended).sum() + (ended & (calls.outcome == BLOCKED)).sum()), within_s=within_s, short_s=short_s)  # fmt: skip
    return counts, Now(at, {}, waiting, busy), told


def _name(known: Mapping[str, object], calls: History, t: int, p: int) -> str:
    """What the model calls this type: with its priority, or without."""
    exact = kind_name(calls, t, p)
    return exact if exact in known else calls.types[t]


def chart(found: Outlook, words: Mapping[str, str] | None = None) -> Chart:
    """Forecast, reforecast with its band, and what came, over the day."""
    words = words or {"title": "今日来电 Calls today", "means": "by interval; the band is where 90 % of the days end", "forecast": "预测 forecast",
                      "reforecast": "再预测 reforecast", "actual": "实际 actual", "morning": "预测 forecast", "now": "现在 now"}  # fmt: skip
    told, day = found.reforecast, found.day
    xs = [clock_text(float(s)) for s in day.starts]
    low, high = interval_of(told.expected, day.interval_cv, told.level)
    ahead = told.past < 1
    here = [x for x, yes in zip(xs, ahead) if yes]
    traces = [
        *band(words["morning"], xs, low, high, 0), line(words["forecast"], xs, told.expected, 0),
        *band(words["reforecast"], here, told.low[ahead], told.high[ahead], 1), line(words["reforecast"], here, told.mean[ahead], 1),
        line(words["actual"], [x for x, p in zip(xs, told.past) if p >= 1], told.calls[told.past >= 1], 2, "lines+markers"),
    ]  # fmt: skip
    layout = {"xaxis": {"type": "category", "tickvals": xs[:: max(1, len(xs) // 10)], "categoryorder": "array", "categoryarray": xs}, "yaxis": {"rangemode": "tozero"}}
    current = int(np.argmax(ahead)) if ahead.any() else None
    if current is not None and told.past.any():
        x = current - 0.5 + float(told.past[current])
        layout["shapes"] = [{"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": {"width": 1, "dash": "dot"}}]
        layout["annotations"] = [{"text": words["now"], "x": x, "yref": "paper", "y": 1, "xanchor": "left", "yanchor": "top", "showarrow": False}]
    return Chart("today", words["title"], words["means"], traces, layout)
