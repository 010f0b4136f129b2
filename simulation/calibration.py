"""Calibration: what past calls say about the model's parts, each with where it comes from.

    found = calibrate(history)              # Calibration: kinds of calls, turnaround, busyness, redials, menu
    model_file.write(found, history, "bank.toml")   # simulation.model_file: runs with `simulate`

A *kind* is a call type in a priority: they wait in one order but differ in patience and handling.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import numpy as np

from simulation import on_duty, patience_fit
from simulation.crowding import Behind, Crowding, of_surges
from simulation.history import ABANDONED, ANSWERED, CONTAINED, LEFT_MENU, History, Progress
from simulation.patience_fit import Fit, Survival
from simulation.quantity import DAY

LEAST_CALLS = 200
"""A kind of calls with fewer handled or queued calls borrows from all calls of its type, then from all."""
LEAST_ABANDONED = 40
REDIAL_WITHIN = 3600.0
HOUR_WEIGHT = 100.0
"""Calls of average handling time that each hour of the day is mixed with: an hour with few calls proves little."""


@dataclass(frozen=True)
class Handling:
    """Talk of the calls that were a service: lognormal."""

    mean: float
    cv: float
    """Of the lognormal with the observed spread of logarithms."""
    calls: int
    artefacts: float
    """Share of the answered that were no service (shorter than the history's `artefact_under`)."""
    borrowed: str = ""
    """"type" or "all": whose calls these are where the kind has too few itself."""
    error: float = 0.0
    """Standard error of the mean."""


@dataclass(frozen=True)
class Kind:
    """A call type in a priority."""

    name: str
    type: str
    priority: str
    head_start: float
    share: float
    """Of the calls of its type."""
    handling: Handling
    survival: Survival
    patience: list[Fit]
    """Best first."""
    patience_borrowed: str = ""
    behind: Behind = ()
    """Patience by how many a caller finds waiting, where that is known (`simulation.crowding`)."""


@dataclass(frozen=True)
class Menu:
    """The menu before the agents."""

    calls: int
    left: float
    """Share that hung up in it."""
    contained: float
    mean: float
    """Seconds in it; nan: not recorded."""
    cv: float


@dataclass(frozen=True)
class Redials:
    """Known callers who gave up and called again within an hour."""

    gave_up: int
    share: float
    median_delay: float
    of_calls: float
    """Share of all calls of known callers that are redials."""


@dataclass(frozen=True)
class Calibration:
    """All of it; `to_dict` for JSON."""

    days: int
    calls: int
    kinds: list[Kind]
    talk_by_hour: list[float]
    """Factor on talk by hour of the day in which a call is offered (24), mean 1 over the calls."""
    turnaround: float
    """Seconds from one call to the next while others wait; taken as wrap-up where none is recorded."""
    wrap: float
    """Mean recorded wrap-up; 0: none recorded."""
    busyness_cv: float
    menu: Menu
    redials: Redials | None
    """None: callers are not known."""
    surge: Fit | None = None
    """Patience in surges; None: there were none."""
    notes: list[str] = field(default_factory=list)

    @property
    def after_call(self) -> float:
        """Mean seconds that an agent needs after the talk: recorded wrap-up, else the turnaround."""
        return self.wrap if self.wrap > 0 else self.turnaround

    def kind_names(self) -> list[str]:
        """Names in the order of `Assignment.kind`."""
        return [k.name for k in self.kinds]

    def to_dict(self) -> dict:
        """JSON-ready; the survival curves as lists."""
        def plain(value):
            if isinstance(value, np.ndarray):
                return [float(f"{x:.6g}") for x in value]
            if isinstance(value, dict):
                return {k: plain(v) for k, v in value.items()}
            if isinstance(value, list):
                return [plain(v) for v in value]
            if isinstance(value, float) and not np.isfinite(value):
                return None
            return value.item() if isinstance(value, np.generic) else value

        return plain(asdict(self))


def calibrate(history: History, progress: Progress | None = None) -> Calibration:
    """Learn the model's parts from a history. ValueError says what is missing in it."""
    asked = history.where(history.asked)
    if not (asked.outcome == ANSWERED).any():
        raise ValueError("no call in the history was answered: nothing to learn handling times from")
    priority = kinds_of(asked)
    notes = []
    if (asked.priority < 0).any() or _hidden(asked).any():
        notes.append("The priority of calls that did not queue is not recorded: they get one by chance, as often as in the queue of their type.")
    kinds, crowding = [], Crowding(asked)
    pairs = [(t, p) for t in range(len(asked.types)) for p in range(len(asked.priorities)) if ((asked.type == t) & (priority == p)).any()]
    for done, (t, p) in enumerate(pairs):
        if progress is not None:
            progress(done, len(pairs), f"patience and handling time: {asked.types[t]}")
        kinds.append(_kind(asked, priority, t, p, crowding))
    found = on_duty.turnaround(asked)[0]
    turnaround = 0.0 if np.isnan(found) else found
    wrap = float(np.nanmean(asked.wrap[asked.outcome == ANSWERED]))
    if not wrap:
        notes.append(f"No wrap-up is recorded: the {turnaround:.1f} s between two calls of an agent while others wait stand for it.")
    if history.artefact_under:
        notes.append(f"Answered calls with less than {history.artefact_under:g} s of talk are no service: left out of the lognormal, kept as short calls.")
    return Calibration(
        len(history.days()), len(history), kinds, _by_hour(asked, priority, kinds), turnaround, wrap, _busyness(history),
        _menu(history), _redials(history), of_surges(asked), notes,
    )  # fmt: skip


def _hidden(history: History) -> np.ndarray:
    """bool: the priority means nothing, because priorities of this type are only recorded for who queues."""
    out = np.zeros(len(history), bool)
    if len(history.priorities) < 2:
        return out
    for t in range(len(history.types)):
        mine = history.type == t
        high = mine & (history.priority > 0)
        # A type whose higher priorities are seen in the queue and never outside it, with calls outside it enough to show one.
        if high.sum() >= 20 and (mine & ~history.queued).sum() >= 20 and not (high & ~history.queued).any():
            out |= mine & ~history.queued
    return out


def kinds_of(history: History, seed: int = 1) -> np.ndarray:
    """int: the priority of each call; by chance (the share in the queue of its type) where it is not recorded."""
    chance = np.random.default_rng(seed).random(len(history))
    unknown = (history.priority < 0) | _hidden(history)
    out = np.maximum(history.priority, 0)
    for t in range(len(history.types)):
        mine = history.type == t
        known = mine & ~unknown
        if not (mine & unknown).any() or not known.any():
            continue
        shares = np.cumsum(np.bincount(out[known], minlength=len(history.priorities)) / known.sum())
        fill = mine & unknown
        out[fill] = np.minimum(np.searchsorted(shares, chance[fill], side="right"), len(shares) - 1)
    # A priority that hardly anybody of a type has is not worth a kind of its own.
    for t in range(len(history.types)):
        counts = np.bincount(out[history.type == t], minlength=len(history.priorities))
        for p in np.flatnonzero((counts > 0) & (counts < 0.01 * counts.sum())):
            out[(history.type == t) & (out == p)] = int(np.argmax(counts))
    return out


def kind_name(history: History, t: int, p: int) -> str:
    """What the model file calls it: the type, with its priority where there are several."""
    return history.types[t] if p == 0 or len(history.priorities) < 2 else f"{history.types[t]} {history.priorities[p]}"


def _kind(history: History, priority: np.ndarray, t: int, p: int, crowding: Crowding) -> Kind:
    of_type = history.type == t
    mine = of_type & (priority == p)
    circles = [("", mine), ("type", of_type), ("all", np.ones(len(history), bool))]
    for borrowed, which in circles:
        served = which & history.served & (history.talk <= on_duty.LONGEST_TALK)
        if served.sum() >= LEAST_CALLS or borrowed == "all":
            break
    for lent, which in circles:
        # Patience shows only in the queue: who was answered at once says nothing about it.
        queued = which & (history.wait > 0)
        if queued.sum() >= LEAST_CALLS and (queued & (history.outcome == ABANDONED)).sum() >= LEAST_ABANDONED or lent == "all":
            break
    patience = patience_fit.fit(history.wait[queued], history.outcome[queued] == ABANDONED, history.day[queued])
    return Kind(
        kind_name(history, t, p), history.types[t], history.priorities[p], history.head_starts[p], float(mine.sum() / of_type.sum()),
        _handling(history, served, mine if mine.sum() >= LEAST_CALLS else of_type, borrowed), patience.survival, patience.fits, lent,
        crowding.of((f"{t}/{p}" if not name else f"{t}" if name == "type" else name, which) for name, which in circles),
    )  # fmt: skip


def _handling(history: History, served: np.ndarray, mine: np.ndarray, borrowed: str) -> Handling:
    talk = history.talk[served]
    talk = talk[talk > 0]
    if not len(talk):
        raise ValueError("no answered call has a length of talk: nothing to learn handling times from")
    sigma = float(np.log(talk).std())
    answered = mine & (history.outcome == ANSWERED)
    artefacts = float((answered & ~history.served).sum() / max(answered.sum(), 1))
    return Handling(float(talk.mean()), float(np.sqrt(np.expm1(max(sigma, 0.01) ** 2))), len(talk), artefacts, borrowed, float(talk.std() / np.sqrt(len(talk))))


def _by_hour(history: History, priority: np.ndarray, kinds: list[Kind]) -> list[float]:
    served = history.served & (history.talk <= on_duty.LONGEST_TALK)
    expected = expected_talk(history, priority, kinds)[served]
    return hour_factors(history.offered[served], history.talk[served], expected).tolist()


def expected_talk(history: History, priority: np.ndarray, kinds: list[Kind]) -> np.ndarray:
    """Mean talk of each call's kind."""
    means = {k.name: k.handling.mean for k in kinds}
    every = float(np.average([k.handling.mean for k in kinds], weights=[k.handling.calls for k in kinds]))
    table = np.array([[means.get(kind_name(history, t, p), every) for p in range(len(history.priorities))] for t in range(len(history.types))])
    return table[history.type, priority]


def hour_factors(offered: np.ndarray, talk: np.ndarray, expected: np.ndarray, weight: float = HOUR_WEIGHT) -> np.ndarray:
    """Observed over expected talk by hour of the day, each hour mixed with `weight` calls of the average."""
    hour = ((offered % DAY) // 3600).astype(int)
    level = talk.sum() / expected.sum() if len(talk) else 1.0
    prior = weight * (expected.mean() if len(talk) else 1.0)
    return (np.bincount(hour, talk, 24) + prior * level) / (np.bincount(hour, expected, 24) + prior)


def _busyness(history: History) -> float:
    """cv of the gamma factor of a day: what is left of the variance of daily calls after weekday, trend and Poisson noise."""
    days, counts = np.unique(history.day[history.outcome != LEFT_MENU], return_counts=True)
    weekday = (days + 3) % 7
    usual = np.array([np.median(counts[weekday == w]) if (weekday == w).any() else np.nan for w in range(7)])[weekday]
    ratio = counts / usual
    # The level drifts over weeks: compare each day with the four weeks around it.
    level = np.array([np.median(ratio[np.abs(days - d) <= 14]) for d in days])
    ratio = ratio / level
    # Closed days, feasts and incidents are no day-to-day variation.
    usual_day = (ratio > 0.5) & (ratio < 2)
    if usual_day.sum() < 10:
        return 0.0
    spread = ratio[usual_day].var(ddof=1) - (1 / (usual * level)[usual_day]).mean()
    return float(np.sqrt(max(spread, 0.0)))


def _menu(history: History) -> Menu:
    n = max(len(history), 1)
    seconds = history.menu[(history.menu > 0) & (history.menu < 3600)]
    mean = float(seconds.mean()) if len(seconds) else float("nan")
    cv = float(seconds.std() / mean) if len(seconds) > 1 and mean > 0 else float("nan")
    return Menu(len(history), float((history.outcome == LEFT_MENU).sum() / n), float((history.outcome == CONTAINED).sum() / n), mean, cv)


def _redials(history: History) -> Redials | None:
    known = np.flatnonzero((history.caller >= 0) & (history.outcome != CONTAINED))
    if len(known) < LEAST_CALLS:
        return None
    order = known[np.lexsort((history.offered[known], history.caller[known]))]
    gone = history.offered[order] + np.nan_to_num(history.wait[order])
    gave_up = (history.outcome[order] == ABANDONED)[:-1]
    delay = history.offered[order][1:] - gone[:-1]
    again = gave_up & (history.caller[order][1:] == history.caller[order][:-1]) & (delay >= 0) & (delay <= REDIAL_WITHIN)
    number = int((history.outcome[order] == ABANDONED).sum())
    if not number:
        return None
    return Redials(number, float(again.sum() / number), float(np.median(delay[again])) if again.any() else 0.0, float(again.sum() / len(order)))
