"""The day's reforecast: calls so far against those expected, and what that says of the rest of the day.

    found = reforecast(expected, calls, past_at(starts, 1800.0, now), day_cv=0.15, interval_cv=0.25)
    found.rest.mean, found.rest.low, found.rest.high      # calls still to come
    found.mean                                            # by interval: what came and what is to come

The day's calls are Poisson around the expected ones times one gamma factor of mean 1 (the busyness of the day), so
what has come makes the factor's posterior a gamma again; the shape of the day is kept. Intervals scatter by themselves
too, and a day's level drifts: calls of an interval count the less the noisier it is and the longer ago it was (weighted
gamma–Poisson: West & Harrison 1997, Bayesian Forecasting, §10.8; for call centres Gans, Shen, Zhou, Korolev, McCord &
Ristock 2015, M&SOM 17, 571–588). On the bank's days this beats both the morning's forecast and the plain ratio
(`python -m bench.today`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from simulation.forecast import interval_of

MEMORY_S = 3 * 3600.0
"""Calls so long ago count 1/e of present ones, and intervals so far apart scatter together by as much. Set between
2 h and 4 h, tried on the bank's days beside windows of 3 h and 6 h and no memory at all (WAPE at 15:00: 15.2, 15.9, 15.8, 16.8, 17.2 %)."""
NOTHING = 1e-9
"""Expected calls that are none."""
LEAST_CV = 0.02
"""No forecast is surer of a day's level."""


@dataclass(frozen=True)
class Band:
    """A number of calls with its prediction interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Reforecast:
    """A day at a moment: arrays by interval."""

    expected: np.ndarray
    """The morning's forecast."""
    calls: np.ndarray
    """So far; 0 for what is to come."""
    past: np.ndarray
    """Share of each interval that is over, 0..1."""
    level: float
    """Of the prediction intervals."""
    ratio: float | None
    """Calls ÷ expected ones so far, recent ones counting more; None while nothing was expected."""
    factor: float
    """What the rest of the forecast is multiplied by: between 1 and `ratio`."""
    shape: float
    """Of the gamma distribution of the factor: its variance is factor² / shape."""
    to_come: np.ndarray
    """Expected calls still to come in each interval."""
    low: np.ndarray
    """Of the interval's whole calls, those that have come included."""
    high: np.ndarray
    rest: Band
    day: Band
    morning: Band
    """The whole day as the forecast had it."""
    so_far: float
    so_far_expected: float

    @property
    def mean(self) -> np.ndarray:
        """Calls of each interval: those that came and those still to come."""
        return self.calls + self.to_come

    def to_dict(self) -> dict:
        """JSON-ready."""
        round_ = lambda values: [round(float(x), 3) for x in values]  # noqa: E731
        return {
            "level": self.level, "ratio": self.ratio, "factor": self.factor, "factor_cv": self.shape**-0.5, "so_far": self.so_far,
            "so_far_expected": self.so_far_expected, "rest": asdict(self.rest), "day": asdict(self.day), "morning": asdict(self.morning),
            "intervals": {"past": round_(self.past), "expected": round_(self.expected), "calls": round_(self.calls),
                          "mean": round_(self.mean), "low": round_(self.low), "high": round_(self.high)},
        }  # fmt: skip


def past_at(starts: Sequence[float] | np.ndarray, interval: float, now: float) -> np.ndarray:
    """Share of each interval that is over at `now` (seconds of the same clock as `starts`)."""
    return np.clip((now - np.asarray(starts, float)) / interval, 0.0, 1.0)


