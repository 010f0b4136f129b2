"""A model and scenarios of it side by side on the same calls, and what one agent more is worth in each interval.

    found = what_if(model, [scenario(model, "volume", "+10%"), scenario(model, "aht", "-15s")])
    found.comparisons[0].difference("service_level")       # scenario − model, with its interval
    worth = marginal(model, "billing")
    worth.rows[3].figures["service_level"]                 # change for each agent-hour added there

Every replication simulates the model once and each scenario with the same random numbers, so that differences are
far better known than the figures themselves (`simulation.paired`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from simulation.engine import simulate
from simulation.metrics import METRICS
from simulation.paired import Comparison, PairMoments
from simulation.problem import ModelError, Problem
from simulation.replicate import Progress, Runner, fold
from simulation.results import Result, rows
from simulation.run_model import RunModel
from simulation.scenarios import Scenario, with_more
from simulation.tally import Tally, tally

FIGURES = ("service_level", "abandonment", "asa", "occupancy", "offered", "answered", "abandoned", "paid_hours", "cost")
WORTH = ("service_level", "abandonment", "asa", "answered", "cost")


@dataclass(frozen=True)
class WhatIf:
    """A model against its scenarios."""

    base: Result
    scenarios: list[str]
    comparisons: list[Comparison]
    elapsed: float

    def to_dict(self) -> dict:
        """JSON-ready: the whole-run figures of the model, and for each scenario figures and differences."""
        out = []
        for name, comparison in zip(self.scenarios, self.comparisons):
            differences = {}
            for metric in FIGURES:
                d = comparison.difference(metric)
                differences[metric] = {"base": self.base.get(metric).mean, "scenario": comparison.b.get(metric).mean, "difference": d.mean,
                                       "low": d.low, "high": d.high, "real": d.real}  # fmt: skip
            types = {
                t: {m: {"difference": d.mean, "low": d.low, "high": d.high, "real": d.real} for m in ("service_level", "abandonment", "asa")
                    for d in (comparison.difference(m, type=t),)} for t in self.base.types
            }  # fmt: skip
            out.append({"scenario": name, "figures": differences, "types": types})
        return {"model": self.base.name, "replications": self.base.replications, "confidence": self.base.confidence, "seed": self.base.seed,
                "currency": self.base.model.costs.currency, "elapsed_s": round(self.elapsed, 3), "scenarios": out}  # fmt: skip


class _Many:
    """Paired moments of each scenario with the model."""

    def __init__(self, places: Sequence[tuple[np.ndarray, np.ndarray]]):
        self.pairs = [PairMoments(a, b) for a, b in places]

    def add(self, observed: tuple[Tally, ...]) -> None:
        for pair, other in zip(self.pairs, observed[1:], strict=True):
            pair.add((observed[0], other))

    def estimates(self, name: str, confidence: float, rows=slice(None)) -> tuple[np.ndarray, np.ndarray]:
        """Of the scenario whose difference is known worst: a precision holds for all."""
        found = [pair.estimates(name, confidence, rows) for pair in self.pairs]
        return max(found, key=lambda f: np.nan_to_num(f[1][0], nan=np.inf))


class _ObserveAll:
    """The work of a chunk: the model and all scenarios on the same replications."""

    def __init__(self, models: Sequence[RunModel]):
        self.models = models

    def __call__(self, replications: list[int]) -> list[tuple[Tally, ...]]:
        return [tuple(tally(m, simulate(m, r), m.grid.edges, m.warm_up) for m in self.models) for r in replications]


def what_if(
    model: RunModel, scenarios: Sequence[Scenario], *, workers: int = 1, cluster: str | None = None, progress: Callable[[Progress], None] | None = None
) -> WhatIf:
    """Simulate the model and its scenarios. `progress` may raise to stop. Errors: ModelError, ClusterError."""
    began = time.perf_counter()
    if not scenarios:
        raise ModelError([Problem("scenario", "", "none is given: say what changes, such as volume +10%")])
    if model.warm_up is None:
        raise ModelError([Problem("time.warm_up", "mser", "depends on the scenario; write a time")])
    model = replace(model, batches=None)
    models = [model, *(replace(s.model, seed=model.seed, batches=None, replications=model.replications, precision=model.precision) for s in scenarios)]
    row_lists = [rows(m) for m in models]
    common = [row for row in row_lists[0] if all(row in other for other in row_lists[1:])]
    first = np.array([row_lists[0].index(row) for row in common])
    many = _Many([(first, np.array([{row: i for i, row in enumerate(other)}[row] for row in common])) for other in row_lists[1:]])
    with Runner(workers, cluster).open() as runner:
        stop = fold(model, runner, _ObserveAll(models), many, progress, began)
    elapsed = time.perf_counter() - began
    base = Result(model, many.pairs[0].a, stop, model.warm_up, elapsed)
    comparisons = [
        Comparison(base, Result(replace(m, name=s.name), pair.b, stop, m.warm_up, elapsed), common, pair, stop, elapsed)
        for m, s, pair in zip(models[1:], scenarios, many.pairs)
    ]
    return WhatIf(base, [s.name for s in scenarios], comparisons, elapsed)


@dataclass(frozen=True)
class Value:
    """A change for each agent-hour added, with its interval."""

    mean: float | None
    low: float | None
    high: float | None
    real: bool | None


@dataclass(frozen=True)
class MarginalRow:
    """One more agent of a group in one interval: changes of the whole run, for each agent-hour added."""

    group: str
    interval: int
    label: str
    agent_hours: float
    figures: dict[str, Value]


@dataclass(frozen=True)
class Marginal:
    """What one more agent is worth, by group and interval."""

    base: Result
    rows: list[MarginalRow]
    elapsed: float

    def to_dict(self) -> dict:
        """JSON-ready."""
        return {"model": self.base.name, "replications": self.base.replications, "confidence": self.base.confidence, "seed": self.base.seed,
                "currency": self.base.model.costs.currency, "elapsed_s": round(self.elapsed, 3), "rows": [asdict(row) for row in self.rows]}  # fmt: skip


def marginal(
    model: RunModel, groups: Sequence[str] = (), *, workers: int = 1, cluster: str | None = None, progress: Callable[[Progress], None] | None = None
) -> Marginal:
    """One more agent in each open interval of each group (all groups when none is named). Errors as `what_if`; KeyError."""
    names = [g.name for g in model.groups]
    chosen = [names.index(g) if g in names else _unknown(g) for g in groups] or list(range(len(names)))
    grid = model.grid
    places = [(g, i) for g in chosen for i in range(len(grid.labels)) if grid.opened[i]]
    added = []
    for g, i in places:
        end = min(float(grid.edges[i + 1]), grid.close)
        added.append((float(grid.edges[i]), end))
    scenarios = [Scenario(f"{names[g]} {grid.labels[i]}", with_more(model, g, 1, [span])) for (g, i), span in zip(places, added)]
    found = what_if(model, scenarios, workers=workers, cluster=cluster, progress=progress)
    out = []
    for (g, i), (start, end), comparison in zip(places, added, found.comparisons):
        hours = (end - start) / 3600
        figures = {}
        for metric in WORTH:
            d = comparison.difference(metric)
            figures[metric] = Value(*(None if v is None else v / hours for v in (d.mean, d.low, d.high)), d.real)
        out.append(MarginalRow(names[g], i, grid.labels[i], hours, figures))
    return Marginal(found.base, out, found.elapsed)


def _unknown(name: str) -> int:
    raise ModelError([Problem("marginal", repr(name), "is no group of the model")])


assert set(FIGURES) | set(WORTH) <= set(METRICS)
