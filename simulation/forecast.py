"""Forecast: calls of the coming days by interval, with prediction intervals, by the method that did better on weeks it had not seen.

    found = forecast(demand(history), calendar("IL"), horizon=28)
    found.days[0].mean, found.mean[0]         # a day, its intervals
    found.backtest.methods                    # how both methods did, by month and by weekday

WAPE: sum of absolute errors ÷ sum of calls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, timedelta

import numpy as np
from scipy import stats

from simulation.demand import ORDINARY, Calendar, Demand
from simulation.quantity import WEEKDAYS, clock_text
from simulation.seasonal import METHODS, Known

LEAST_DAYS = 28
"""History before the first origin of the backtest."""
SHORTEST = 7
"""With fewer days nothing can be said about a week."""
UNTESTED_CV = 0.2
MOST_CV = 3.0
LONGEST = 366


@dataclass(frozen=True)
class Score:
    """How a method did on days it had not seen."""

    method: str
    wape_interval: float
    wape_day: float
    bias: float
    """Sum of forecasts ÷ sum of calls − 1."""


@dataclass(frozen=True)
class Backtest:
    """Rolling origin: every week a forecast of the next, from what was known then."""

    origins: int
    horizon: int
    """Days."""
    methods: list[Score]
    months: dict[str, list[Score]]
    weekdays: dict[str, list[Score]]
    chosen: str
    coverage: float
    """Share of tested intervals inside the prediction interval."""
    days: list[date]
    actual: list[float]
    """Calls of each tested day."""
    predicted: dict[str, list[float]]
    """By method."""


@dataclass(frozen=True)
class ForecastDay:
    """A coming day: expected calls and the prediction interval of their number."""

    day: date
    weekday: str
    special: str
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Forecast:
    """Coming days by interval."""

    method: str
    interval: float
    level: float
    """Of the prediction intervals, 0.9 for 90 %."""
    days: list[ForecastDay]
    mean: np.ndarray
    """(days, intervals) expected calls."""
    low: np.ndarray
    high: np.ndarray
    trend: float
    """Change of the level a week over the last eight, a share; followed, not drawn on into the future."""
    busyness_cv: float
    """Of a day's calls around their forecast, beyond Poisson."""
    backtest: Backtest | None
    """None: too little history to hold weeks back."""
    notes: list[str]
    interval_cv: float = 0.0
    """Of an interval's calls around their forecast, beyond Poisson, the day's part included."""

    def to_dict(self) -> dict:
        """JSON-ready."""
        n = self.mean.shape[1]
        tested = None
        if self.backtest is not None:
            tested = {**asdict(self.backtest), "days": [d.isoformat() for d in self.backtest.days]}
        return {
            "method": self.method, "interval_s": self.interval, "level": self.level, "trend_per_week": self.trend, "busyness_cv": self.busyness_cv, "interval_cv": self.interval_cv,
            "intervals": [clock_text(i * self.interval) for i in range(n)],
            "days": [{**asdict(d), "day": d.day.isoformat(), "calls": _round(self.mean[i]), "calls_low": _round(self.low[i]), "calls_high": _round(self.high[i])}
                     for i, d in enumerate(self.days)],
            "backtest": tested, "notes": self.notes,
        }  # fmt: skip


def _round(values: np.ndarray) -> list[float]:
    return [round(float(x), 3) for x in values]


