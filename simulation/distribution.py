"""Distributions of times: how the model file writes them and how NumPy draws them.

Each one is a pydantic model (what people write, in their units) with two more things: `mean_seconds`
and `sample(generator, n)`. A sample of n is the beginning of a sample of n + 1 from the same seed, so a
call keeps its times when a scenario has more calls; therefore what needs several draws for one value
(mixtures, phases) takes each from a generator of its own (`Generator.spawn`).
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, Union

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from simulation.quantity import seconds
from simulation.table import Table, trouble

Seconds = Annotated[float, BeforeValidator(seconds), Field(ge=0)]
PositiveSeconds = Annotated[float, BeforeValidator(seconds), Field(gt=0)]
Probability = Annotated[float, Field(ge=0, le=1, strict=True)]
Positive = Annotated[float, Field(gt=0, lt=1e9)]


class _Distribution(Table):
    """What all distributions share."""

    at_zero: Probability = 0.0
    """Share of values that are exactly 0 (callers who give up at once); the rest follow the distribution."""

    def sample(self, generator: np.random.Generator, n: int) -> np.ndarray:
        """n times in seconds, float64."""
        if not self.at_zero:
            return self._draw(generator, n)
        chance, rest = generator.spawn(2)
        values = self._draw(rest, n)
        values[chance.random(n) < self.at_zero] = 0.0
        return values

    @property
    def mean_seconds(self) -> float:
        """Mean in seconds, the mass at zero included."""
        return (1.0 - self.at_zero) * self._mean()

    def _draw(self, generator: np.random.Generator, n: int) -> np.ndarray:
        raise NotImplementedError

    def _mean(self) -> float:
        raise NotImplementedError


class Exponential(_Distribution):
    dist: Literal["exponential"]
    mean: PositiveSeconds

    def _draw(self, generator, n):
        return generator.standard_exponential(n) * self.mean

    def _mean(self):
        return self.mean


class Deterministic(_Distribution):
    dist: Literal["deterministic"]
    value: Seconds

    def _draw(self, generator, n):
        return np.full(n, self.value)

    def _mean(self):
        return self.value


class Uniform(_Distribution):
    dist: Literal["uniform"]
    low: Seconds
    high: PositiveSeconds

    @model_validator(mode="after")
    def _ordered(self):
        if not self.low < self.high:
            raise trouble("low must be below high; swap them, or use dist = \"deterministic\"")
        return self

    def _draw(self, generator, n):
        return generator.uniform(self.low, self.high, n)

    def _mean(self):
        return (self.low + self.high) / 2


class Triangular(_Distribution):
    dist: Literal["triangular"]
    low: Seconds
    mode: Seconds
    high: PositiveSeconds

    @model_validator(mode="after")
    def _ordered(self):
        if not (self.low <= self.mode <= self.high and self.low < self.high):
            raise trouble("low ≤ mode ≤ high must hold, with low below high")
        return self

    def _draw(self, generator, n):
        return generator.triangular(self.low, self.mode, self.high, n)

    def _mean(self):
        return (self.low + self.mode + self.high) / 3


class Lognormal(_Distribution):
    """By mean and spread (`cv`, standard deviation over mean, or `sd`), or by `median` and `sigma` of the logarithm."""

    dist: Literal["lognormal"]
    mean: PositiveSeconds | None = None
    cv: Positive | None = None
    sd: PositiveSeconds | None = None
    median: PositiveSeconds | None = None
    sigma: Positive | None = None

    @model_validator(mode="after")
    def _one_way(self):
        by_mean = self.mean is not None and (self.cv is None) != (self.sd is None) and self.median is None and self.sigma is None
        by_median = self.median is not None and self.sigma is not None and self.mean is None and self.cv is None and self.sd is None
        if not (by_mean or by_median):
            raise trouble("give either mean with one of cv or sd, or median with sigma")
        return self

    def _parameters(self):
        if self.median is not None:
            return math.log(self.median), self.sigma
        cv = self.cv if self.cv is not None else self.sd / self.mean
        variance = math.log1p(cv * cv)
        return math.log(self.mean) - variance / 2, math.sqrt(variance)

    def _draw(self, generator, n):
        return generator.lognormal(*self._parameters(), n)

    def _mean(self):
        mu, sigma = self._parameters()
        return math.exp(mu + sigma * sigma / 2)


class Gamma(_Distribution):
    dist: Literal["gamma"]
    mean: PositiveSeconds
    cv: Positive | None = None
    shape: Positive | None = None

    @model_validator(mode="after")
    def _one_way(self):
        if (self.cv is None) == (self.shape is None):
            raise trouble("give mean with one of cv or shape (shape = 1 / cv²)")
        return self

    def _draw(self, generator, n):
        shape = self.shape if self.shape is not None else self.cv**-2
        return generator.gamma(shape, self.mean / shape, n)

    def _mean(self):
        return self.mean


class Erlang(_Distribution):
    """Sum of `phases` equal exponential phases with the given total mean."""

    dist: Literal["erlang"]
    mean: PositiveSeconds
    phases: Annotated[int, Field(ge=1, le=10_000)]

    def _draw(self, generator, n):
        return generator.gamma(self.phases, self.mean / self.phases, n)

    def _mean(self):
        return self.mean


class Weibull(_Distribution):
    """By `shape` and `scale`, or by `shape` and `mean`. Shape < 1: a caller who has waited will wait on."""

    dist: Literal["weibull"]
    shape: Annotated[float, Field(ge=0.05, le=1e4)]
    scale: PositiveSeconds | None = None
    mean: PositiveSeconds | None = None

    @model_validator(mode="after")
    def _one_way(self):
        if (self.scale is None) == (self.mean is None):
            raise trouble("give shape with one of scale or mean")
        return self

    def _draw(self, generator, n):
        scale = self.scale if self.scale is not None else self.mean / math.gamma(1 + 1 / self.shape)
        return generator.weibull(self.shape, n) * scale

    def _mean(self):
        return self.mean if self.mean is not None else self.scale * math.gamma(1 + 1 / self.shape)


class Hyperexponential(_Distribution):
    """With probability `weights[i]` exponential with mean `means[i]`."""

    dist: Literal["hyperexponential"]
    weights: list[Probability]
    means: list[PositiveSeconds]

    @model_validator(mode="after")
    def _fits(self):
        check_weights(self.weights, len(self.means), "means")
        return self

    def _draw(self, generator, n):
        pick, rest = generator.spawn(2)
        return rest.standard_exponential(n) * np.asarray(self.means)[choices(pick, self.weights, n)]

    def _mean(self):
        return float(np.dot(self.weights, self.means))


class PhaseType(_Distribution):
    """Time to leave a chain of phases: phase i lasts exponentially with mean `means[i]`, then phase j follows
    with probability `then[i][j]`, and what is missing to 1 ends the time. `start`: probability to begin in each
    phase. Erlang, hyperexponential and Coxian distributions are special cases."""

    dist: Literal["phase_type"]
    start: list[Probability]
    means: list[PositiveSeconds]
    then: list[list[Probability]]

    @model_validator(mode="after")
    def _fits(self):
        k = len(self.means)
        check_weights(self.start, k, "means", name="start")
        if len(self.then) != k or any(len(row) != k for row in self.then):
            raise trouble(f"then needs {k} rows of {k} probabilities, one for each phase in means")
        if any(sum(row) > 1 + 1e-9 for row in self.then):
            raise trouble("each row of then must sum to at most 1; what is missing to 1 ends the time")
        if np.abs(np.linalg.eigvals(np.asarray(self.then))).max() > 1 - 1e-6:
            raise trouble("some phases are never left for good; let a row of then sum to less than 1")
        return self

    def _draw(self, generator, n):
        # Block by block: all values of a block go through their phases together, and the blocks make a
        # longer sample begin like a shorter one.
        return in_blocks(self._block, generator, n)

    def _block(self, generator, n):
        ends = np.hstack([np.asarray(self.then), 1 - np.asarray(self.then).sum(1, keepdims=True)])
        ahead = np.cumsum(ends, axis=1)
        ahead[:, -1] = 1.0
        means = np.asarray(self.means)
        phase = choices(generator, self.start, n)
        total = np.zeros(n)
        alive = np.arange(n)
        while alive.size:
            total[alive] += generator.standard_exponential(alive.size) * means[phase]
            phase = (generator.random(alive.size)[:, None] >= ahead[phase]).sum(1)
            on = phase < len(means)
            alive, phase = alive[on], phase[on]
        return total

    def _mean(self):
        k = len(self.means)
        return float(np.asarray(self.start) @ np.linalg.solve(np.eye(k) - np.asarray(self.then), np.asarray(self.means)))


class Empirical(_Distribution):
    """One of the `values`, each as likely as its weight (all alike without weights)."""

    dist: Literal["empirical"]
    values: Annotated[list[Seconds], Field(min_length=1)]
    weights: list[Annotated[float, Field(ge=0)]] | None = None

    @model_validator(mode="after")
    def _fits(self):
        if self.weights is not None and (len(self.weights) != len(self.values) or not 0 < sum(self.weights) < math.inf):
            raise trouble("weights needs one number ≥ 0 for each value, not all 0")
        return self

    def _draw(self, generator, n):
        weights = self.weights or [1.0] * len(self.values)
        return np.asarray(self.values)[choices(generator, np.asarray(weights) / sum(weights), n)]

    def _mean(self):
        return float(np.average(self.values, weights=self.weights))


class Mixture(_Distribution):
    """With probability `weights[i]` the distribution `parts[i]`."""

    dist: Literal["mixture"]
    weights: list[Probability]
    parts: list[Distribution]

    @model_validator(mode="after")
    def _fits(self):
        check_weights(self.weights, len(self.parts), "parts")
        return self

    def _draw(self, generator, n):
        pick, *rest = generator.spawn(1 + len(self.parts))
        drawn = np.stack([part.sample(g, n) for part, g in zip(self.parts, rest, strict=True)])
        return drawn[choices(pick, self.weights, n), np.arange(n)]

    def _mean(self):
        return float(np.dot(self.weights, [part.mean_seconds for part in self.parts]))


Distribution = Annotated[
    Union[
        Exponential, Deterministic, Uniform, Triangular, Lognormal, Gamma, Erlang, Weibull,
        Hyperexponential, PhaseType, Empirical, Mixture,
    ],
    Field(discriminator="dist"),
]
Mixture.model_rebuild()


def choices(generator: np.random.Generator, weights, n: int) -> np.ndarray:
    """n indices, index i with probability weights[i]."""
    bounds = np.cumsum(np.asarray(weights, float))
    return np.minimum(np.searchsorted(bounds / bounds[-1], generator.random(n), side="right"), len(bounds) - 1)


def in_blocks(draw, generator: np.random.Generator, n: int, size: int = 1024) -> np.ndarray:
    """n values drawn in whole blocks, the last one cut, so that a longer sample begins like a shorter one."""
    if n == 0:
        return np.empty(0)
    return np.concatenate([draw(generator, size) for _ in range(-(-n // size))])[:n]


def check_weights(weights, n: int, of: str, name: str = "weights") -> None:
    """Raise unless there are n weights that sum to 1."""
    if len(weights) != n or n == 0:
        raise trouble(f"{name} needs one probability for each entry of {of} ({n} there, {len(weights)} here)")
    if abs(sum(weights) - 1) > 1e-6:
        raise trouble(f"{name} must sum to 1 (they sum to {sum(weights):g})")
