"""Runs the measurements one after the other; each module prints its own figures from ``main()``."""

from __future__ import annotations

import importlib
import sys

MEASUREMENTS = {
    "hearing": "decoder throughput against bare vosk, delay of partials",
    "line": "webhook time and delay to the desk under 100 simultaneous calls",
    "engine": "simulation engine against idiomatic SimPy and ciw",
    "staffing": "need per interval against six staffing rules, judged exactly",
    "shifts": "200 agents, one week of 15-minute intervals: roster, gap and time",
    "growth": "search, lists and reports from 1,000 to 100,000 complaints, SQLite and PostgreSQL",
    "queueing_cases": "all exact and published queueing cases",
}


def main(names: list[str]) -> int:
    """Run the named measurements, all when none is named; returns the exit code."""
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        print(f"no measurement is called {', '.join(unknown)}; there are {', '.join(MEASUREMENTS)}", file=sys.stderr)
        return 2
    for name in names or MEASUREMENTS:
        print(f"\n== {name}: {MEASUREMENTS[name]}", flush=True)
        importlib.import_module(f"bench.{name}").main()
    return 0


sys.exit(main(sys.argv[1:]))
