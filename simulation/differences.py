"""The differences of two scenarios as columns: one row for each number."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from simulation.metrics import METRICS
from simulation.paired import Comparison


def table(comparison: Comparison) -> pa.Table:
    """Scope, interval, type, group, metric, unit, a, b, difference (b − a), low, high, half_width, real, replications."""
    kinds = {
        "scope": pa.string(), "interval": pa.int32(), "type": pa.string(), "group": pa.string(), "metric": pa.string(),
        "unit": pa.string(), "a": pa.float64(), "b": pa.float64(), "difference": pa.float64(), "low": pa.float64(),
        "high": pa.float64(), "half_width": pa.float64(), "real": pa.bool_(), "replications": pa.int32(),
    }  # fmt: skip
    rows = []
    for one in comparison.to_dict()["differences"]:
        row = {"interval": one["interval"], "type": one["type"], "group": one["group"]}
        rows.append({
            **one, "difference": one["mean"], "unit": METRICS[one["metric"]].unit,
            "a": comparison.a.get(one["metric"], **row).mean, "b": comparison.b.get(one["metric"], **row).mean,
            "replications": comparison.a.replications,
        })  # fmt: skip
    return pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in kinds.items()})


def write(comparison: Comparison, path: str | Path) -> None:
    """Write to .json, .csv or .parquet. ValueError for another ending."""
    path = Path(path)
    match path.suffix.lower():
        case ".json":
            path.write_text(json.dumps(comparison.to_dict(), ensure_ascii=False, indent=1), "utf-8")
        case ".csv":
            pyarrow.csv.write_csv(table(comparison), path)
        case ".parquet":
            pyarrow.parquet.write_table(table(comparison), path)
        case other:
            raise ValueError(f"cannot write {other or 'a file without ending'}; use .json, .csv or .parquet")
