"""The results of a simulation: every number with its confidence interval and the number of replications.

For those who print, draw or compare::

    result = simulation.replicate.run(model)              # model: simulation.load.load("model.toml")
    result.get("service_level")                            # Estimate for the whole run
    result.get("asa", type="billing")                      # one call type
    result.get("occupancy", group="general")               # one group
    result.get("offered", interval=3)                      # fourth interval
    result.get("service_level", interval=3, type="billing")
    result.series("queue_length")                          # [(Interval, Estimate), …] over the day
    result.wait_distribution()                             # WaitDistribution of the answered
    result.value("service_level")                          # just the mean, a float

* Names and meanings of metrics: `simulation.metrics.METRICS` (name → Metric with unit, scopes, text)
  and the percentiles `wait_p50` … `wait_p99` (`QUANTILE_NAMES`). Shares are 0..1, times seconds.
* `result.intervals`, `result.types`, `result.groups`: what there is to ask for. Intervals of the day and
  one "after close" (`open` False) for what happens while the line drains.
* `result.stop`: why it stopped, whether the precision asked for was reached, and what was reached.
* `result.to_dict()` (JSON), `result.table()` (pyarrow, one row per number), `result.write(path)`
  (.json, .csv, .parquet by its ending).
* An Estimate without an interval (one replication) has `half_width` None; a value that does not exist
  (service level of an interval without calls) has `mean` None.

Two scenarios: `simulation.paired.compare(model_a, model_b)`.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from simulation.accumulate import Moments
from simulation.metrics import METRICS, QUANTILE_NAMES
from simulation.quantity import clock_text
from simulation.run_model import RunModel
from simulation.tally import INTERVALS_WITH_WAITS, WAIT_EDGES

SCOPE_LETTER = {"whole": "w", "interval": "w", "type": "t", "group": "g", "interval_type": "t", "interval_group": "g"}


@dataclass(frozen=True)
class Estimate:
    """A simulated number."""

    mean: float | None
    """None: there is no such value (nothing in the denominator)."""
    low: float | None
    high: float | None
    """Ends of the confidence interval; None with one replication."""
    replications: int
    half: float | None = None
    """Half of the interval before its ends were cut where the value cannot be (a share below 0); None: not cut."""

    @property
    def half_width(self) -> float | None:
        """Half of the confidence interval: the ± to print; None with one replication."""
        if self.low is None:
            return None
        return (self.high - self.low) / 2 if self.half is None else self.half


@dataclass(frozen=True)
class Interval:
    """One interval of the run."""

    index: int
    label: str
    """"mon 08:30"; "… after close"."""
    start: float
    """Seconds from midnight of the first day (or the start of an unbroken run)."""
    end: float | None
    """None: open-ended (after the last closing)."""
    open: bool
    clock: str
    """"08:30" of the start."""


@dataclass(frozen=True)
class WaitDistribution:
    """Waits of the answered, pooled over replications. Arrays of one length."""

    seconds: np.ndarray
    """Upper ends: 0, then growing by 2 %."""
    share: np.ndarray
    """Share answered within each."""
    half_width: np.ndarray
    """Half of the confidence interval of each share (nan with one replication)."""


@dataclass(frozen=True)
class Stop:
    """Why a simulation stopped."""

    reason: str
    """"replications", "precision", "max_replications" or "budget"."""
    metric: str | None
    asked: float | None
    """Half-width asked for, None without a precision."""
    reached: float | None
    """Half-width reached."""
    met: bool
    """The precision asked for was reached (True where none was asked)."""


@dataclass(frozen=True)
class Row:
    """What a row of the results is about; None: all."""

    interval: int | None
    type: str | None
    group: str | None

    @property
    def scope(self) -> str:
        parts = [n for n, v in (("interval", self.interval), ("type", self.type), ("group", self.group)) if v is not None]
        return "_".join(parts) or "whole"


def rows(model: RunModel, intervals: int | None = None) -> list[Row]:
    """The rows of a tally, in its order."""
    b = range(len(model.grid.labels) if intervals is None else intervals)
    types, groups = [t.name for t in model.types], [g.name for g in model.groups]
    return (
        [Row(None, None, None)] + [Row(i, None, None) for i in b]
        + [Row(None, t, None) for t in types] + [Row(None, None, g) for g in groups]
        + [Row(i, t, None) for i in b for t in types] + [Row(i, None, g) for i in b for g in groups]
    )


class Result:
    """Results of one scenario. Built by `simulation.replicate`; see the module for how to read it."""

    def __init__(self, model: RunModel, moments: Moments, stop: Stop, warm_up: float, elapsed: float, in_batches: bool = False):
        self.model, self.name, self.seed, self.confidence = model, model.name, model.seed, model.confidence
        self.stop, self.warm_up, self.elapsed, self.in_batches = stop, warm_up, elapsed, in_batches
        """in_batches: the intervals come from batches of one long run; `replications` then counts batches."""
        self.replications = moments.n
        self.types = [t.name for t in model.types]
        self.groups = [g.name for g in model.groups]
        self.intervals = [] if in_batches else _intervals(model)
        self.rows = rows(model, 0 if in_batches else None)
        self._moments = moments
        self._place = {row: i for i, row in enumerate(self.rows)}

    @cached_property
    def _values(self) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
        out = {}
        for name, metric in METRICS.items():
            mean, half = self._moments.estimates(name, self.confidence)
            low, high = mean - half, mean + half
            # No confidence interval reaches where the value itself cannot be.
            low = np.maximum(low, 0.0)
            if metric.unit == "share":
                high = np.where(mean <= 1, np.minimum(high, 1.0), high)
            out[name] = (mean, low, high, half)
        return out

    @cached_property
    def _quantiles(self) -> np.ndarray:
        return self._moments.quantiles(self.confidence)

    def get(self, metric: str, *, interval: int | None = None, type: str | None = None, group: str | None = None) -> Estimate:
        """The estimate of a metric. KeyError for a metric or row that does not exist."""
        if metric in QUANTILE_NAMES:
            row = self._wait_row(interval, type)
            if group is not None or row is None:
                raise KeyError(f"{metric} is given for the whole run, types and (up to {INTERVALS_WITH_WAITS}) intervals")
            values, half = self._quantiles[row, QUANTILE_NAMES.index(metric)], None
        else:
            row = Row(interval, type, group)
            if metric not in METRICS or row not in self._place or SCOPE_LETTER.get(row.scope, "") not in METRICS[metric].scopes:
                raise KeyError(f"{metric} is not given for {row}")
            *values, half = (v[self._place[row]] for v in self._values[metric])
        mean, low, high = (None if math.isnan(v) else float(v) for v in values)
        if mean is None or low is None:
            return Estimate(mean, None, None, self.replications)
        return Estimate(mean, low, high, self.replications, None if half is None else float(half))

    def count(self, name: str, *, interval: int | None = None, type: str | None = None, group: str | None = None) -> Estimate:
        """A raw count or sum of `simulation.metrics.COUNTS` per replication, such as "wait_decided" (seconds)."""
        mean, half = self._moments.count(name, self._place[Row(interval, type, group)], self.confidence)
        return Estimate(mean, None if math.isnan(half) else mean - half, None if math.isnan(half) else mean + half, self.replications)

    def value(self, metric: str, **row) -> float:
        """The mean alone; nan where there is none."""
        mean = self.get(metric, **row).mean
        return math.nan if mean is None else mean

    def series(self, metric: str, *, type: str | None = None, group: str | None = None) -> list[tuple[Interval, Estimate]]:
        """The metric over the intervals of the run."""
        return [(i, self.get(metric, interval=i.index, type=type, group=group)) for i in self.intervals]

    def wait_distribution(self, type: str | None = None) -> WaitDistribution:
        """Waits of the answered, of one type or all."""
        share, half = self._moments.waits.curve(self._wait_row(None, type), self.replications, self.confidence)
        return WaitDistribution(WAIT_EDGES, share, half)

    def _wait_row(self, interval: int | None, type: str | None) -> int | None:
        if interval is None:
            return 0 if type is None else 1 + self.types.index(type)
        row = 1 + len(self.types) + interval
        return row if type is None and row < len(self._quantiles) else None

    def metrics(self, row: Row) -> list[str]:
        """Names of the metrics that are given for a row."""
        names = [m.name for m in METRICS.values() if SCOPE_LETTER[row.scope] in m.scopes]
        if row.group is None and self._wait_row(row.interval, row.type) is not None:
            names += QUANTILE_NAMES
        return names

    def table(self) -> pa.Table:
        """One row for each number: scope, interval, type, group, metric, mean, low, high, replications, unit."""
        columns: dict[str, list] = {name: [] for name in (
            "scope", "interval", "interval_label", "interval_start_s", "type", "group", "metric", "unit", "mean", "low", "high", "half_width", "replications")}
        for row in self.rows:
            interval = None if row.interval is None else self.intervals[row.interval]
            for name in self.metrics(row):
                e = self.get(name, interval=row.interval, type=row.type, group=row.group)
                unit = METRICS[name].unit if name in METRICS else "s"
                values = (row.scope, row.interval, interval and interval.label, interval and interval.start, row.type, row.group,
                          name, unit, e.mean, e.low, e.high, e.half_width, e.replications)
                for column, value in zip(columns.values(), values, strict=True):
                    column.append(value)
        kinds = {"interval": pa.int32(), "replications": pa.int32(), **dict.fromkeys(("interval_start_s", "mean", "low", "high", "half_width"), pa.float64())}
        return pa.table({k: pa.array(v, kinds.get(k, pa.string())) for k, v in columns.items()})

    def to_dict(self, detail: bool = True) -> dict:
        """JSON-ready. detail: also each interval by type and by group."""
        def numbers(row: Row) -> dict:
            out = {}
            for name in self.metrics(row):
                e = self.get(name, interval=row.interval, type=row.type, group=row.group)
                out[name] = {"mean": e.mean, "low": e.low, "high": e.high, "half_width": e.half_width}
            return out

        by = {"whole": numbers(self.rows[0]), "types": {}, "groups": {}, "intervals": []}
        for row in self.rows:
            if row.scope == "type":
                by["types"][row.type] = numbers(row)
            elif row.scope == "group":
                by["groups"][row.group] = numbers(row)
            elif row.scope == "interval":
                by["intervals"].append({**asdict(self.intervals[row.interval]), "metrics": numbers(row), "types": {}, "groups": {}})
            elif detail and row.scope == "interval_type":
                by["intervals"][row.interval]["types"][row.type] = numbers(row)
            elif detail and row.scope == "interval_group":
                by["intervals"][row.interval]["groups"][row.group] = numbers(row)
        return {
            "model": self.name, "seed": self.seed, "replications": self.replications, "in_batches": self.in_batches,
            "confidence": self.confidence, "warm_up_s": self.warm_up, "answer_within_s": self.model.answer_within,
            "short_abandon_s": self.model.short_abandon, "currency": self.model.costs.currency, "elapsed_s": round(self.elapsed, 3),
            "stop": asdict(self.stop), **by,
        }

    def write(self, path: str | Path) -> None:
        """Write to .json, .csv or .parquet. ValueError for another ending."""
        path = Path(path)
        match path.suffix.lower():
            case ".json":
                path.write_text(json.dumps(self.to_dict(), ensure_ascii=False, indent=1), "utf-8")
            case ".csv":
                pyarrow.csv.write_csv(self.table(), path)
            case ".parquet":
                pyarrow.parquet.write_table(self.table(), path)
            case other:
                raise ValueError(f"cannot write {other or 'a file without ending'}; use .json, .csv or .parquet")


def _intervals(model: RunModel) -> list[Interval]:
    grid = model.grid
    out = []
    for i, label in enumerate(grid.labels):
        end = float(grid.edges[i + 1])
        start = float(grid.edges[i])
        day = start // 86400.0 if grid.day_names[0] else 0
        out.append(Interval(i, label, start, None if math.isinf(end) else end, bool(grid.opened[i]), clock_text(start - day * 86400.0)))
    return out
