"""A sheet: what a step of a plan shows, kept as a JSON file beside what it made."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from simulation.charts import Chart
from simulation.planning_report import Table


@dataclass(frozen=True)
class Sheet:
    """Words, warnings, charts and tables for people; `result` for programs; `files` that can be taken away."""

    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    result: dict[str, Any] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    """Names in the plan's `out` folder."""

    def write(self, path: Path, stamp: str) -> None:
        """Write it whole or not at all; `stamp` says from which choices it was made. OSError."""
        part = path.with_suffix(".part")
        # Strict JSON: a browser reads no NaN.
        part.write_text(json.dumps({"stamp": stamp, **_plain(asdict(self))}, ensure_ascii=False, allow_nan=False), "utf-8")
        os.replace(part, path)


def read(path: Path) -> dict[str, Any] | None:
    """The sheet as written, or None where there is none."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def stamp_of(path: Path) -> str:
    """From which choices the sheet was made; '' where there is none."""
    try:
        with path.open(encoding="utf-8") as file:
            start = file.read(200)
    except OSError:
        return ""
    found = start.split('"', 4)
    return found[3] if len(found) > 4 and found[1] == "stamp" else ""


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and not (value - value == 0.0):
        return None
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)
