"""Patience from who gave up and who was answered first: Kaplan–Meier, and parametric fits judged on calls not used.

A caller who is answered after w seconds would have waited longer than w: a censored observation.
Kaplan & Meier (1958), J. Am. Stat. Assoc. 53, 457–481; use in call centres: Brown et al. (2005), JASA 100, 36–50.
Whoever leaves within `BALK` seconds counts as leaving at once (the mass at 0 of every fit).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from scipy import optimize, stats

BALK = 3.0
FOLDS = 5
EDGES = np.array([BALK, 6, 9, 12, 16, 20, 30, 40, 50, 60, 75, 90, 120, 150, 180, 240, 300, 420, 600, 900])
ASSUMED = 300.0
"""Mean patience where nobody waited at all, s: a guess, and said to be one."""
TAIL = 0.99
"""Beyond this quantile of the observed times Kaplan–Meier rests on too few; the tail is exponential."""


@dataclass(frozen=True)
class Survival:
    """Kaplan–Meier: arrays of one length, ascending."""

    seconds: np.ndarray
    """Moments at which somebody gave up."""
    share: np.ndarray
    """Share still waiting just after."""
    error: np.ndarray
    """Standard error (Greenwood)."""
    n: int
    gave_up: int

    def at(self, t: float) -> float:
        """Share that would wait longer than t."""
        i = np.searchsorted(self.seconds, t, side="right") - 1
        return 1.0 if i < 0 else float(self.share[i])


def kaplan_meier(wait: np.ndarray, gave_up: np.ndarray) -> Survival:
    """The survival curve of patience. wait: seconds; gave_up: bool (else answered then). ValueError for nothing at all."""
    wait, gave_up = np.asarray(wait, float), np.asarray(gave_up, bool)
    if not len(wait) or len(wait) != len(gave_up):
        raise ValueError("wait and gave_up must be of one length, at least 1")
    order = np.sort(wait)
    left = np.sort(wait[gave_up])
    times, deaths = np.unique(left, return_counts=True)
    # Who is answered in the very second in which another gives up was still there.
    at_risk = len(order) - np.searchsorted(order, times, side="left")
    share = np.cumprod(1 - deaths / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(np.where(at_risk > deaths, deaths / (at_risk * (at_risk - deaths)), 0.0))
    return Survival(times, share, share * np.sqrt(greenwood), len(wait), int(gave_up.sum()))


@dataclass(frozen=True)
class Fit:
    """One description of patience and how well it foretells calls that it has not seen."""

    kind: str
    distribution: dict
    """As the model file writes it."""
    held_out: float
    """Mean log-likelihood of calls not used (natural logarithm, per queued call); higher is better. nan: too few gave up to test it."""
    mean: float
    """Mean patience, s, the immediate leavers included."""

    def to_dict(self) -> dict:
        """JSON-ready."""
        return asdict(self)


@dataclass(frozen=True)
class Patience:
    """Patience of one kind of calls."""

    survival: Survival
    fits: list[Fit]
    """Best first."""

    def chosen(self, kind: str | None = None) -> Fit:
        """The best, or the one of a kind. KeyError for a kind that is not there."""
        if kind is None:
            return self.fits[0]
        return {f.kind: f for f in self.fits}[kind]


def fit(wait: np.ndarray, gave_up: np.ndarray, fold: np.ndarray | None = None) -> Patience:
    """Kaplan–Meier and all fits. fold: calls with one number are left out together (days); by turns where left out.

    Where hardly anybody gave up: the exponential by all waiting together ÷ (1 + those who did), as if one more had just then.
    """
    wait, gave_up = np.asarray(wait, float), np.asarray(gave_up, bool)
    if not len(wait):
        return Patience(Survival(np.empty(0), np.empty(0), np.empty(0), 0, 0), [_untested(0.0, 0)])
    fold = np.arange(len(wait)) % FOLDS if fold is None else np.asarray(fold) % FOLDS
    if len(np.unique(fold)) < FOLDS:  # a history of few days
        fold = np.arange(len(wait)) % FOLDS
    out = []
    for kind, model in FITS.items():
        scores = []
        for k in range(FOLDS):
            test = fold == k
            if test.any() and gave_up[~test].sum() >= 2:
                scores.append(model(wait[~test], gave_up[~test]).score(wait[test], gave_up[test]) * test.sum())
        if not scores:
            continue
        whole = model(wait, gave_up)
        out.append(Fit(kind, whole.written(), float(sum(scores) / len(wait)), float(whole.mean())))
    return Patience(kaplan_meier(wait, gave_up), sorted(out, key=lambda f: -f.held_out) or [_untested(float(wait.sum()), int(gave_up.sum()))])


def curve(wait: np.ndarray, gave_up: np.ndarray) -> Fit:
    """Kaplan–Meier alone, compared with nothing. wait: seconds; gave_up: bool."""
    found = FITS["kaplan_meier"](np.asarray(wait, float), np.asarray(gave_up, bool))
    return Fit("kaplan_meier", found.written(), float("nan"), float(found.mean()))


def _untested(waited: float, gave_up: int) -> Fit:
    mean = waited / (1 + gave_up) if waited > 0 else ASSUMED
    return Fit("exponential", {"dist": "exponential", "mean": _s(mean)}, float("nan"), mean)


class _Fitted:
    """A mass at zero and the log-density and log-survival of the rest."""

    def __init__(self, at_zero: float, logpdf: Callable, logsf: Callable, written: dict, mean: float):
        self.at_zero, self._logpdf, self._logsf, self._written, self._mean = at_zero, logpdf, logsf, written, mean

    def score(self, wait: np.ndarray, gave_up: np.ndarray) -> float:
        """Mean log-likelihood."""
        z = min(max(self.at_zero, 1e-6), 1 - 1e-6)
        at_once = gave_up & (wait <= BALK)
        later = np.maximum(wait, 1e-3)
        value = np.where(gave_up, self._logpdf(later), self._logsf(later)) + np.log1p(-z)
        # The mass at zero, told as a density over the first seconds so that all compare.
        value = np.where(at_once, np.log(z / BALK + np.exp(value)), value)
        return float(np.maximum(value, -50.0).mean())

    def written(self) -> dict:
        zero = {"at_zero": round(self.at_zero, 5)} if self.at_zero > 0 else {}
        return {**self._written, **zero}

    def mean(self) -> float:
        return (1 - self.at_zero) * self._mean


def _zero(wait: np.ndarray, gave_up: np.ndarray) -> tuple[float, np.ndarray]:
    at_once = gave_up & (wait <= BALK)
    return float(at_once.sum() / len(wait)), ~at_once


def _s(x: float) -> str:
    return f"{x:.6g} s"


def _exponential(wait, gave_up):
    zero, rest = _zero(wait, gave_up)
    mean = wait[rest].sum() / max(gave_up[rest].sum(), 1)
    return _Fitted(zero, lambda t: -np.log(mean) - t / mean, lambda t: -t / mean, {"dist": "exponential", "mean": _s(mean)}, mean)


def _by_scipy(family, start, bounds, to_family, written, mean):
    def model(wait, gave_up):
        zero, rest = _zero(wait, gave_up)
        # Waits are whole or nearly whole seconds: counted, so that the likelihood is cheap.
        t, index = np.unique(np.maximum(np.round(wait[rest], 1), 0.1), return_inverse=True)
        left = np.bincount(index, gave_up[rest], len(t))
        stayed = np.bincount(index, ~gave_up[rest], len(t))

        def loss(p):
            d = family(**to_family(p))
            with np.errstate(all="ignore"):
                value = -(left @ np.maximum(d.logpdf(t), -500) + stayed @ np.maximum(d.logsf(t), -500))
            return value if np.isfinite(value) else 1e18

        rough = wait[rest].sum() / max(gave_up[rest].sum(), 1)
        best = optimize.minimize(loss, start(rough), method="Nelder-Mead", bounds=bounds, options={"xatol": 1e-4, "fatol": 1e-3})
        d = family(**to_family(best.x))
        return _Fitted(zero, d.logpdf, d.logsf, written(best.x), mean(d))

    return model


class _Hyperexponential:
    """Two exponentials; the little of a frozen SciPy distribution that the fit needs."""

    def __init__(self, share, short, long):
        self.share, self.short, self.long = share, short, long

    def logpdf(self, t):
        return np.log(self.share / self.short * np.exp(-t / self.short) + (1 - self.share) / self.long * np.exp(-t / self.long))

    def logsf(self, t):
        return np.log(self.share * np.exp(-t / self.short) + (1 - self.share) * np.exp(-t / self.long))

    def mean(self):
        return self.share * self.short + (1 - self.share) * self.long


def _piecewise(wait, gave_up):
    """Kaplan–Meier itself for the model file; its likelihood by a hazard that is constant between EDGES."""
    zero, rest = _zero(wait, gave_up)
    w, left = wait[rest], gave_up[rest]
    edges = np.concatenate([[0.0], EDGES, [np.inf]])
    hazard = np.empty(len(edges) - 1)
    overall = (left.sum() + 0.5) / (w.sum() + 1.0)
    for i, (a, b) in enumerate(zip(edges[:-1], edges[1:])):
        exposure = np.clip(w - a, 0, b - a).sum()
        hazard[i] = (((w > a) & (w <= b) & left).sum() + overall * 30) / (exposure + 30)
    hazard[0] = min(hazard[0], overall) if EDGES[0] == BALK else hazard[0]
    cumulative = np.concatenate([[0.0], np.cumsum(hazard[:-1] * np.diff(edges[:-1]))])

    def logsf(t):
        i = np.searchsorted(edges, t, side="left") - 1
        i = np.clip(i, 0, len(hazard) - 1)
        return -(cumulative[i] + hazard[i] * (t - edges[i]))

    def logpdf(t):
        i = np.clip(np.searchsorted(edges, t, side="left") - 1, 0, len(hazard) - 1)
        return np.log(hazard[i]) + logsf(t)

    values, weights = _curve(w, left)
    written = {"dist": "empirical", "values": [_s(v) for v in values], "weights": [float(f"{x:.6g}") for x in weights]}
    return _Fitted(zero, logpdf, logsf, written, float(np.dot(values, weights)))


def _curve(wait: np.ndarray, gave_up: np.ndarray, points: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """Kaplan–Meier as values and weights: at most `points` steps, and an exponential tail."""
    if not gave_up.any():
        return np.array([max(float(wait.max(initial=60.0)), 60.0) * 10]), np.ones(1)
    survival = kaplan_meier(wait, gave_up)
    last = max(float(np.quantile(wait, TAIL)), float(survival.seconds[0]))
    kept = survival.seconds <= last
    seconds, drop = survival.seconds[kept], -np.diff(np.concatenate([[1.0], survival.share[kept]]))
    if len(seconds) > points:
        place = np.minimum((np.cumsum(drop) / drop.sum() * points).astype(int), points - 1)
        weight = np.bincount(place, drop, points)
        mean = np.bincount(place, drop * seconds, points)
        seconds, drop = (mean / np.where(weight > 0, weight, 1))[weight > 0], weight[weight > 0]
    rest = max(1.0 - drop.sum(), 0.0)
    late = wait > last / 3
    rate = max(gave_up[late].sum(), 1) / max((wait[late] - last / 3).sum(), 1.0)
    tail = last - np.log1p(-(np.arange(20) + 0.5) / 20) / rate
    return np.concatenate([seconds, tail]), np.concatenate([drop, np.full(20, rest / 20)])


FITS: dict[str, Callable] = {
    "kaplan_meier": _piecewise,
    "exponential": _exponential,
    "weibull": _by_scipy(
        stats.weibull_min, lambda m: [1.0, m], [(0.06, 20), (1e-2, 1e7)], lambda p: {"c": p[0], "scale": p[1]},
        lambda p: {"dist": "weibull", "shape": float(f"{p[0]:.6g}"), "scale": _s(p[1])}, lambda d: float(d.mean()),
    ),
    "lognormal": _by_scipy(
        stats.lognorm, lambda m: [1.5, m], [(0.02, 8), (1e-2, 1e7)], lambda p: {"s": p[0], "scale": p[1]},
        lambda p: {"dist": "lognormal", "median": _s(p[1]), "sigma": float(f"{p[0]:.6g}")}, lambda d: float(d.mean()),
    ),
    "hyperexponential": _by_scipy(
        _Hyperexponential, lambda m: [0.3, m / 4, m * 1.5], [(0.001, 0.999), (0.1, 1e7), (0.1, 1e7)],
        lambda p: {"share": p[0], "short": p[1], "long": p[2]},
        lambda p: {"dist": "hyperexponential", "weights": [round(p[0], 6), round(1 - round(p[0], 6), 6)], "means": [_s(p[1]), _s(p[2])]},
        lambda d: d.mean(),
    ),
}  # fmt: skip
