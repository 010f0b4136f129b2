"""The calls of one replication, drawn before it runs.

Streams are separate by purpose, call type and replication (`SeedSequence`), so call number i of a type
arrives at the same moment with the same handling time, patience and menu path in every scenario and on
every machine; what a scenario changes (agents, routing, limits) cannot shift them. Draws for what may or
may not happen later (redials, transfers, call-backs) are keyed by call and attempt for the same reason.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.distribution import Distribution
from simulation.run_model import RunModel, RunType

# What a stream is for. The numbers are part of the meaning of a seed: never renumber.
ARRIVALS, TALK, WRAP_UP, PATIENCE, IVR, IVR_PATH, BUSYNESS, SHRINKAGE, ROUTING = range(9)
REDIAL, REDIAL_DELAY, CALL_BACK, TRANSFER, AGAIN_PATIENCE, MOVED_TALK, MOVED_WRAP, MOVED_PATIENCE, REACHED, BEHIND_PATIENCE = range(20, 30)

CHUNK = 256

# How a caller leaves the menu.
TO_AGENT, CONTAINED, IVR_LEFT = range(3)


@dataclass(frozen=True)
class Calls:
    """First attempts in the order in which they meet the engine; arrays of one length, times in seconds."""

    type: np.ndarray
    """int: index of the call type."""
    index: np.ndarray
    """int: number of the call within its type."""
    dial: np.ndarray
    """Moment of dialling."""
    at: np.ndarray
    """Moment of leaving the menu (of dialling where there is none)."""
    path: np.ndarray
    """int: TO_AGENT, CONTAINED or IVR_LEFT."""
    talk: np.ndarray
    wrap: np.ndarray
    patience: np.ndarray
    """inf: unlimited."""


class Streams:
    """The random numbers of one replication."""

    def __init__(self, model: RunModel, replication: int):
        self.model, self.replication = model, replication
        self._chunks: dict[tuple[int, ...], np.ndarray] = {}

    def generator(self, purpose: int, *key: int) -> np.random.Generator:
        """A fresh generator for a purpose and a key (type, attempt, …)."""
        sequence = np.random.SeedSequence(self.model.seed, spawn_key=(self.replication, purpose, *key))
        return np.random.Generator(np.random.PCG64(sequence))

    def later(self, purpose: int, key: int, index: int, attempt: int, of: Distribution | None = None) -> float:
        """The value for one call and attempt: uniform on [0, 1), or of a distribution.

        Drawn 256 calls at a time, because making a generator costs more than many draws.
        """
        chunk, place = divmod(index, CHUNK)
        where = (purpose, key, attempt, chunk)
        values = self._chunks.get(where)
        if values is None:
            generator = self.generator(purpose, key, attempt, chunk)
            values = generator.random(CHUNK) if of is None else of.sample(generator, CHUNK)
            self._chunks[where] = values
        return float(values[place])

    def busyness(self) -> np.ndarray:
        """Factor of each day; mean 1."""
        days = len(self.model.grid.day_names)
        shape = self.model.busyness_shape
        return np.ones(days) if shape is None else self.generator(BUSYNESS).gamma(shape, 1 / shape, days)

    def calls(self) -> Calls:
        """All first attempts of the replication."""
        model = self.model
        parts = [self._of_type(k, t) for k, t in enumerate(model.types)]
        if len(parts) == 1:
            joined = parts[0]
        else:
            joined = Calls(*(np.concatenate(column) for column in zip(*(vars(p).values() for p in parts), strict=True)))
        # With trunks the engine itself walks a call through the menu, so it meets it when it dials.
        meets = joined.dial if model.trunks is not None else joined.at
        if len(parts) > 1 or (meets[1:] < meets[:-1]).any():
            order = np.argsort(meets, kind="stable")
            joined = Calls(*(column[order] for column in vars(joined).values()))
        return joined

    def arrivals(self, t: RunType) -> np.ndarray:
        """Moments at which calls of a type dial, ascending."""
        a = t.arrivals
        if a.gaps is not None:
            return self._renewal(t)
        if a.cumulative is None:
            return a.at
        cumulative = a.cumulative
        if self.model.busyness_shape is not None:
            steps = np.diff(cumulative) * self.busyness()[a.day[:-1]]
            cumulative = np.concatenate([[0.0], np.cumsum(steps)])
        expected = cumulative[-1]
        if expected <= 0:
            return np.empty(0)
        # Unit-rate Poisson moments through the inverse of the cumulative rate: with more load the same
        # calls come earlier, which keeps scenarios comparable call by call.
        moments = _unit_poisson(self.generator(ARRIVALS, t.key), expected)
        return np.interp(moments, cumulative, a.at)

    def _renewal(self, t: RunType) -> np.ndarray:
        out = []
        for day, (start, close) in enumerate(self.model.grid.spans):
            n = int((close - start) / t.arrivals.gaps.mean_seconds * 1.1) + 100
            while True:
                # A longer sample begins like a shorter one, so growing it changes nothing that was drawn.
                moments = start + np.cumsum(t.arrivals.gaps.sample(self.generator(ARRIVALS, t.key, day), n))
                if moments[-1] >= close:
                    break
                n *= 2
            out.append(moments[moments < close])
        return np.concatenate(out)

    def _of_type(self, k: int, t: RunType) -> Calls:
        dial = self.arrivals(t)
        n = len(dial)
        path = np.zeros(n, np.int8)
        at = dial
        if t.ivr is not None:
            stay = t.ivr.duration.sample(self.generator(IVR, t.key), n)
            chance = self.generator(IVR_PATH, t.key).random((n, 2))
            path[chance[:, 0] < t.ivr.contained + t.ivr.hang_up] = IVR_LEFT
            path[chance[:, 0] < t.ivr.contained] = CONTAINED
            at = dial + np.where(path == IVR_LEFT, stay * chance[:, 1], stay)
        grid = self.model.grid
        bins = None if t.talk_factor is None and t.patience_factor is None else np.clip(grid.bins(at), 0, len(grid.labels) - 1)
        talk = t.talk.sample(self.generator(TALK, t.key), n)
        if t.talk_factor is not None:
            talk = talk * t.talk_factor[bins]
        wrap = np.zeros(n) if t.wrap_up is None else t.wrap_up.sample(self.generator(WRAP_UP, t.key), n)
        if t.patience is None:
            patience = np.full(n, np.inf)
        else:
            patience = t.patience.sample(self.generator(PATIENCE, t.key), n)
            if t.patience_factor is not None:
                patience = patience * t.patience_factor[bins]
        return Calls(np.full(n, k, np.int32), np.arange(n), dial, at, path, talk, wrap, patience)


def _unit_poisson(generator: np.random.Generator, until: float) -> np.ndarray:
    """Moments of a Poisson process of rate 1 before `until`."""
    n = int(until + 6 * until**0.5) + 20
    moments = np.cumsum(generator.standard_exponential(n))
    while moments[-1] < until:
        more = np.cumsum(generator.standard_exponential(n // 4 + 20)) + moments[-1]
        moments = np.concatenate([moments, more])
    return moments[: np.searchsorted(moments, until)]
