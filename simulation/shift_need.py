"""The need that shifts cover, as it is read: from `staff --json`, from CSV, or from the plan file itself."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from simulation.model import Agents, Clock, Name
from simulation.problem import ModelError, Problem
from simulation.quantity import DAY, WEEKDAYS, clock_text
from simulation.table import Table


class NeedRow(Table):
    """So many agents of a group from `start` to `end`. `day`: a weekday, a date, or "" for every day."""

    group: Name
    day: str = ""
    start: Clock
    end: Clock
    agents: Agents
    """On duty; shrinkage comes on top."""
    scheduled: Annotated[int, Field(ge=0, strict=True)] | None = None
    """With shrinkage; counts when the plan names no shrinkage of its own."""


def read_need(source: str | list[NeedRow] | None, folder: Path | None) -> list[NeedRow]:
    """The rows of `source`: rows, or the name of a file beside `folder`. ModelError."""
    if source is None:
        raise ModelError([Problem("need", "", 'is missing: name a file (need = "need.json", made by staff --json, or CSV), give rows, or use --need')])
    if not isinstance(source, str):
        rows = source
    else:
        path = Path(source) if folder is None else folder / source
        rows = _from_file(path)
    for i, row in enumerate(rows):
        if not row.start < row.end:
            raise ModelError([Problem(f"need.{i}.end", clock_text(row.end), f"is not after start {clock_text(row.start)}; write a need past midnight as two rows")])
        if row.day and row.day not in WEEKDAYS:
            try:
                dt.date.fromisoformat(row.day)
            except ValueError:
                raise ModelError([Problem(f"need.{i}.day", repr(row.day), 'write a weekday such as "mon" or a date such as "2026-11-23"')]) from None
    return rows


def _from_file(path: Path) -> list[NeedRow]:
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise ModelError([Problem("need", str(path), "there is no such file; make it with staff --json, or check the path")]) from None
    except (OSError, UnicodeDecodeError):
        raise ModelError([Problem("need", str(path), "cannot be read as UTF-8 text; check path and content")]) from None
    try:
        return _from_json(json.loads(text)) if path.suffix.lower() == ".json" else _from_csv(text)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, ValidationError) as error:
        words = "is not what staff --json writes" if path.suffix.lower() == ".json" else "needs the columns group, day, start, end, agents"
        detail = error.errors(include_url=False)[0]["msg"] if isinstance(error, ValidationError) else error
        raise ModelError([Problem("need", str(path), f"{words} ({detail}); make it again")]) from None


def _from_json(data: dict[str, Any]) -> list[NeedRow]:
    rows = []
    named = [d for d in data["days"] if d]
    for pool in data["pools"]:
        for group, agents in pool["agents"].items():
            for start, n, paid, label in zip(data["starts"], agents, pool["paid"][group], data["labels"], strict=True):
                at = start % DAY
                rows.append(NeedRow(
                    group=group, day=label.partition(" ")[0] if named else "", start=clock_text(at), end=clock_text(min(at + data["interval"], DAY)),
                    agents=n, scheduled=paid,
                ))  # fmt: skip
    return rows


def _from_csv(text: str) -> list[NeedRow]:
    rows = []
    for line, row in enumerate(csv.DictReader(text.splitlines()), start=2):
        try:
            rows.append(NeedRow(group=row["group"].strip(), day=(row.get("day") or "").strip(), start=row["start"].strip(), end=row["end"].strip(), agents=int(row["agents"])))
        except KeyError as error:
            raise ValueError(f"there is no column {error}") from None
        except (ValueError, AttributeError):
            raise ValueError(f"line {line} is incomplete or holds no whole number of agents") from None
    return rows
