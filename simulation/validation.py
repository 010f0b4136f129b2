"""The honest test: days that the calibration has not seen, simulated and compared with what happened.

Given from those days: when calls came and of what kind, and the agents on duty as inferred from who answered.
Taken from the calibration: patience, the shape of handling times, the hours' pattern, the turnaround between calls.
`level`: "period" also takes the period's mean handling time (one factor for all kinds, and one for each hour of a day,
mixed with the average) and its share of artefacts: a workload, as the number of calls is one. "kept" takes those from the calibration too. Nothing else is fitted.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
from scipy import stats

from simulation import on_duty
from simulation.calibration import HOUR_WEIGHT, Calibration, expected_talk, hour_factors, kind_name, kinds_of
from simulation.crowding import surging
from simulation.engine import simulate
from simulation.history import ANSWERED, History, date_of
from simulation.load import from_dict
from simulation.oddities import surges
from simulation.on_duty import Duty
from simulation.quantity import DAY
from simulation.run_model import RunModel

INTERVAL = 900.0
SHORT_TALK = "3 s"
SURGE_WEIGHT = 5.0
SPREAD = 1_000_000
REPLICATIONS = 10
ANSWER_WITHIN = 20.0
Level = Literal["period", "kept"]


@dataclass(frozen=True)
class Figures:
    """What happened to calls that asked for an agent."""

    offered: float
    abandonment: float | None
    asa: float | None
    """Mean wait of the answered, s."""
    service_level: float | None
    wait_p90: float | None
    """Of the answered, s."""


@dataclass(frozen=True)
class Compared:
    """One period, day or hour: what happened and what the model says (mean and 95 % interval of its replications)."""

    label: str
    actual: Figures
    simulated: Figures
    low: Figures
    high: Figures

    @property
    def abandonment_points(self) -> float | None:
        """Simulated − actual abandonment, percentage points."""
        a, b = self.actual.abandonment, self.simulated.abandonment
        return None if a is None or b is None else 100 * (b - a)

    @property
    def asa_ratio(self) -> float | None:
        """Simulated ÷ actual ASA − 1."""
        a, b = self.actual.asa, self.simulated.asa
        return None if not a or b is None else b / a - 1

    def to_dict(self) -> dict:
        """JSON-ready."""
        return {**asdict(self), "abandonment_points": self.abandonment_points, "asa_ratio": self.asa_ratio}


@dataclass(frozen=True)
class Validation:
    """The comparison over all days, by month, day and hour of the day."""

    level: str
    talk_level: float
    """Factor on all mean handling times (1 where kept)."""
    answer_within: float
    replications: int
    whole: Compared
    months: list[Compared]
    days: list[Compared]
    hours: list[Compared]
    agents: list[float]
    """Mean inferred agents on duty by hour of the day (24)."""

    def to_dict(self) -> dict:
        """JSON-ready."""
        parts = {name: [c.to_dict() for c in getattr(self, name)] for name in ("months", "days", "hours")}
        return {
            "level": self.level, "talk_level": self.talk_level, "answer_within_s": self.answer_within,
            "replications": self.replications, "whole": self.whole.to_dict(), **parts, "agents_by_hour": self.agents,
        }  # fmt: skip


def validate(
    calibration: Calibration, unseen: History, *, level: Level = "period", replications: int = REPLICATIONS,
    answer_within: float = ANSWER_WITHIN, interval: float = INTERVAL, seed: int = 1, progress: Callable[[int, int, str], None] | None = None,
) -> Validation:  # fmt: skip
    """Simulate the days of `unseen` and compare. ValueError when there is nothing to compare."""
    calls = unseen.where(unseen.asked & (unseen.wait <= DAY / 2))
    if not (calls.outcome == ANSWERED).any():
        raise ValueError("no call of these days was answered: there is nothing to compare")
    days = np.unique(calls.day)
    priority = kinds_of(calls, seed)
    duty = on_duty.infer(calls)
    served = calls.served & (calls.talk <= on_duty.LONGEST_TALK)
    expected = expected_talk(calls, priority, calibration.kinds) * np.asarray(calibration.talk_by_hour)[((calls.offered % DAY) // 3600).astype(int)]
    talk_level, artefacts = 1.0, None
    if level == "period" and served.any():
        talk_level = float(calls.talk[served].sum() / expected[served].sum())
        artefacts = float((~calls.served & (calls.outcome == ANSWERED)).sum() / (calls.outcome == ANSWERED).sum())
    in_surge = surging(calls)
    surge: dict[int, list[int]] = {}
    for day, hour, _, _ in surges(calls):
        surge.setdefault(day, []).append(hour)
    build = _DayModel(calibration, talk_level, artefacts, answer_within, interval, seed)
    tallies = _Tallies(days, answer_within)
    for done, day in enumerate(days):
        if progress is not None:
            progress(done, len(days), date_of(day).isoformat())
        mine = calls.day == day
        today, kinds = calls.where(mine), priority[mine]
        factors = None
        if level == "period":
            s = served[mine]
            factors = _of_hours(today.offered[s], today.talk[s], (expected[mine] * talk_level)[s], surge.get(int(day), [])) if s.any() else None
        tallies.actual(day, today.offered - day * DAY, today.outcome == ANSWERED, today.wait)
        for r in range(replications):
            model = build(day, today, kinds, in_surge[mine], duty, factors, r)
            # Days of one replication must not share their random numbers: their luck would add up instead of evening out.
            record = simulate(model, r * SPREAD + int(day))
            tallies.simulated(day, r, record.at, ~np.isnan(record.start), np.nan_to_num(record.start - record.at))
    agents = [float(duty.agents((days[:, None] * DAY + np.array([h, h + 1]) * 3600.0).ravel())[::2].mean()) for h in range(24)]
    months = sorted({date_of(d).strftime("%Y-%m") for d in days})
    of_month = {m: np.array([date_of(d).strftime("%Y-%m") == m for d in days]) for m in months}
    every = np.ones(len(days), bool)
    return Validation(
        level, talk_level, answer_within, replications, tallies.compare("all", every),
        [tallies.compare(m, of_month[m]) for m in months],
        [tallies.compare(date_of(d).isoformat(), days == d) for d in days],
        [c for h in range(24) if (c := tallies.compare(f"{h:02d}:00", every, h)).actual.offered], agents,
    )  # fmt: skip


def leave_one_month_out(
    history: History, *, progress: Callable[[int, int, str], None] | None = None, **how: Any,
) -> list[tuple[str, Validation]]:
    """Each month simulated with what the other months taught. ValueError with fewer than two months."""
    from simulation.calibration import calibrate

    months = sorted({d.strftime("%Y-%m") for d in history.days()})
    if len(months) < 2:
        raise ValueError("leaving one month out needs at least two months of calls")
    of = np.array([date_of(d).strftime("%Y-%m") for d in history.day])
    out = []
    for done, month in enumerate(months):
        if progress is not None:
            progress(done, len(months), month)
        out.append((month, validate(calibrate(history.where(of != month)), history.where(of == month), **how)))
    return out


def _of_hours(offered: np.ndarray, talk: np.ndarray, expected: np.ndarray, surge: list[int]) -> np.ndarray:
    """Factor on talk by hour of one day; in a surge (an outage: many short calls) the hour's own calls count fully."""
    factors = hour_factors(offered, talk, expected, HOUR_WEIGHT)
    if surge:
        factors[surge] = hour_factors(offered, talk, expected, SURGE_WEIGHT)[surge]
    return factors


