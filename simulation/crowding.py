"""Crowding: patience by how many wait already, and in a surge.

Callers who hear how many are before them, or who call a line that is out of order, give up sooner than others: one
distribution of patience for all lets a long queue grow longer, and wait longer, than it does. Of calls that found many
waiting and those of a surge patience is looked at by itself, by Kaplan–Meier (callers told of their place: Brown et al.
(2005), J. Am. Stat. Assoc. 100, 36–50; Mandelbaum & Zeltyn (2013), Oper. Res. 61, 205–228).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from simulation.history import ABANDONED, History
from simulation.oddities import surges
from simulation.patience_fit import Fit, curve
from simulation.quantity import DAY

SHARES = (0.4, 0.67, 0.88, 0.98)
"""Of the calls that queued, by how many they found waiting: where one class ends and the next begins."""
LEAST_QUEUED = 200
LEAST_ABANDONED = 40
"""Fewer prove nothing: callers of that class are then taken to be as those of the class before it."""

Behind = tuple[tuple[int, Fit], ...]
"""(callers found waiting, patience of who finds so many or more), from 0 on ascending; (): it is the same for all."""


def found_waiting(history: History) -> np.ndarray:
    """int: how many waited already when each call asked for an agent."""
    waits = history.asked & (history.wait > 0)
    begun, over = np.sort(history.offered[waits]), np.sort((history.offered + history.wait)[waits])
    return np.searchsorted(begun, history.offered, side="left") - np.searchsorted(over, history.offered, side="right")


def surging(history: History) -> np.ndarray:
    """bool: the call came in an hour with far more calls than usual (`oddities.surges`)."""
    hours = [day * 24 + hour for day, hour, _, _ in surges(history)]
    return np.isin(np.floor(history.offered / (DAY / 24)).astype(int), hours)


def of_surges(history: History) -> Fit | None:
    """Patience in surges, all kinds of calls together; None where too few gave up in one."""
    queued = surging(history) & (history.wait > 0)
    gave_up = history.outcome[queued] == ABANDONED
    return curve(history.wait[queued], gave_up) if gave_up.sum() >= LEAST_ABANDONED else None


class Crowding:
    """Patience of a line's calls by how many they found waiting; surges are left out."""

    def __init__(self, history: History):
        self._history, self._found = history, found_waiting(history)
        self._queued = (history.wait > 0) & ~surging(history)
        self._fits: dict[tuple[str, int], Fit] = {}
        found = self._found[self._queued]
        edges = np.unique(np.ceil(np.quantile(found, SHARES)).astype(int)) if len(found) else np.empty(0, int)
        self._lows = [0, *(int(edge) for edge in edges if edge > 0)]

    def of(self, circles: Iterable[tuple[str, np.ndarray]]) -> Behind:
        """circles: (name, bool of the calls), a kind's own calls first and then those from which it borrows in each class."""
        wide = list(circles)
        out: list[tuple[int, Fit]] = []
        for low, high in zip(self._lows, [*self._lows[1:], np.inf]):
            fit = self._of_class(wide, low, high)
            if fit is None:
                break
            out.append((low, fit))
        return tuple(out) if len(out) > 1 else ()

    def _of_class(self, circles: list[tuple[str, np.ndarray]], low: int, high: float) -> Fit | None:
        inside = self._queued & (self._found >= low) & (self._found < high)
        for name, which in circles:
            if (name, low) in self._fits:
                return self._fits[name, low]
            mine = which & inside
            gave_up = self._history.outcome[mine] == ABANDONED
            if mine.sum() >= LEAST_QUEUED and gave_up.sum() >= LEAST_ABANDONED:
                self._fits[name, low] = curve(self._history.wait[mine], gave_up)
                return self._fits[name, low]
        return None
