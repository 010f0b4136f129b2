"""Patience: how long callers wait before they hang up, as the formulas need it.

Anything with `cdf(t)` and `sf(t)` over NumPy arrays of seconds will do (a frozen scipy.stats
distribution, say). `breaks` may name the moments where the distribution jumps or bends; they only save
work. Here are the kinds that the model file knows, without the second that importing scipy.stats takes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import special

from simulation.steady_state import FormulaError, number


class Patience(Protocol):
    """A distribution of patience in seconds."""

    def cdf(self, t: np.ndarray, /) -> np.ndarray:
        """Share that has left after t seconds in the queue, float64 of the shape of t."""

    def sf(self, t: np.ndarray, /) -> np.ndarray:
        """Share that still waits after t seconds."""


class Survival:
    """Patience given by its survival function alone: `survival(t)` is the share still waiting after t seconds."""

    def __init__(self, survival, breaks: tuple[float, ...] = ()):
        self.sf, self.breaks = survival, breaks

    def cdf(self, t):
        return 1.0 - np.asarray(self.sf(t))


@dataclass(frozen=True)
class Exponential:
    """Mean in seconds; inf: nobody ever leaves; 0: nobody waits at all."""

    mean: float

    def __post_init__(self) -> None:
        number("mean", self.mean)

    def cdf(self, t):
        return -np.expm1(-np.asarray(t, float) / self.mean) if self.mean else np.ones_like(np.asarray(t, float))

    def sf(self, t):
        return np.exp(-np.asarray(t, float) / self.mean) if self.mean else np.zeros_like(np.asarray(t, float))


@dataclass(frozen=True)
class Deterministic:
    """Everybody waits `value` seconds, no longer."""

    value: float

    def __post_init__(self) -> None:
        number("value", self.value)

    @property
    def breaks(self) -> tuple[float, ...]:
        return (self.value,)

    def cdf(self, t):
        return (np.asarray(t) >= self.value).astype(float)

    def sf(self, t):
        return (np.asarray(t) < self.value).astype(float)


@dataclass(frozen=True)
class Uniform:
    """Between `low` and `high` seconds."""

    high: float
    low: float = 0.0

    def __post_init__(self) -> None:
        number("low", self.low)
        number("high", self.high, low=self.low, open_low=True, remedy="high must exceed low")

    @property
    def breaks(self) -> tuple[float, ...]:
        return (self.low, self.high)

    def cdf(self, t):
        return np.clip((np.asarray(t) - self.low) / (self.high - self.low), 0.0, 1.0)

    def sf(self, t):
        return np.clip((self.high - np.asarray(t)) / (self.high - self.low), 0.0, 1.0)


@dataclass(frozen=True)
class Lognormal:
    """Mean in seconds and coefficient of variation (standard deviation ÷ mean)."""

    mean: float
    cv: float

    def __post_init__(self) -> None:
        number("mean", self.mean, open_low=True)
        number("cv", self.cv, open_low=True, high=1e6)

    def _z(self, t):
        sigma = math.sqrt(math.log1p(self.cv**2))
        with np.errstate(divide="ignore"):
            return (np.log(np.asarray(t, float) / self.mean) + sigma**2 / 2) / sigma

    def cdf(self, t):
        return special.ndtr(self._z(t))

    def sf(self, t):
        return special.ndtr(-self._z(t))


@dataclass(frozen=True)
class Gamma:
    """Mean in seconds and coefficient of variation."""

    mean: float
    cv: float

    def __post_init__(self) -> None:
        number("mean", self.mean, open_low=True)
        number("cv", self.cv, open_low=True, high=1e3)

    def _scaled(self, t):
        return self.cv**-2, np.asarray(t, float) / (self.mean * self.cv**2)

    def cdf(self, t):
        return special.gammainc(*self._scaled(t))

    def sf(self, t):
        return special.gammaincc(*self._scaled(t))


@dataclass(frozen=True)
class Weibull:
    """`shape` (below 1: whoever has waited long leaves less readily) and `scale` in seconds."""

    shape: float
    scale: float

    def __post_init__(self) -> None:
        number("shape", self.shape, open_low=True, high=1e3)
        number("scale", self.scale, open_low=True)

    def cdf(self, t):
        return -np.expm1(-((np.asarray(t, float) / self.scale) ** self.shape))

    def sf(self, t):
        return np.exp(-((np.asarray(t, float) / self.scale) ** self.shape))


@dataclass(frozen=True)
class Hyperexponential:
    """Kinds of callers: `shares` of them, each with its mean patience in seconds."""

    shares: tuple[float, ...]
    means: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.shares) != len(self.means) or not self.shares:
            raise FormulaError(f"shares has {len(self.shares)} numbers and means {len(self.means)}: give as many of each")
        for share, mean in zip(self.shares, self.means):
            number("shares", share, high=1.0)
            number("means", mean)
        if abs(sum(self.shares) - 1) > 1e-9:
            raise FormulaError(f"shares is {list(self.shares)}: they must add up to 1")

    def cdf(self, t):
        return sum(share * Exponential(mean).cdf(t) for share, mean in zip(self.shares, self.means))

    def sf(self, t):
        return sum(share * Exponential(mean).sf(t) for share, mean in zip(self.shares, self.means))


@dataclass(frozen=True)
class Empirical:
    """Observed patience in seconds, each as likely as the others."""

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if not len(self.values):
            raise FormulaError("values is empty: give at least one observed patience in seconds")
        for value in self.values:
            number("values", value)
        object.__setattr__(self, "values", tuple(sorted(map(float, self.values))))

    @property
    def breaks(self) -> tuple[float, ...]:
        return self.values

    def cdf(self, t):
        return np.searchsorted(self.values, np.asarray(t), side="right") / len(self.values)

    def sf(self, t):
        return 1.0 - self.cdf(t)


@dataclass(frozen=True)
class AtZero:
    """A `share` leaves at once when there is no free agent; the rest are patient as `then` says."""

    share: float
    then: Patience

    def __post_init__(self) -> None:
        number("share", self.share, high=1.0)

    @property
    def breaks(self) -> tuple[float, ...]:
        return getattr(self.then, "breaks", ())

    def cdf(self, t):
        return self.share + (1 - self.share) * self.then.cdf(t)

    def sf(self, t):
        return (1 - self.share) * self.then.sf(t)
