"""The checked, frozen model that the engine runs: seconds, indices and arrays, no choices left open.

`check` turns a `simulation.model.Model` into a `RunModel` and reports everything that does not fit
together (lists of the wrong length, skills nobody has, …) at once, as a `ModelError`.
Time 0 is midnight of the first simulated day, or the start of an unbroken run.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from simulation.distribution import Distribution

AFTER_CLOSE = ("serve", "stay", "disconnect", "stop")
MAX_CALLS = 50_000_000


@dataclass(frozen=True)
class Grid:
    """The intervals of a run. `edges[b] ≤ t < edges[b + 1]` is interval b; the last one has no end."""

    edges: np.ndarray
    """float64, ascending, one more than there are intervals; the last is inf unless the run stops at closing."""
    labels: tuple[str, ...]
    """"mon 08:30" … and "after close", one for each interval."""
    opened: np.ndarray
    """bool for each interval: the line is open."""
    spans: tuple[tuple[float, float], ...]
    """Opening and closing time of each day, seconds."""
    day_names: tuple[str, ...]
    """Weekday of each span ("" for an unbroken run)."""

    def bins(self, t: np.ndarray) -> np.ndarray:
        """Index of the interval of each moment; −1 before the first."""
        return np.searchsorted(self.edges, t, side="right") - 1

    @property
    def close(self) -> float:
        """Last closing time, seconds."""
        return self.spans[-1][1]


@dataclass(frozen=True)
class Arrivals:
    """How calls of a type arrive: cumulative expected calls (Poisson), given moments, or gaps."""

    at: np.ndarray
    """Poisson: moments (seconds); given: the moments of arrival."""
    cumulative: np.ndarray | None = None
    """Poisson: expected calls up to each moment of `at`, by day factor 1; rates are constant in between."""
    day: np.ndarray | None = None
    """Poisson: the day (0, 1, …) whose busyness holds after each moment of `at`."""
    gaps: Distribution | None = None


@dataclass(frozen=True)
class RunIvr:
    duration: Distribution
    contained: float
    hang_up: float


@dataclass(frozen=True)
class RunRedial:
    after_abandon: float
    after_blocked: float
    delay: Distribution
    attempts: int
    same_patience: bool


@dataclass(frozen=True)
class RunCallBack:
    after: float
    accept: float
    reached: float
    ring: float
    tries: int
    retry_after: float


@dataclass(frozen=True)
class RunType:
    name: str
    arrivals: Arrivals
    talk: Distribution
    wrap_up: Distribution | None
    patience: Distribution | None
    talk_factor: np.ndarray | None
    """Factor for each interval of the grid, or None."""
    patience_factor: np.ndarray | None
    patience_behind: tuple[tuple[int, Distribution], ...]
    """(callers of all types found waiting, patience from so many on), ascending."""
    message_after: float
    groups: tuple[tuple[int, float], ...]
    """(group, seconds that the call must have waited), in the order in which they are asked."""
    priority: int
    head_start: float
    places: int | None
    ivr: RunIvr | None
    redial: RunRedial | None
    call_back: RunCallBack | None
    transfers: tuple[tuple[int, float], ...]
    """(type, probability)."""

    @property
    def key(self) -> int:
        """A number made from the name: streams do not shift when types are added or reordered."""
        return int.from_bytes(hashlib.sha256(self.name.encode()).digest()[:4], "big")


@dataclass(frozen=True)
class RunGroup:
    name: str
    types: tuple[int, ...]
    """Types it serves, in the order of its skills."""
    times: np.ndarray
    """Moments at which staff changes, ascending; before the first nobody is there."""
    present: np.ndarray
    """Agents on the phone from each moment on, before shrinkage."""
    paid: np.ndarray
    """Agents paid from each moment on."""
    shrinkage: float
    returns: bool
    """A call in progress at a shift end goes back to the head of the queue (else the agent finishes it)."""
    handling: np.ndarray
    """Factor on handling time for each type."""
    cost_per_hour: float

    @property
    def key(self) -> int:
        return int.from_bytes(hashlib.sha256(self.name.encode()).digest()[:4], "big")


@dataclass(frozen=True)
class RunCosts:
    currency: str
    per_line_minute: float
    per_answered: float
    per_abandoned: float
    per_blocked: float


@dataclass(frozen=True)
class RunPrecision:
    metric: str
    half_width: float
    max_replications: int
    budget: float | None


@dataclass(frozen=True)
class RunPromise:
    """What is promised; None: nothing. Shares 0..1, seconds."""

    service_level: float | None = None
    abandonment: float | None = None
    asa: float | None = None
    delay_probability: float | None = None


@dataclass(frozen=True)
class RunModel:
    """Everything the engine and the statistics need. Immutable; pickles small."""

    name: str
    grid: Grid
    types: tuple[RunType, ...]
    groups: tuple[RunGroup, ...]
    after_close: str
    warm_up: float | None
    """Seconds left out at the start; None: by MSER."""
    busyness_shape: float | None
    listed_calls: bool
    """A free agent looks through its types in order (else: the longest wait)."""
    agent_choice: str
    trunks: int | None
    places: int | None
    answer_within: float
    short_abandon: float
    target_service_level: float | None
    target_abandonment: float | None
    costs: RunCosts
    seed: int
    confidence: float
    replications: int | None
    precision: RunPrecision | None
    batches: int | None
    promises: tuple[RunPromise, ...] = ()
    """What is promised to each type (what the line promises where a type has nothing of its own)."""

    def with_(self, **changes) -> RunModel:
        """A copy with some values changed (seed, replications, …)."""
        return replace(self, **changes)

    def with_agents(self, group: str, more: int) -> RunModel:
        """A copy with `more` (or fewer) agents in a group whenever it has any."""
        def changed(g: RunGroup) -> RunGroup:
            if g.name != group:
                return g
            add = lambda levels: np.where(levels > 0, np.maximum(levels + more, 0), levels)  # noqa: E731
            return replace(g, present=add(g.present), paid=add(g.paid))
        if group not in [g.name for g in self.groups]:
            raise KeyError(group)
        return replace(self, groups=tuple(map(changed, self.groups)))

    def with_load(self, factor: float) -> RunModel:
        """A copy with all Poisson rates multiplied."""
        def changed(k: RunType) -> RunType:
            a = k.arrivals
            return k if a.cumulative is None else replace(k, arrivals=replace(a, cumulative=a.cumulative * factor))
        return replace(self, types=tuple(map(changed, self.types)))


def check(model, *, menu=None, folder=None) -> RunModel:
    """The run model of a model file. Raises ModelError with everything that does not fit."""
    from simulation.checks import Checker

    return Checker(model, menu, folder).run_model()
