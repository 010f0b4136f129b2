"""Service figures of calls that happened: the one place in which they are defined, for wallboard, history and planner.

offered: calls that asked for an agent, whatever became of them. service level: answered within T ÷ offered.
abandonment: left unanswered by their own choice ÷ offered, call-backs that reached nobody included. short abandons: of
these, left within the short-abandon time; they count in both, and `service_level_without_short` leaves them out. ASA: mean
wait of the answered, call-backs with their whole wait. The simulation counts the same (`simulation.metrics`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulation.history import ABANDONED, ANSWERED, BLOCKED, History


@dataclass(frozen=True)
class Service:
    """Counts of calls; shares are 0..1 and None where nothing was offered."""

    offered: int
    answered: int
    within: int
    """Answered within T."""
    abandoned: int
    short: int
    """Abandoned within the short-abandon time."""
    waited_s: float
    """Sum of the waits of the answered."""

    @property
    def service_level(self) -> float | None:
        """Answered within T ÷ offered."""
        return self.within / self.offered if self.offered > 0 else None

    @property
    def service_level_without_short(self) -> float | None:
        """Answered within T ÷ (offered − short abandons)."""
        return self.within / (self.offered - self.short) if self.offered > self.short else None

    @property
    def abandonment(self) -> float | None:
        """Abandoned ÷ offered."""
        return self.abandoned / self.offered if self.offered > 0 else None

    @property
    def asa_s(self) -> float | None:
        """Mean wait of the answered, seconds."""
        return self.waited_s / self.answered if self.answered > 0 else None


def service(answered: Sequence[float], abandoned: Sequence[float], others: int = 0, *, within_s: float, short_s: float) -> Service:
    """The figures of calls by their waits (seconds) until answer or leaving. others: offered, and neither (waiting, a message left, …)."""
    answered, abandoned = np.asarray(answered, float), np.asarray(abandoned, float)
    return Service(
        len(answered) + len(abandoned) + others, len(answered), int((answered <= within_s).sum()), len(abandoned),
        int((abandoned <= short_s).sum()), float(answered.sum()),
    )  # fmt: skip


def of_history(history: History, *, within_s: float, short_s: float) -> Service:
    """The figures of recorded calls."""
    waits = {code: history.wait[history.outcome == code] for code in (ANSWERED, ABANDONED)}
    return service(waits[ANSWERED], waits[ABANDONED], int((history.outcome == BLOCKED).sum()), within_s=within_s, short_s=short_s)
