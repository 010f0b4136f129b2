"""M/M/n/K and M/M/n/K+M: a line with so many waiting places and no more. Exact.

Birth and death; the wait of a call that finds k others waiting is a sum of exponentials with rates
nμ + jθ, j = 0 … k, so e^(−θ·wait) has a Beta(nμ/θ, k + 1) distribution (without impatience the wait is
Erlang-distributed), which makes every figure a finite sum of positive numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.special import betainc, betaincc, gammainc, gammaincc, logsumexp

from simulation.erlang import erlang_b
from simulation.steady_state import HOUR, Callers, SteadyState, number, whole

MAX_PLACES = 1_000_000


@dataclass(frozen=True)
class WaitingPlaces(SteadyState):
    """`places` calls may wait (0: Erlang B); the next one is blocked.

    `patience`: mean of an exponential patience in seconds; inf: nobody leaves the queue.
    """

    places: int = field(kw_only=True)
    patience: float = field(default=math.inf, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        places = whole("places", self.places, high=MAX_PLACES, remedy="leave it out for a queue without end")
        object.__setattr__(self, "places", places)
        number("patience", self.patience, open_low=True, remedy="callers without patience: take 0 places")

    @property
    def _leave(self) -> float:
        return 1 / self.patience

    @property
    def _serve(self) -> float:
        return self.agents / self.aht

    @cached_property
    def _weights(self) -> np.ndarray:
        """Logarithms of the chances (times a constant) of the states of `_found`."""
        arrive = self.calls / HOUR
        with np.errstate(divide="ignore"):
            steps = np.log(arrive) - np.log(self._serve + self._leave * np.arange(1, self.places + 1))
            # All states with a free agent, as a multiple of the state where all are just busy.
            idle = np.log(self.agents) - np.log(self.offered_load) - np.log(erlang_b(self.offered_load, self.agents - 1))
        return np.concatenate([[idle, 0.0], np.cumsum(steps)])

    @cached_property
    def _found(self) -> np.ndarray:
        """Probability that an agent is free, then that all are busy and k calls wait, k = 0 … places."""
        weights = self._weights
        return np.exp(weights - logsumexp(weights)) if weights[0] < math.inf else (weights == math.inf).astype(float)

    @property
    def _queued(self) -> np.ndarray:
        """Probability of finding k waiting and a place free, k = 0 … places − 1."""
        return self._found[1:-1]

    @cached_property
    def _answer(self) -> np.ndarray:
        """Probability that a call which finds k waiting is answered in the end."""
        ahead = np.arange(1, self.places + 1)
        return self._serve / (self._serve + self._leave * ahead)

    @property
    def blocking(self) -> float:
        return float(self._found[-1])

    @property
    def delay_probability(self) -> float:
        return float(self._queued.sum()) / (1 - self.blocking) if self.blocking < 1 else 0.0

    @property
    def abandonment(self) -> float:
        ahead = np.arange(1, self.places + 1)
        return float(self._queued @ (self._leave * ahead / (self._serve + self._leave * ahead)))

    @property
    def answered(self) -> float:
        return float(self._found[0] + self._queued @ self._answer)

    @property
    def queue_length(self) -> float:
        return float(self._found[1:] @ np.arange(self.places + 1))

    @property
    def mean_wait(self) -> float:
        # min(wait until served, patience) of one who finds k waiting: k + 1 departures from the queue's head.
        return self._waits(until_answer=False) / (1 - self.blocking) if self.blocking < 1 else 0.0

    @property
    def mean_wait_delayed(self) -> float:
        # From the states themselves, for it exists even where a delay is too rare for a float.
        weights = self._weights[1:-1]
        if not len(weights):
            return 0.0
        ahead = np.arange(1, self.places + 1)
        return float(np.exp(weights - logsumexp(weights)) @ (ahead / (self._serve + self._leave * ahead)))

    @property
    def asa(self) -> float:
        return self._waits(until_answer=True) / self.answered if self.answered else math.nan

    @property
    def mean_wait_abandoned(self) -> float:
        if not self.abandonment:
            return math.nan
        return max(self._waits(until_answer=False) - self._waits(until_answer=True), 0.0) / self.abandonment

    def _waits(self, *, until_answer: bool) -> float:
        """E[wait; delayed], or of those only who are answered."""
        ahead = np.arange(1, self.places + 1)
        if not until_answer:
            return float(self._queued @ (ahead / (self._serve + self._leave * ahead)))
        # Given an answer, all departures ahead were a rate θ faster.
        return float(self._queued @ (self._answer * np.cumsum(1 / (self._serve + self._leave * ahead))))

    def answered_within(self, seconds: float) -> float:
        return float(self._found[0] + self._queued @ self._answered(seconds))

    def waiting_longer(self, seconds: float, of: Callers = "admitted") -> float:
        if of == "answered":
            late = float(self._queued @ (self._answer - self._answered(seconds)))
            return max(late, 0.0) / self.answered if self.answered else 0.0
        part = float(self._queued.sum()) if of == "delayed" else 1 - self.blocking
        return float(self._queued @ self._waiting(seconds)) / part if part else 0.0

    def abandoned_within(self, seconds: float) -> float:
        if not self._leave:
            return 0.0
        still, answered = self._waiting(seconds), self._answered(seconds)
        return max(float(self._queued @ (1 - still - answered)), 0.0)

    def _waiting(self, t: float) -> np.ndarray:
        ahead = np.arange(1, self.places + 1)
        if not self._leave:
            return gammaincc(ahead, self._serve * t)
        return math.exp(-t / self.patience) * betainc(self._serve / self._leave, ahead, math.exp(-t / self.patience))

    def _answered(self, t: float) -> np.ndarray:
        ahead = np.arange(1, self.places + 1)
        if not self._leave:
            return gammainc(ahead, self._serve * t)
        return self._answer * betaincc(self._serve / self._leave + 1, ahead, math.exp(-t / self.patience))
