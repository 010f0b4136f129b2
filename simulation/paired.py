"""Two scenarios on the same calls: paired differences, which need far fewer replications than two separate runs.

    comparison = compare(model_a, model_b, workers=2)
    comparison.difference("service_level")              # b − a: Estimate; None fields as in Result.get
    comparison.difference("asa", type="billing")
    comparison.a, comparison.b                          # the two Results
    comparison.to_dict()

Both run with the seed, the number of replications (or precision, then asked of the difference) and the
confidence of the first. A difference is real, at that confidence, when its interval does not hold 0.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import t as student

from simulation.accumulate import RATIOS, TOP, UNDER, Moments
from simulation.engine import simulate
from simulation.metrics import COLUMN, METRICS
from simulation.replicate import Progress, Runner, fold
from simulation.results import SCOPE_LETTER, Estimate, Result, Row, Stop, rows
from simulation.run_model import RunModel
from simulation.tally import Tally, tally
from simulation.warm_up import mser


class PairMoments:
    """Moments of both scenarios and of their products, row by common row."""

    def __init__(self, place_a: np.ndarray, place_b: np.ndarray):
        self.a, self.b = Moments(), Moments()
        self.place_a, self.place_b = place_a, place_b
        self.same: np.ndarray | None = None

    @property
    def n(self) -> int:
        return self.a.n

    def add(self, pair: tuple[Tally, Tally]) -> None:
        """Fold in one replication of both."""
        first, second = pair
        xa, xb = first.counts[self.place_a], second.counts[self.place_b]
        before = xa - (0.0 if self.a.mean is None else self.a.mean[self.place_a])
        self.a.add(first)
        self.b.add(second)
        after = xb - self.b.mean[self.place_b]
        if self.same is None:
            self.same = np.zeros_like(xa)
            self.top_under, self.under_top = np.zeros((len(xa), len(RATIOS))), np.zeros((len(xa), len(RATIOS)))
        self.same += before * after
        self.top_under += before[:, TOP] * after[:, UNDER]
        self.under_top += before[:, UNDER] * after[:, TOP]

    def estimates(self, name: str, confidence: float, rows=slice(None)) -> tuple[np.ndarray, np.ndarray]:
        """(mean, half of the confidence interval) of b − a, for the common rows."""
        metric = METRICS[name]
        ia, ib = self.place_a[rows], self.place_b[rows]
        a, b = self.a, self.b
        if metric.under is None:
            c = COLUMN[metric.top]
            difference = (b.mean[ib, c] - a.mean[ia, c]) * metric.factor
            spread = (a.squares[ia, c] + b.squares[ib, c] - 2 * self.same[rows, c]) * metric.factor**2
        else:
            j = RATIOS.index(metric)
            top, under = TOP[j], UNDER[j]
            with np.errstate(divide="ignore", invalid="ignore"):
                da, db = a.mean[ia, under], b.mean[ib, under]
                ra, rb = np.where(da > 0, a.mean[ia, top] / da, np.nan), np.where(db > 0, b.mean[ib, top] / db, np.nan)
                difference = rb - ra
                own_a = (a.squares[ia, top] - 2 * ra * a.products[ia, j] + ra**2 * a.squares[ia, under]) / da**2
                own_b = (b.squares[ib, top] - 2 * rb * b.products[ib, j] + rb**2 * b.squares[ib, under]) / db**2
                both = (
                    self.same[rows, top] - rb * self.top_under[rows, j] - ra * self.under_top[rows, j] + ra * rb * self.same[rows, under]
                ) / (da * db)
                spread = own_a + own_b - 2 * both
        if self.n < 2:
            return difference, np.full(np.shape(difference), np.nan)
        # Rounding may leave a shade below zero where the scenarios agree.
        error = np.sqrt(np.maximum(spread, 0.0) / (self.n - 1) / self.n)
        return difference, student.ppf(0.5 + confidence / 2, self.n - 1) * error


@dataclass(frozen=True)
class Difference(Estimate):
    """b − a of a metric."""

    @property
    def real(self) -> bool | None:
        """The interval does not hold 0; None while there is no interval."""
        return None if self.low is None else not self.low <= 0 <= self.high


class Comparison:
    """Two scenarios and what differs."""

    def __init__(self, a: Result, b: Result, common: list[Row], moments: PairMoments, stop: Stop, elapsed: float):
        self.a, self.b, self.rows, self.stop, self.elapsed = a, b, common, stop, elapsed
        self._moments = moments
        self._place = {row: i for i, row in enumerate(common)}
        self._values: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def difference(self, metric: str, *, interval: int | None = None, type: str | None = None, group: str | None = None) -> Difference:
        """b − a of a metric, with its interval. KeyError where one of the two does not give it (percentiles: compare a and b)."""
        row = Row(interval, type, group)
        if metric not in METRICS or row not in self._place or SCOPE_LETTER[row.scope] not in METRICS[metric].scopes:
            raise KeyError(f"{metric} is not given for {row} in both scenarios")
        if metric not in self._values:
            self._values[metric] = self._moments.estimates(metric, self.a.confidence)
        mean, half = (v[self._place[row]] for v in self._values[metric])
        if math.isnan(mean):
            return Difference(None, None, None, self.a.replications)
        low, high = (None, None) if math.isnan(half) else (float(mean - half), float(mean + half))
        return Difference(float(mean), low, high, self.a.replications)

    def to_dict(self) -> dict:
        """JSON-ready: both results (without detail) and the differences by scope."""
        differences = []
        for row in self.rows:
            for metric in METRICS.values():
                if SCOPE_LETTER[row.scope] in metric.scopes:
                    d = self.difference(metric.name, interval=row.interval, type=row.type, group=row.group)
                    differences.append({
                        "scope": row.scope, "interval": row.interval, "type": row.type, "group": row.group, "metric": metric.name,
                        "mean": d.mean, "low": d.low, "high": d.high, "half_width": d.half_width, "real": d.real,
                    })
        return {"a": self.a.to_dict(detail=False), "b": self.b.to_dict(detail=False), "replications": self.a.replications, "differences": differences}


class _ObservePair:
    """The work of a chunk: both scenarios on the same replications."""

    def __init__(self, models: tuple[RunModel, RunModel], warm_ups: tuple[float, float]):
        self.models, self.warm_ups = models, warm_ups

    def __call__(self, replications: list[int]) -> list[tuple[Tally, Tally]]:
        return [
            tuple(tally(m, simulate(m, r), m.grid.edges, w) for m, w in zip(self.models, self.warm_ups, strict=True))
            for r in replications
        ]


def compare(
    a: RunModel, b: RunModel, *, workers: int = 1, cluster: str | None = None, progress: Callable[[Progress], None] | None = None,
) -> Comparison:
    """Simulate two scenarios on common random numbers and return their differences, b − a.

    The second runs with the seed, replications and confidence of the first; `batches` counts as one replication.
    """
    began = time.perf_counter()
    b = replace(b, seed=a.seed, confidence=a.confidence, replications=a.replications, precision=a.precision, batches=None)
    a = replace(a, batches=None)
    rows_a, rows_b = rows(a), rows(b)
    place_b = {row: i for i, row in enumerate(rows_b)}
    same_day = a.grid.labels == b.grid.labels
    common = [row for row in rows_a if row in place_b and (same_day or row.interval is None)]
    moments = PairMoments(np.asarray([rows_a.index(row) for row in common]), np.asarray([place_b[row] for row in common]))
    warm_ups = tuple(mser(m) if m.warm_up is None else m.warm_up for m in (a, b))
    with Runner(workers, cluster).open() as runner:
        stop = fold(a, runner, _ObservePair((a, b), warm_ups), moments, progress, began)
    elapsed = time.perf_counter() - began
    results = [Result(m, x, stop, w, elapsed) for m, x, w in zip((a, b), (moments.a, moments.b), warm_ups, strict=True)]
    return Comparison(*results, common, moments, stop, elapsed)
