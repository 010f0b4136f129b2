"""M/M/n+G: agents who answer in order of arrival, callers whose patience has any distribution. Exact.

F. Baccelli, G. Hebuterne, "On queues with impatient customers" (1981); in the form of S. Zeltyn and
A. Mandelbaum, "Call centers with impatient customers: many-server asymptotics of the M/M/n+G queue"
(Queueing Systems 51, 2005). The offered wait V (what a caller of endless patience would wait) has, above 0,
the density λ·exp(φ(x))·P(V = 0)·B(n − 1), with φ(x) = (λ − nμ)x − λ∫₀ˣG, G the distribution function of patience
and B the Erlang loss probability. All else is an integral over it.

The integrals keep their digits at any size: φ is concave, so it is cut into panels where it moves little
(and where G is a smooth curve), each integrated by Gauss–Legendre with the largest φ taken out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.polynomial import legendre
from scipy.special import expit

from simulation.patience import Patience
from simulation.steady_state import HOUR, Callers, FormulaError, SteadyState, Unstable, number

_NODES = 16
_X, _W = legendre.leggauss(_NODES)
_TO_SERIES = np.linalg.inv(legendre.legvander(_X, _NODES - 1))
# Integral from −1 to each node, and the nodes' series integrated from −1 (one degree higher).
_INTEGRATE = np.stack([legendre.legint(row, lbnd=-1) for row in np.eye(_NODES)])
_UP_TO_NODE = legendre.legvander(_X, _NODES) @ _INTEGRATE.T @ _TO_SERIES
_NEGLIGIBLE = 80.0  # e^-80 ≈ 1e-35 of the largest density
_STEP = 4.0  # exp over a range of e^4 is smooth for 16 nodes
_MAX_PANELS, _MAX_ROUNDS = 50_000, 80


@dataclass(frozen=True)
class GeneralPatience(SteadyState):
    """M/M/n+G. `patience` is a distribution of seconds (`simulation.patience`, or one of scipy.stats).

    With a mass at zero the callers in it leave at once if no agent is free; `delay_probability` counts them
    (they found every agent busy). Errors: FormulaError; Unstable when even with the leavers the queue grows.
    """

    patience: float | Patience = field(kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        distribution = self._distribution()
        if not (hasattr(distribution, "cdf") and hasattr(distribution, "sf")):
            raise FormulaError(f"patience is {distribution!r}: give a distribution with cdf and sf, times in seconds")
        object.__setattr__(self, "_wait", _OfferedWait(self.calls / HOUR, self.agents / self.aht, distribution))

    def _distribution(self) -> Patience:
        return self.patience  # type: ignore[return-value]

    @cached_property
    def delay_probability(self) -> float:  # type: ignore[override]
        from simulation.erlang import erlang_b

        blocked = erlang_b(self.offered_load, self.agents - 1)
        if not blocked or not self.calls:
            return 0.0
        wait: _OfferedWait = self._wait  # type: ignore[attr-defined]
        return float(expit(math.log(self.calls / HOUR) + wait.log_total + math.log(blocked)))

    @cached_property
    def _conditional(self) -> dict[str, float]:
        return self._wait.means()  # type: ignore[attr-defined]

    @property
    def abandonment(self) -> float:
        return self.delay_probability * self._conditional["abandoned"]

    @property
    def abandonment_delayed(self) -> float:
        """Abandoned ÷ those who found every agent busy."""
        return self._conditional["abandoned"]

    @property
    def answered(self) -> float:
        return (1 - self.delay_probability) + self.delay_probability * self._conditional["answered"]

    @property
    def mean_wait(self) -> float:
        return self.delay_probability * self._conditional["wait"]

    @property
    def mean_wait_delayed(self) -> float:
        return self._conditional["wait"]

    @property
    def mean_offered_wait(self) -> float:
        """Mean wait that a caller of endless patience would meet, seconds."""
        return self.delay_probability * self._conditional["offered"]

    @property
    def asa(self) -> float:
        return self.delay_probability * self._conditional["wait of answered"] / self.answered if self.answered else math.nan

    @property
    def mean_wait_abandoned(self) -> float:
        share = self._conditional["abandoned"]
        return self._conditional["wait of abandoned"] / share if share else math.nan

    def answered_within(self, seconds: float) -> float:
        delayed = self.delay_probability
        return (1 - delayed) + delayed * self._wait.answered_within(seconds)  # type: ignore[attr-defined]

    def abandoned_within(self, seconds: float) -> float:
        return self.delay_probability * self._wait.abandoned_within(seconds)  # type: ignore[attr-defined]

    def waiting_longer(self, seconds: float, of: Callers = "admitted") -> float:
        wait: _OfferedWait = self._wait  # type: ignore[attr-defined]
        if of == "delayed":
            return wait.waiting_longer(seconds)
        if of == "answered":
            return self.delay_probability * wait.answered_after(seconds) / self.answered if self.answered else 0.0
        return self.delay_probability * wait.waiting_longer(seconds)


class _OfferedWait:
    """The offered wait of those who find every agent busy: its density on panels, and integrals over it.

    `arrive` calls a second, `serve` (nμ) answers a second when all agents are busy.
    """

    def __init__(self, arrive: float, serve: float, patience: Patience):
        self.arrive, self.serve, self.patience = arrive, serve, patience
        edges = self._first_edges()
        self.left, self.width = edges[:-1], np.diff(edges)
        self.gone, self.still = self._shares(self.left, self.width)
        for _ in range(_MAX_ROUNDS):
            self._integrate_exponent()
            split = self._coarse()
            if not split.any() or len(self.left) > _MAX_PANELS:
                break
            self._halve(split)
        else:
            self._integrate_exponent()
        # Far panels carry nothing and were not refined.
        keep = self._weighty()
        for name in ("left", "width", "gone", "still", "left_until", "waited_until", "exponent"):
            setattr(self, name, getattr(self, name)[keep])
        self.x = _nodes(self.left, self.width)
        self.density = np.exp(self.exponent)
        total = self._integral(self.density)
        self.log_total = math.log(total) + self.peak
        self.density /= total

    def means(self) -> dict[str, float]:
        """Shares and mean times given that every agent was busy."""
        x, gone, still = self.x, self.gone, self.still
        # E[patience; patience < x], from whichever of two equal differences loses less.
        until_gone = np.where(gone < 0.5, x * gone - self.left_until, self.waited_until - x * still)
        return {
            "abandoned": self._integral(self.density * gone),
            "answered": self._integral(self.density * still),
            "offered": self._integral(self.density * x),
            "wait": self._integral(self.density * self.waited_until),
            "wait of answered": self._integral(self.density * x * still),
            "wait of abandoned": self._integral(self.density * np.maximum(until_gone, 0.0)),
        }

    def answered_within(self, t: float) -> float:
        return self._split_integral(self.density * self.still, t)[0]

    def answered_after(self, t: float) -> float:
        return self._split_integral(self.density * self.still, t)[1]

    def abandoned_within(self, t: float) -> float:
        left_before, _ = self._split_integral(self.density * self.gone, t)
        return left_before + _at(self.patience.cdf, t) * self._split_integral(self.density, t)[1]

    def waiting_longer(self, t: float) -> float:
        return _at(self.patience.sf, t) * self._split_integral(self.density, t)[1]

    def _first_edges(self) -> np.ndarray:
        # Doubling from the time scale of single events (φ is bounded above with G taken at the left ends),
        # and below it wide steps down, for patience much shorter than that.
        unit = 1 / (self.arrive + self.serve)
        edges = np.concatenate([[0.0], unit * 2.0 ** np.arange(-60, 0, 4), unit * 2.0 ** np.arange(200)])
        gone = np.asarray(self.patience.cdf(edges), float)
        if not np.all((gone >= 0) & (gone <= 1)) or np.any(np.diff(gone) < -1e-9):
            raise FormulaError(f"patience is {self.patience!r}: its cdf must rise from 0 to at most 1 over times ≥ 0")
        bound = np.concatenate([[0.0], np.cumsum((self.arrive * (1 - gone[:-1]) - self.serve) * np.diff(edges))])
        beyond = np.flatnonzero(bound - np.maximum.accumulate(bound) < -_NEGLIGIBLE)
        if not len(beyond):
            raise Unstable(
                f"offered are {self.arrive * HOUR:g} calls an hour and {1 - gone[-1]:.3g} of the callers never leave, but "
                f"all agents together answer {self.serve * HOUR:g}: the queue would grow without end. Take more agents, "
                f"or give a patience that ends"
            )
        edges = edges[: beyond[0] + 1]
        breaks = np.asarray(getattr(self.patience, "breaks", ()), float)
        return np.union1d(edges, breaks[(breaks > edges[1]) & (breaks < edges[-1])])

    def _shares(self, left: np.ndarray, width: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x = _nodes(left, width)
        return np.asarray(self.patience.cdf(x), float), np.asarray(self.patience.sf(x), float)

    def _integrate_exponent(self) -> None:
        """φ at nodes and edges less its highest edge value (`peak`); ∫₀ˣG `left_until`, ∫₀ˣ(1−G) `waited_until`.

        Both integrals of G serve: one of them loses digits where few have left, the other where most have.
        φ is summed outwards from its peak, so that its size there costs nothing.
        """
        half = (self.width / 2)[:, None]
        few = (self.gone.mean(axis=1) < 0.5)[:, None]
        slope = np.where(few, self.arrive - self.serve - self.arrive * self.gone, self.arrive * self.still - self.serve)
        rise = (slope @ _W) * half[:, 0]
        top = int(np.argmax(np.concatenate([[0.0], np.cumsum(rise)])))
        before = -np.cumsum(rise[:top][::-1])[::-1]
        self.at_edges = np.concatenate([before, [0.0], np.cumsum(rise[top:])])
        self.peak = float(rise[:top].sum())
        self.exponent = self.at_edges[:-1, None] + (slope @ _UP_TO_NODE.T) * half
        self.left_until = _running(self.gone, half)
        self.waited_until = _running(self.still, half)

    def _weighty(self) -> np.ndarray:
        high = np.maximum(np.maximum(self.at_edges[:-1], self.at_edges[1:]), self.exponent.max(axis=1))
        return high > high.max() - _NEGLIGIBLE

    def _coarse(self) -> np.ndarray:
        """Panels to be halved: G not yet a smooth curve there, or φ moving too far."""
        weighty = self._weighty()
        needed = np.arange(len(weighty)) <= np.flatnonzero(weighty)[-1]
        tail = np.abs(self.gone @ _TO_SERIES[-3:].T).max(axis=1)
        allowed = np.maximum(1e-13 / ((self.arrive + self.serve) * self.width), 1e-14 * self.gone.max(axis=1))
        rough = needed & (tail > allowed)
        ends = np.stack([self.at_edges[:-1], self.at_edges[1:]])
        high = np.maximum(ends.max(axis=0), self.exponent.max(axis=1))
        steep = weighty & (high - ends.min(axis=0) > _STEP)
        return (rough | steep) & (self.width > 4e-15 * (self.left + self.width))

    def _halve(self, split: np.ndarray) -> None:
        half = self.width[split] / 2
        left = np.concatenate([self.left[split], self.left[split] + half])
        width = np.concatenate([half, half])
        gone, still = self._shares(left, width)
        order = np.argsort(np.concatenate([self.left[~split], left]))
        for name, new in (("left", left), ("width", width), ("gone", gone), ("still", still)):
            setattr(self, name, np.concatenate([getattr(self, name)[~split], new])[order])

    def _integral(self, values: np.ndarray) -> float:
        return float((values @ _W) @ self.width) / 2

    def _split_integral(self, values: np.ndarray, t: float) -> tuple[float, float]:
        """Integral of `values` (at the nodes) below and above t."""
        t = number("seconds", t)
        panels = (values @ _W) * self.width / 2
        i = int(np.searchsorted(self.left, t, side="right")) - 1
        if i < 0:
            return 0.0, float(panels.sum())
        if t >= self.left[i] + self.width[i]:
            return float(panels[: i + 1].sum()), float(panels[i + 1 :].sum())
        series = (_TO_SERIES @ values[i]) @ _INTEGRATE
        inside = legendre.legval(2 * (t - self.left[i]) / self.width[i] - 1, series) * self.width[i] / 2
        inside = min(max(float(inside), 0.0), float(panels[i]))
        return float(panels[:i].sum()) + inside, float(panels[i] - inside + panels[i + 1 :].sum())


def _nodes(left: np.ndarray, width: np.ndarray) -> np.ndarray:
    return left[:, None] + width[:, None] * (_X + 1) / 2


def _running(values: np.ndarray, half: np.ndarray) -> np.ndarray:
    """Integral from 0 to every node."""
    panels = (values @ _W) * half[:, 0]
    return np.concatenate([[0.0], np.cumsum(panels)[:-1]])[:, None] + (values @ _UP_TO_NODE.T) * half


def _at(share, t: float) -> float:
    return float(np.asarray(share(np.array([float(t)])), float)[0])
