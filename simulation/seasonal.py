"""Forecasting methods: calls of coming days from the days before. Pure arithmetic on counts by day and interval.

`seasonal_naive` is the yardstick: the same interval of the last same weekday. `combination` is the mean of several
seasonal averages, because combined simple forecasts are hard to beat and never far off (Makridakis et al. 2020,
Int. J. Forecasting 36, 54–74; for call centres Taylor 2008, Management Science 54, 253–265):

calls(day, interval) = weekday's usual × level of the last weeks × special day × profile of the weekday.

Special days and incidents are kept out of what is usual; a special day takes the share of the usual that special
days of its kind have had.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.demand import EVE, HOLIDAY, ORDINARY

USUAL_WEEKS = 20.0
LEVEL_WEEKS = (0.7, 2.0, 6.0)
"""Memories of the level, in weeks; their forecasts are averaged."""
PROFILE_WEEKS = 10.0
SHORT_PROFILE_WEEKS = 1.5
"""Of days with short hours: what they are open for moves with the season (sunset, feasts), and no other day helps."""
CLIP = (0.6, 1.6)
"""A day counts for the level with at most and at least this ratio to its weekday's usual."""
CLOSED = 0.45
"""A day with less than this share of its weekday's median is a closed or half day, not a usual one."""
PRIOR_SPECIAL = 1.0
"""Ordinary days that the share of special days is mixed with: one feast proves little."""
HALF_DAY = 0.6


@dataclass(frozen=True)
class Known:
    """What is known when a forecast is made: rows are days."""

    counts: np.ndarray
    weekday: np.ndarray
    kind: np.ndarray
    """int: ORDINARY, EVE or HOLIDAY of each day."""


def seasonal_naive(known: Known, weekday: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """The last same weekday again (days, intervals). The mean day where that weekday has not been yet."""
    out = np.empty((len(weekday), known.counts.shape[1]))
    for i, w in enumerate(weekday):
        same = np.flatnonzero(known.weekday == w)
        out[i] = known.counts[same[-1]] if len(same) else known.counts.mean(axis=0)
    return out


def combination(known: Known, weekday: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """The combined seasonal averages (days, intervals)."""
    total = known.counts.sum(axis=1)
    age = np.arange(len(total))[::-1] / 7.0
    usual_day = _usual_days(total, known.weekday, known.kind)
    usual = _by_weekday(total, known.weekday, usual_day, np.exp(-age / USUAL_WEEKS))
    ratio = np.clip(np.divide(total, usual[known.weekday], out=np.ones(len(total)), where=usual[known.weekday] > 0), *CLIP)
    # Big days say more about the level than small ones.
    weight = usual_day * usual[known.weekday]
    levels = []
    for weeks in LEVEL_WEEKS:
        w = weight * np.exp(-age / weeks)
        prior = usual.mean() * 3.0
        levels.append((w @ ratio + prior) / (w.sum() + prior) if w.sum() else 1.0)
    level = float(np.mean(levels))
    profile = _profiles(known, usual_day, age)
    share = special_shares(known, usual, usual_day)
    factor = np.array([_special(share, k, usual, w) for k, w in zip(kind, weekday)])
    return (usual[weekday] * level * factor)[:, None] * profile[weekday]


def _usual_days(total: np.ndarray, weekday: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """bool: an ordinary day on which the line was open as usual."""
    usual = kind == ORDINARY
    for w in range(7):
        mine = weekday == w
        if (mine & usual).any():
            median = np.median(total[mine & usual])
            usual &= ~mine | (total >= CLOSED * median) & (total <= max(median, 1.0) / CLOSED)
    return usual


def _by_weekday(total: np.ndarray, weekday: np.ndarray, usual_day: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Usual calls of each weekday (7): weighted mean, extremes drawn in to the quartiles' fences."""
    out = np.full(7, np.nan)
    for w in range(7):
        mine = usual_day & (weekday == w)
        if not mine.any():
            mine = weekday == w
        if mine.any():
            y = total[mine]
            low, high = np.quantile(y, [0.25, 0.75])
            reach = 1.5 * (high - low)
            out[w] = np.average(np.clip(y, low - reach, high + reach) if len(y) >= 5 else y, weights=weight[mine])
    # A weekday that has not been yet: as the others.
    return np.where(np.isnan(out), np.nanmean(out), out)


def _profiles(known: Known, usual_day: np.ndarray, age: np.ndarray) -> np.ndarray:
    """Share of a day's calls in each interval (7, intervals), each row summing to 1 (0 for a closed weekday). age: weeks."""
    n = known.counts.shape[1]
    full = _alike(known, usual_day)
    out = np.zeros((7, n))
    for w in range(7):
        mine = usual_day & (known.weekday == w)
        if not mine.any():
            mine = known.weekday == w
        if not mine.any():
            mine = np.ones(len(known.weekday), bool)
        total = known.counts[mine].sum(axis=1, keepdims=True)
        shares = np.divide(known.counts[mine], total, out=np.zeros((mine.sum(), n)), where=total > 0)
        # An incident fills its interval for one day: nobody counts more than twice the median share plus one call's.
        fence = 2.5 * np.median(shares, axis=0) + 3.0 / max(float(np.median(total)), 1.0)
        if mine.sum() >= 4 and full[w]:
            shares = np.minimum(shares, fence)
        weight = np.exp(-(age[mine] - age[mine].min()) / (PROFILE_WEEKS if full[w] else SHORT_PROFILE_WEEKS))
        out[w] = np.average(shares, axis=0, weights=weight)
    # Weekdays of the same length of day lend each other a little strength.
    common = out[full].mean(axis=0) if full.any() else out.mean(axis=0)
    seen = np.array([(usual_day & (known.weekday == w)).sum() for w in range(7)])
    lend = np.where(full, 2.0 / (2.0 + np.maximum(seen, 1)), 0.0)[:, None]
    out = (1 - lend) * out + lend * common
    sums = out.sum(axis=1, keepdims=True)
    return np.divide(out, sums, out=out, where=sums > 0)


def _alike(known: Known, usual_day: np.ndarray) -> np.ndarray:
    """bool (7): weekdays with full opening, whose profiles may be compared."""
    totals = np.array([known.counts[usual_day & (known.weekday == w)].sum() / max((usual_day & (known.weekday == w)).sum(), 1) for w in range(7)])
    return totals >= HALF_DAY * np.median(totals[totals > 0]) if (totals > 0).any() else np.zeros(7, bool)


def special_shares(known: Known, usual: np.ndarray, usual_day: np.ndarray) -> dict[int, float]:
    """What share of the usual calls special days of each kind have had; 1 where none has been seen."""
    total = known.counts.sum(axis=1)
    out = {ORDINARY: 1.0}
    for kind in (EVE, HOLIDAY):
        mine = known.kind == kind
        if kind == EVE:  # a day that is short anyway says nothing about eves
            mine = mine & (usual[known.weekday] >= HALF_DAY * np.median(usual))
        expected = usual[known.weekday][mine]
        ratio = np.divide(total[mine], expected, out=np.ones(mine.sum()), where=expected > 0)
        out[kind] = float((np.minimum(ratio, 2.0).sum() + PRIOR_SPECIAL * (np.median(ratio) if len(ratio) > 1 else 1.0)) / (len(ratio) + PRIOR_SPECIAL))
    return out


def _special(share: dict[int, float], kind: int, usual: np.ndarray, weekday: int) -> float:
    if kind == EVE and usual[weekday] < HALF_DAY * np.median(usual):
        return 1.0
    return share[int(kind)]


METHODS = {"seasonal_naive": seasonal_naive, "combination": combination}