def forecast(
    demand: Demand, calendar: Calendar, *, horizon: int = 28, level: float = 0.9, method: str | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Forecast:  # fmt: skip
    """The days after the demand's last. method: instead of the better one. ValueError for too short a history or another horizon than 1 to 366 days."""
    if not 1 <= horizon <= LONGEST:
        raise ValueError(f"a forecast reaches 1 to {LONGEST} days, not {horizon}")
    if not 0.5 <= level < 1:
        raise ValueError(f"the level of prediction intervals lies between 0.5 and 1, not at {level:g}")
    if len(demand.counts) < SHORTEST:
        raise ValueError(f"the history has {len(demand.counts)} days: a forecast by weekday needs at least {SHORTEST}")
    if method is not None and method not in METHODS:
        raise ValueError(f"there is no method {method!r}; there are {', '.join(METHODS)}")
    kind = np.array([calendar.kind(d) for d in demand.days])
    tested = _Tested(demand, kind, progress) if len(demand.counts) >= LEAST_DAYS + 7 else None
    notes = []
    if tested is None:
        notes.append(f"The history has {len(demand.counts)} days: too few to hold weeks back, so the method is not tested and the intervals are a guess.")
    chosen = method or (tested.better() if tested else "combination")
    coming = [demand.first + timedelta(len(demand.counts) + i) for i in range(horizon)]
    weekday, special = np.array([d.weekday() for d in coming]), np.array([calendar.kind(d) for d in coming])
    mean = METHODS[chosen](Known(demand.counts, demand.weekday, kind), weekday, special)
    cv, day_cv = tested.dispersion(chosen, level) if tested else (UNTESTED_CV, UNTESTED_CV)
    low, high = interval_of(mean, cv, level)
    day_low, day_high = interval_of(mean.sum(axis=1), day_cv, level)
    if (special != ORDINARY).any() and not (kind != ORDINARY).any():
        notes.append("Special days lie ahead, and the history has none: they are forecast as ordinary days.")
    days = [
        ForecastDay(d, WEEKDAYS[w], calendar.name(d), float(m), float(a), float(b))
        for d, w, m, a, b in zip(coming, weekday, mean.sum(axis=1), day_low, day_high)
    ]
    backtest = tested.backtest(chosen, cv, level) if tested else None
    return Forecast(chosen, demand.interval, level, days, mean, low, high, _trend(demand, kind), day_cv, backtest, notes, cv)


def interval_of(mean: np.ndarray, cv: float, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Prediction interval of counts: Poisson with a gamma factor of this cv (negative binomial)."""
    mean = np.asarray(mean, float)
    tail = (1 - level) / 2
    some = np.maximum(mean, 1e-9)
    if cv <= 1e-6:
        family = stats.poisson(some)
    else:
        size = cv**-2
        family = stats.nbinom(size, size / (size + some))
    return np.where(mean > 0, family.ppf(tail), 0.0), np.where(mean > 0, family.ppf(1 - tail), 0.0)


def _trend(demand: Demand, kind: np.ndarray) -> float:
    """Weekly change over the last eight weeks by Theil and Sen: the median slope, so a feast or an incident moves it little."""
    total = demand.counts.sum(axis=1)[-56:]
    weekday, usual = demand.weekday[-56:], kind[-56:] == ORDINARY
    medians = np.array([np.median(total[weekday == w]) if (weekday == w).any() else 0.0 for w in range(7)])[weekday]
    good = usual & (total > 0) & (medians > 0)
    if good.sum() < 14:
        return 0.0
    slope = stats.theilslopes(np.log(total[good] / medians[good]), np.flatnonzero(good) / 7.0)[0]
    return float(np.expm1(slope))


class _Tested:
    """Every week a forecast of the next by each method."""

    def __init__(self, demand: Demand, kind: np.ndarray, progress):
        n = len(demand.counts)
        # The last origin leaves a whole week.
        self.origins = list(range(n - 7, LEAST_DAYS - 1, -7))[::-1]
        first = self.origins[0]
        self.demand, self.kind = demand, kind[first:]
        self.actual, self.days = demand.counts[first:], demand.days[first:]
        self.weekday = demand.weekday[first:]
        self.predicted = {name: np.zeros_like(self.actual) for name in METHODS}
        for done, o in enumerate(self.origins):
            if progress is not None:
                progress(done, len(self.origins), f"backtest {demand.days[o]}")
            known = Known(demand.counts[:o], demand.weekday[:o], kind[:o])
            for name, method in METHODS.items():
                self.predicted[name][o - first:o - first + 7] = method(known, demand.weekday[o:o + 7], kind[o:o + 7])

    def score(self, name: str, which: np.ndarray) -> Score:
        error, actual = (self.predicted[name] - self.actual)[which], self.actual[which]
        calls = max(actual.sum(), 1.0)
        return Score(name, float(np.abs(error).sum() / calls), float(np.abs(error.sum(axis=1)).sum() / calls), float(error.sum() / calls))

    def better(self) -> str:
        every = np.ones(len(self.actual), bool)
        return min(METHODS, key=lambda name: self.score(name, every).wape_interval)

    def dispersion(self, name: str, level: float) -> tuple[float, float]:
        """(cv of intervals, cv of days) with which the tested weeks would have lain inside as often as promised."""
        ordinary = self.kind == ORDINARY
        return dispersion(self.predicted[name][ordinary], self.actual[ordinary], level)

    def backtest(self, chosen: str, cv: float, level: float) -> Backtest:
        every = np.ones(len(self.actual), bool)
        months = np.array([d.strftime("%Y-%m") for d in self.days])
        low, high = interval_of(self.predicted[chosen], cv, level)
        busy = self.predicted[chosen] >= 1
        inside = ((self.actual >= low) & (self.actual <= high))[busy]
        return Backtest(
            len(self.origins), 7, [self.score(m, every) for m in METHODS],
            {m: [self.score(name, months == m) for name in METHODS] for m in sorted(set(months))},
            {WEEKDAYS[w]: [self.score(name, self.weekday == w) for name in METHODS] for w in range(7)},
            chosen, float(inside.mean()) if inside.size else float("nan"), self.days, self.actual.sum(axis=1).tolist(),
            {m: self.predicted[m].sum(axis=1).tolist() for m in METHODS},
        )  # fmt: skip


def dispersion(predicted: np.ndarray, actual: np.ndarray, level: float) -> tuple[float, float]:
    """(cv of intervals, cv of days), beyond Poisson, with which these days (days, intervals) would have lain inside as often as promised."""
    busy = predicted >= 1
    return _cv(predicted[busy], actual[busy], level), _cv(predicted.sum(axis=1), actual.sum(axis=1), level)


def _cv(predicted: np.ndarray, actual: np.ndarray, level: float) -> float:
    """The smallest cv whose intervals hold the promised share."""
    if not predicted.size:
        return UNTESTED_CV

    def holds(cv: float) -> bool:
        low, high = interval_of(predicted, cv, level)
        return ((actual >= low) & (actual <= high)).mean() >= level

    a, b = 0.0, MOST_CV
    if holds(a):
        return a
    if not holds(b):
        return b
    for _ in range(14):
        middle = (a + b) / 2
        a, b = (a, middle) if holds(middle) else (middle, b)
    return b
