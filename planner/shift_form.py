"""A plan file of shifts from a few numbers: patterns that fit the opening hours, two contracts, as many agents as are needed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

from planner.choices import ShiftChoices
from simulation.quantity import clock, clock_text

HALF_HOUR = 1800.0
FULL_S, PART_S = 8.5 * 3600, 4 * 3600.0
SPARE = 1.5
"""Agents are written down for half as much again as the hours ask, since shifts never fit the need exactly; who is not needed gets no shift."""


def plan_file(
    rows: Sequence[dict], chosen: ShiftChoices, *, name: str, first: date, weeks: int, interval: float, shrinkage: float, timezone: str, currency: str
) -> dict[str, Any]:
    """The plan file (SHIFTS.md) for a need in `rows`. ValueError where nobody is needed at any time."""
    needed = [row for row in rows if row["agents"] > 0]
    if not needed:
        raise ValueError("nobody is needed at any time: there is nothing to roster")
    opens, closes = min(clock(r["start"]) for r in needed), max(clock(r["end"]) for r in needed)
    span = closes - opens
    hours = sum(r["agents"] * (clock(r["end"]) - clock(r["start"])) for r in needed) / 3600 / max(1 - shrinkage, 0.1)
    full, part = _agents(chosen, hours / weeks)
    groups = sorted({r["group"] for r in needed})
    step = max(HALF_HOUR, interval)
    long = math.floor(min(FULL_S, span) / step) * step
    patterns, contracts, agents = {}, {}, []
    if full:
        breaks = [{"length": "30 min", "earliest": "3 h", "latest": "5 h"}] if long >= 8 * 3600 and interval <= HALF_HOUR else []
        patterns["full"] = {"starts": _starts(opens, closes, long, step), "length": _hours(long), "breaks": breaks}
        contracts["full"] = {
            "patterns": ["full"], "max_hours": _hours(chosen.full_hours * 3600), "max_days": 5, "max_consecutive_days": 6, "min_rest": "11 h",
            "cost_per_hour": chosen.full_cost,
        }  # fmt: skip
        agents += _rows(full, "full", groups)
    if part:
        short = math.floor(min(PART_S, span) / step) * step
        patterns["part"] = {"starts": _starts(opens, closes, short, step), "length": _hours(short)}
        contracts["part"] = {
            "patterns": ["part"], "max_hours": _hours(chosen.part_hours * 3600), "max_days": 6, "max_consecutive_days": 6, "min_rest": "11 h",
            "cost_per_hour": chosen.part_cost,
        }  # fmt: skip
        agents += _rows(part, "part", groups)
    if not agents:
        raise ValueError("no agent is there to be rostered: give a number of full-time or part-time agents")
    return {
        "name": name, "start": first.isoformat(), "weeks": weeks, "interval": f"{interval:g} s", "timezone": timezone, "currency": currency,
        "shrinkage": round(shrinkage, 4), "patterns": patterns, "contracts": contracts, "agents": agents, "need": list(rows),
    }  # fmt: skip


def _agents(chosen: ShiftChoices, hours: float) -> tuple[int, int]:
    """(full-time, part-time): what is not chosen carries what is left of the week's hours."""
    if chosen.full is not None and chosen.part is not None:
        return chosen.full, chosen.part
    if chosen.full is not None:
        left = hours * SPARE - chosen.full * chosen.full_hours
        return chosen.full, max(0, math.ceil(left / chosen.part_hours))
    part = math.ceil(0.2 * hours * SPARE / chosen.part_hours) if chosen.part is None else chosen.part
    return max(0, math.ceil((hours * SPARE - part * chosen.part_hours) / chosen.full_hours)) + (1 if chosen.part is None else 0), part


def _rows(count: int, contract: str, groups: list[str]) -> list[dict]:
    return [{"count": count, "contract": contract, "groups": groups}]


def _starts(opens: float, closes: float, length: float, step: float) -> list[str]:
    opens = math.floor(opens / step) * step
    last = max(opens, math.ceil((closes - length) / step) * step)
    return [clock_text(opens + i * step) for i in range(round((last - opens) / step) + 1)]


def _hours(seconds: float) -> str:
    return f"{seconds / 60:g} min"