def reforecast(
    expected: np.ndarray, calls: np.ndarray, past: np.ndarray, *, day_cv: float, interval_cv: float = 0.0, interval: float = 1800.0, level: float = 0.9
) -> Reforecast:
    """The day as it looks now.

    expected, calls: by interval of `interval` seconds. day_cv: of a day's calls around their forecast, beyond Poisson;
    interval_cv: of an interval's, the day's part included (`Forecast.busyness_cv`, `Forecast.interval_cv`).
    ValueError for arrays that do not fit together or hold what is no number of calls.
    """
    expected, calls, past = (np.asarray(x, float) for x in (expected, calls, past))
    if not expected.shape == calls.shape == past.shape or expected.ndim != 1:
        raise ValueError("expected calls, calls so far and what is over need one number for each interval")
    if not (np.isfinite(expected).all() and (expected >= 0).all() and np.isfinite(calls).all() and (calls >= 0).all()):
        raise ValueError("numbers of calls are finite and not negative")
    day_cv = max(day_cv, LEAST_CV)
    own = max(interval_cv**2 - day_cv**2, 0.0)
    expected = np.where(expected < NOTHING, 0.0, expected)
    so_far, to_come = expected * past, expected * (1 - past)
    over = past > 0
    came = np.where(over, calls, 0.0)
    prior = day_cv**-2
    now = len(expected) if past.all() and (past >= 1).all() else int(np.argmin(past >= 1)) if len(past) else 0
    age = np.maximum(now - np.arange(len(expected)), 0) * interval
    recent = np.exp(-age / MEMORY_S) * over
    seen, awaited = float(recent @ came), float(recent @ so_far)
    # What the weighted count varies by, given the day's level, against what Poisson calls would: so much less it tells.
    noise = float(recent**2 @ so_far + own * ((recent * so_far) ** 2).sum())
    trust = awaited / noise if awaited > NOTHING else 0.0
    shape, rate = prior + trust * seen, prior + trust * awaited
    factor = shape / rate
    ratio = seen / awaited if awaited > NOTHING else None
    to_come = factor * to_come
    spread = np.sqrt(1 / shape + own)
    low, high = interval_of(to_come, float(spread), level)
    morning_low, morning_high = (float(x) for x in interval_of(np.array(expected.sum()), day_cv, level))
    total = float(to_come.sum())
    of_rest = np.sqrt(1 / shape + (own * _together(to_come, interval) if total > 0 else 0.0))
    rest_low, rest_high = (float(x) for x in interval_of(np.array(total), float(of_rest), level))
    done = float(came.sum())
    return Reforecast(
        expected, came, past, level, ratio, float(factor), float(shape), to_come, came + low, came + high, Band(total, rest_low, rest_high),
        Band(done + total, done + rest_low, done + rest_high), Band(float(expected.sum()), morning_low, morning_high), done, float(so_far.sum()),
    )  # fmt: skip


def _together(calls: np.ndarray, interval: float) -> float:
    """Share of the intervals' own variance that their sum keeps: what makes one busy makes the next ones busy."""
    apart = np.abs(np.subtract.outer(np.arange(len(calls)), np.arange(len(calls)))) * interval
    share = calls / calls.sum()
    return float(share @ np.exp(-apart / MEMORY_S) @ share)


def by_type(
    expected: dict[str, np.ndarray], calls: dict[str, np.ndarray], past: np.ndarray, *, day_cv: float, interval_cv: float = 0.0, interval: float = 1800.0,
) -> dict[str, float]:
    """The factor of each type: the whole line's for a type that has told nothing, its own the more it has told.

    The factors are drawn together so that the types' calls still to come add up to the line's reforecast.
    """
    whole = reforecast(
        sum(expected.values()), sum((calls.get(name, np.zeros_like(e)) for name, e in expected.items()), np.zeros_like(past)), past,
        day_cv=day_cv, interval_cv=interval_cv, interval=interval,
    )  # fmt: skip
    own = {}
    for name, awaited in expected.items():
        # Against what the line as a whole has shown: a type's factor is one of the day's.
        part = reforecast(awaited * whole.factor, calls.get(name, np.zeros_like(past)), past, day_cv=day_cv, interval_cv=interval_cv, interval=interval)
        own[name] = whole.factor * part.factor
    left = sum(float((e * (1 - past)).sum()) * own[name] for name, e in expected.items())
    drawn = whole.rest.mean / left if left > 0 else 1.0
    return {name: factor * drawn for name, factor in own.items()}
