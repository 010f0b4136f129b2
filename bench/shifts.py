"""200 agents, one week of 15-minute intervals: counts, roster, gap and time on two cores.

`python -m bench.shifts`. The yardstick in the same run is the mixed-integer programme of the counts alone: a roster
adds who works when, and may not cost more than 2 % above what no roster can undercut.
"""

from __future__ import annotations

import sys

import numpy as np
from rich.console import Console
from rich.table import Table

from simulation.shift_plan import Plan, plan_from
from simulation.shifts import make

GROUPS = {"billing": 34, "plans": 22, "network": 26}
"""Agents on duty at the busiest."""
SECONDS = 300.0
"""For the counts, at most; on the two cores of the house 200 agents reach 2 % in about that."""


def plan(agents: int = 200, seed: int = 1) -> Plan:
    """A week of a line that is open from 7 to 23, in three groups with three contracts."""
    random = np.random.default_rng(seed)
    need = []
    for group, peak in GROUPS.items():
        for day, level in zip(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), (1.0, 0.95, 0.9, 0.9, 0.95, 0.6, 0.5)):
            for quarter in range(28, 92):
                hour = quarter / 4
                shape = 0.25 + 0.75 * np.exp(-((hour - 10.5) / 2.5) ** 2) + 0.55 * np.exp(-((hour - 15.5) / 2.5) ** 2)
                wanted = peak * agents / 200 * level * shape * random.uniform(0.95, 1.05)
                need.append({"group": group, "day": day, "start": _clock(quarter), "end": _clock(quarter + 1), "agents": max(1, round(wanted))})
    part = agents // 5
    rest = agents - part
    return plan_from({
        "name": f"{agents} agents", "start": "2026-11-23", "interval": "15 min", "shrinkage": 0.1, "need": need, "shortage_per_hour": 600.0,
        "patterns": {
            "day": {"starts": {"first": "07:00", "last": "14:00", "every": "30 min"}, "length": "9 h", "breaks": [
                {"length": "15 min", "earliest": "90 min", "latest": "150 min", "paid": True},
                {"length": "1 h", "earliest": "3 h", "latest": "5 h"},
                {"length": "15 min", "earliest": "6 h", "latest": "7 h 30 min", "paid": True}]},
            "short": {"starts": {"first": "07:00", "last": "19:00", "every": "1 h"}, "length": "4 h"},
            "long": {"starts": ["07:00", "08:00", "11:00", "12:00"], "length": "11 h", "breaks": [
                {"length": "30 min", "earliest": "3 h", "latest": "4 h 30 min"}, {"length": "30 min", "earliest": "6 h", "latest": "8 h"}]},
        },
        "contracts": {
            "full": {"patterns": ["day"], "min_hours": "32 h", "max_hours": "40 h", "max_days": 5, "max_consecutive_days": 5, "min_rest": "11 h", "cost_per_hour": 60.0},
            "four": {"patterns": ["long"], "max_hours": "40 h", "max_days": 4, "max_consecutive_days": 3, "min_rest": "12 h", "cost_per_hour": 64.0},
            "part": {"patterns": ["short"], "max_hours": "24 h", "max_days": 6, "max_consecutive_days": 6, "min_rest": "11 h", "cost_per_hour": 66.0},
        },
        "agents": [
            {"count": rest * 3 // 10, "contract": "full", "groups": ["billing"]}, {"count": rest * 2 // 10, "contract": "full", "groups": ["plans"]},
            {"count": rest * 2 // 10, "contract": "full", "groups": ["network"], "off": ["sun"]},
            {"count": rest - rest * 3 // 10 - 2 * (rest * 2 // 10), "contract": "four", "groups": ["billing", "network"]},
            {"count": part - part // 4, "contract": "part", "groups": ["plans", "billing"]}, {"count": part // 4, "contract": "part", "groups": ["network"], "off": ["wed"]},
        ],
    })  # fmt: skip


def _clock(quarter: int) -> str:
    return f"{quarter // 4:02d}:{quarter % 4 * 15:02d}"


def main() -> None:
    table = Table()
    for head in ("agents", "duties", "needed h", "paid h", "short h", "cost", "bound", "gap", "gap of counts", "counts s", "all s", "peak"):
        table.add_column(head, justify="right")
    for agents in (50, 200):
        made = make(plan(agents), seconds=SECONDS)
        total = made.cost + made.shortage_cost
        table.add_row(
            str(agents), str(len(made.rows())), f"{made.needed_hours:.0f}", f"{made.paid_hours:.0f}", f"{made.short_hours:.2f}", f"{total:,.0f}", f"{made.bound:,.0f}",
            f"{100 * made.gap:.2f} %", f"{100 * made.counts_gap:.2f} %", f"{made.counts_seconds:.0f}", f"{made.seconds:.0f}",
            str(max(int(n.max()) for n in made.plan.need.values())),
        )  # fmt: skip
    Console(width=140 if not sys.stdout.isatty() else None).print(table)


if __name__ == "__main__":
    main()