class _DayModel:
    """Makes the run model of one day."""

    def __init__(self, calibration: Calibration, talk_level: float, artefacts: float | None, answer_within: float, interval: float, seed: int):
        self.calibration, self.talk_level, self.artefacts = calibration, talk_level, artefacts
        self.answer_within, self.interval, self.seed = answer_within, interval, seed
        self.kinds = {k.name: k for k in calibration.kinds}

    def __call__(self, day: int, calls: History, priority: np.ndarray, in_surge: np.ndarray, duty: Duty, factors: np.ndarray | None, replication: int) -> RunModel:
        n = round(DAY / self.interval)
        draw = np.random.default_rng([self.seed, int(day), replication])
        mean = duty.agents(day * DAY + np.linspace(0, DAY, n + 1))
        # Fractions carried from interval to interval: agent-hours come out exact.
        agents = np.diff(np.floor(np.concatenate([[0.0], np.cumsum(mean)]) + draw.random())).astype(int)
        hour = (np.arange(n) * self.interval // 3600).astype(int)
        factor = np.asarray(self.calibration.talk_by_hour)[hour] * self.talk_level * (1.0 if factors is None else np.asarray(factors)[hour])
        types = {}
        for t in np.unique(calls.type):
            for p, rush in sorted({*zip(priority[calls.type == t].tolist(), in_surge[calls.type == t].tolist())}):
                mine = (calls.type == t) & (priority == p) & (in_surge == rush)
                # Records hold whole seconds; spread within them so that calls of one second keep no order.
                at = np.sort(np.clip(calls.offered[mine] - day * DAY + draw.random(mine.sum()), 0, DAY - 1e-3))
                name = kind_name(calls, t, p)
                types[f"{name} (surge)" if rush else name] = {"times": [f"{x:.3f} s" for x in at], "talk_by_interval": factor.tolist(), **self.parts(name, rush)}
        model = {
            "name": str(date_of(day)), "time": {"length": "24 h", "interval": f"{self.interval:g} s", "after_close": "serve"}, "types": types,
            "groups": {"agents": {"skills": ["all"], "agents": agents.tolist(), "at_shift_end": "finish"}},
            "routing": {"call_choice": "longest_wait"}, "targets": {"answer_within": f"{self.answer_within:g} s"},
            "run": {"replications": 1, "seed": self.seed},
        }  # fmt: skip
        return from_dict(model)

    def parts(self, name: str, rush: bool) -> dict:
        """Talk, wrap-up, patience and head start of a kind; of the most frequent one where the calibration has none of that name."""
        kind = self.kinds.get(name) or max(self.calibration.kinds, key=lambda k: k.handling.calls)
        parts = kind_parts(self.calibration, kind, self.artefacts)
        if rush and self.calibration.surge is not None:
            parts |= {"patience": self.calibration.surge.distribution, "patience_behind": []}
        return parts


def kind_parts(calibration: Calibration, kind: Any, artefacts: float | None = None, patience: str | None = None) -> dict:
    """How the model file writes a kind's talk, wrap-up, patience and head start.

    artefacts: share of the answered that are no service; the kind's own when None. patience: kind of fit; the best when None.
    """
    h = kind.handling
    talk: dict = {"dist": "lognormal", "mean": f"{h.mean:.6g} s", "cv": float(f"{h.cv:.6g}")}
    share = h.artefacts if artefacts is None else artefacts
    if share > 0:
        share = round(share, 6)
        talk = {"dist": "mixture", "weights": [share, 1 - share], "parts": [{"dist": "deterministic", "value": SHORT_TALK}, talk]}
    fits = {f.kind: f for f in kind.patience}
    chosen = kind.patience[0] if patience is None or patience not in fits else fits[patience]
    out: dict = {"talk": talk, "patience": chosen.distribution, "skill": "all"}
    if kind.behind and patience is None:
        (_, alone), *others = kind.behind
        out |= {"patience": alone.distribution, "patience_behind": [{"waiting": n, "patience": fit.distribution} for n, fit in others]}
    if calibration.after_call > 0:
        out["wrap_up"] = {"dist": "exponential", "mean": f"{calibration.after_call:.4g} s"}
    if kind.head_start:
        out["head_start"] = f"{kind.head_start:g} s"
    return out


class _Tallies:
    """Offered, answered, waits and answered in time by day, hour and replication; waits of all for percentiles."""

    def __init__(self, days: np.ndarray, answer_within: float):
        self.days, self.within = {int(d): i for i, d in enumerate(days)}, answer_within
        self.happened = np.zeros((len(days), 24, 4))
        self.said: dict[int, np.ndarray] = {}
        self.waits: dict[tuple[int, int], list[tuple[np.ndarray, np.ndarray]]] = {}

    def _count(self, at: np.ndarray, answered: np.ndarray, wait: np.ndarray) -> np.ndarray:
        hour = np.clip((at // 3600).astype(int), 0, 23)
        wait = np.where(answered, np.nan_to_num(wait), 0.0)
        columns = (None, answered, wait, answered & (wait <= self.within))
        return np.stack([np.bincount(hour, c, 24) for c in columns], axis=1)

    def _keep(self, day: int, r: int, at: np.ndarray, answered: np.ndarray, wait: np.ndarray) -> None:
        self.waits.setdefault((self.days[int(day)], r), []).append((np.clip(at[answered] // 3600, 0, 23).astype(np.int8), wait[answered].astype(np.float32)))

    def actual(self, day: int, at, answered, wait) -> None:
        self.happened[self.days[int(day)]] = self._count(at, answered, wait)
        self._keep(day, -1, at, answered, wait)

    def simulated(self, day: int, r: int, at, answered, wait) -> None:
        table = self.said.setdefault(r, np.zeros_like(self.happened))
        table[self.days[int(day)]] = self._count(at, answered, wait)
        self._keep(day, r, at, answered, wait)

    def compare(self, label: str, days: np.ndarray, hour: int | None = None) -> Compared:
        """Over some days (bool), and one hour of the day or all."""
        hours = slice(None) if hour is None else slice(hour, hour + 1)
        actual = _figures(self.happened[days][:, hours].sum((0, 1)), self._p90(days, -1, hour))
        each = [_figures(self.said[r][days][:, hours].sum((0, 1)), self._p90(days, r, hour)) for r in sorted(self.said)]
        mean, low, high = {}, {}, {}
        for name in Figures.__dataclass_fields__:
            values = np.array([v for f in each if (v := getattr(f, name)) is not None], float)
            m = float(values.mean()) if len(values) else None
            half = float(stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else None
            mean[name], low[name], high[name] = m, None if half is None else m - half, None if half is None else m + half
        return Compared(label, actual, Figures(**mean), Figures(**low), Figures(**high))

    def _p90(self, days: np.ndarray, r: int, hour: int | None) -> float | None:
        parts = [w if hour is None else w[h == hour] for d in np.flatnonzero(days) for h, w in self.waits.get((int(d), r), [])]
        waits = np.concatenate(parts) if parts else np.empty(0)
        return float(np.quantile(waits, 0.9)) if len(waits) else None


def _figures(sums: np.ndarray, p90: float | None) -> Figures:
    offered, answered, wait, within = map(float, sums)
    if not offered:
        return Figures(0.0, None, None, None, None)
    return Figures(offered, 1 - answered / offered, wait / answered if answered else None, within / offered, p90)


def days_of(text: str) -> tuple[date, date]:
    """First and last day of "1999-06", "1999-06-01..1999-06-14" or "1999-06-03". ValueError says how to write it."""
    first, _, last = text.partition("..")
    try:
        if last:
            a, b = _day(first, False), _day(last, True)
        else:
            a, b = _day(first, False), _day(first, True)
    except ValueError:
        raise ValueError(f'{text!r}: write a month "1999-06", a day "1999-06-03" or a span "1999-01..1999-03"') from None
    if b < a:
        raise ValueError(f"{text!r}: ends before it begins")
    return a, b


def _day(text: str, end: bool) -> date:
    if len(text) == 7:
        first = date.fromisoformat(f"{text}-01")
        following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        return date.fromordinal(following.toordinal() - 1) if end else first
    return date.fromisoformat(text)
