"""Means, spreads and what goes together, folded in one replication at a time.

Memory does not grow with the number of replications. Replications are folded in their order, so the
result is the same to the last bit whoever computed them.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import t as student

from simulation.metrics import COLUMN, METRICS, QUANTILES
from simulation.tally import WAIT_EDGES, Tally

RATIOS = [m for m in METRICS.values() if m.under is not None]
TOP = np.asarray([COLUMN[m.top] for m in RATIOS])
UNDER = np.asarray([COLUMN[m.under] for m in RATIOS])
RARE = 10
"""Calls of a kind in all replications, below which the spread between replications says too little."""


class Moments:
    """Mean, sum of squares and sums of products of the counts over replications (Welford's update)."""

    def __init__(self) -> None:
        self.n = 0
        self.mean: np.ndarray | None = None

    def add(self, tally: Tally) -> None:
        """Fold in one replication."""
        x = tally.counts
        if self.mean is None:
            self.mean = np.zeros_like(x)
            self.squares = np.zeros_like(x)
            self.products = np.zeros((len(x), len(RATIOS)))
            self.waits = Waits(tally.waits)
        self.n += 1
        before = x - self.mean
        self.mean = self.mean + before / self.n
        after = x - self.mean
        self.squares += before * after
        self.products += before[:, TOP] * after[:, UNDER]
        self.waits.add(tally.waits)

    def estimates(self, name: str, confidence: float, rows=slice(None)) -> tuple[np.ndarray, np.ndarray]:
        """(mean, half of the confidence interval) of a metric for all rows; nan where there is none."""
        metric = METRICS[name]
        if metric.under is None:
            c = COLUMN[metric.top]
            mean = self.mean[rows, c] * metric.factor
            variance = self.squares[rows, c] * metric.factor**2
        else:
            j = RATIOS.index(metric)
            top, under = self.mean[rows, TOP[j]], self.mean[rows, UNDER[j]]
            with np.errstate(divide="ignore", invalid="ignore"):
                mean = np.where(under > 0, top / under, np.nan)
                spread = (
                    self.squares[rows, TOP[j]] - 2 * mean * self.products[rows, j] + mean**2 * self.squares[rows, UNDER[j]]
                )
                variance = np.maximum(spread, 0.0) / under**2
            if metric.counts_calls:
                variance = np.fmax(variance, self._rare(top, under))
        return mean, self._half(variance, confidence)

    def _rare(self, top: np.ndarray, under: np.ndarray) -> np.ndarray:
        """Least sum of squares of a share of calls of which fewer than RARE were (or were not) seen.

        What was never seen has no spread between replications, yet 0 ± 0 would claim to be certain. Agresti and
        Coull (1998): as if two more calls of each kind had been seen.
        """
        seen, calls = self.n * top, self.n * under
        share = (seen + 2) / (calls + 4)
        least = share * (1 - share) / (calls + 4) * (self.n - 1) * self.n
        return np.where((calls > 0) & (np.minimum(seen, calls - seen) < RARE), least, 0.0)

    def count(self, name: str, row: int, confidence: float) -> tuple[float, float]:
        """(mean, half of the confidence interval) of a count of `simulation.metrics.COUNTS` per replication."""
        c = COLUMN[name]
        return float(self.mean[row, c]), float(self._half(self.squares[row, c], confidence))

    def _half(self, sum_of_squares: np.ndarray, confidence: float) -> np.ndarray:
        if self.n < 2:
            return np.full(np.shape(sum_of_squares), np.nan)
        error = np.sqrt(sum_of_squares / (self.n - 1) / self.n)
        return student.ppf(0.5 + confidence / 2, self.n - 1) * error

    def quantiles(self, confidence: float) -> np.ndarray:
        """[rows of waits, quantiles, (value, low, high)] in seconds; nan where nobody was answered."""
        return self.waits.quantiles(self.n, confidence)


class Waits:
    """The distribution of waits over replications: pooled, with an interval for each point of it."""

    def __init__(self, like: np.ndarray) -> None:
        rows, size = like.shape
        self.mean = np.zeros((rows, size))
        self.squares = np.zeros((rows, size))
        self.products = np.zeros((rows, size))
        self.total_squares = np.zeros(rows)
        self.n = 0

    def add(self, waits: np.ndarray) -> None:
        """Fold in the answered calls by wait of one replication."""
        below = np.cumsum(waits, axis=1, dtype=float)
        self.n += 1
        before = below - self.mean
        self.mean += before / self.n
        after = below - self.mean
        self.squares += before * after
        # Of each point with the number answered (the last column): what a ratio's interval needs.
        self.products += before * after[:, -1:]

    def curve(self, row: int, n: int, confidence: float) -> tuple[np.ndarray, np.ndarray]:
        """(share answered within each of WAIT_EDGES, half of its interval) of a row."""
        total = self.mean[row, -1]
        if total <= 0:
            return np.full(len(WAIT_EDGES), np.nan), np.full(len(WAIT_EDGES), np.nan)
        share = self.mean[row] / total
        if n < 2:
            return share, np.full(len(share), np.nan)
        spread = self.squares[row] - 2 * share * self.products[row] + share**2 * self.squares[row, -1]
        error = np.sqrt(np.maximum(spread, 0) / (n - 1) / n) / total
        return share, student.ppf(0.5 + confidence / 2, n - 1) * error

    def quantiles(self, n: int, confidence: float) -> np.ndarray:
        out = np.full((len(self.mean), len(QUANTILES), 3), np.nan)
        for row in range(len(out)):
            share, half = self.curve(row, n, confidence)
            if np.isnan(share[0]):
                continue
            for j, q in enumerate(QUANTILES):
                # Woodruff: where the band of the distribution crosses q.
                bounds = (share, share + half, share - half)
                out[row, j] = [np.nan if np.isnan(b[0]) else _crossing(np.minimum(np.maximum.accumulate(b), 1.0), q) for b in bounds]
        return out


def _crossing(share: np.ndarray, q: float) -> float:
    """The wait at which the share reaches q, straight lines within a bin; the longest when it never does."""
    if share[0] >= q:
        return 0.0
    i = int(np.searchsorted(share, q, side="left"))
    if i >= len(share):
        return float(WAIT_EDGES[min(int(np.searchsorted(share, share[-1])), len(share) - 1)])
    low, high = share[i - 1], share[i]
    return float(WAIT_EDGES[i - 1] + (q - low) / (high - low) * (WAIT_EDGES[i] - WAIT_EDGES[i - 1]))
