"""How much of the start to leave out: MSER."""

from __future__ import annotations

import numpy as np

from simulation.engine import simulate
from simulation.run_model import RunModel

PILOTS, POINTS = 5, 400


def mser(model: RunModel) -> float:
    """Warm-up in seconds by the marginal standard error rule (White 1997).

    The number of callers in the system, averaged over a few replications at 400 moments, is cut where the
    standard error of what remains is least; at most the first half is cut.
    """
    pilots = min(PILOTS, model.replications or PILOTS)
    start, close = model.grid.spans[0][0], model.grid.close
    moments = start + (close - start) * (np.arange(POINTS) + 1) / POINTS
    series = np.zeros(POINTS)
    for replication in range(pilots):
        rec = simulate(model, replication)
        left = np.where(np.isnan(rec.end), np.where(np.isnan(rec.gone), np.inf, rec.gone), rec.end)
        there = ~np.isnan(rec.at)
        series += np.searchsorted(np.sort(rec.at[there]), moments, side="right") - np.searchsorted(np.sort(left[there]), moments, side="right")
    return float(moments[cut(series / pilots) - 1]) if cut(series / pilots) else 0.0


def cut(series: np.ndarray) -> int:
    """Number of leading points to drop: least squared standard error of the mean of the rest, at most half."""
    n = len(series)
    tail = np.cumsum(series[::-1])[::-1]
    tail_squares = np.cumsum((series**2)[::-1])[::-1]
    left = n - np.arange(n)
    error = (tail_squares - tail**2 / left) / left**2
    return int(np.argmin(error[: n // 2 + 1]))
