"""The honest test on a real call centre: ``python -m bench.bank [FOLDER]`` (not part of ``make bench``: its data are not ours to ship).

FOLDER holds the call records of the Anonymous Bank, 1999 (Avi Mandelbaum and the Technion), one file a month;
``../shared/data/bank1999`` where left out. Each month is simulated with what other months taught: all the others,
and the first ones only. The forecast is that of each week from the days before.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from simulation import mapping
from simulation.calibration import calibrate
from simulation.demand import calendar, demand
from simulation.forecast import forecast
from simulation.history import History, Report, date_of
from simulation.record_reader import read
from simulation.validation import validate

HERE = Path(__file__).resolve().parents[1]


def main() -> None:
    """Print the tables."""
    history, report = records()
    print(f"{report.read} calls of {len(history.days())} days; {report.refused} lines refused, {report.left_out} left out")
    found = forecast(demand(history), calendar("IL"))
    print("\nforecast, a week ahead: WAPE by interval (by day), combination against seasonal naive")
    for month, (naive, combined) in {**found.backtest.months, "all": found.backtest.methods}.items():
        print(f"  {month}  {combined.wape_interval:6.1%} ({combined.wape_day:.1%})  {naive.wape_interval:6.1%} ({naive.wape_day:.1%})")
    of = np.array([date_of(d).strftime("%Y-%m") for d in history.day])
    months = sorted(set(of))
    for level in ("period", "kept"):
        print(f"\nhonest test, each month from the others, mean handling time {level}")
        for month in months:
            one(history, of != month, of == month, level, month)
    for k in range(1, len(months)):
        print(f"\nhonest test, learned from {months[0]} to {months[k - 1]}, mean handling time period")
        for month in months[k:]:
            one(history, of < months[k], of == month, "period", month)


def records() -> tuple[History, Report]:
    """The bank's calls, from the folder that the command line names; ends the program where there are none."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent / "shared" / "data" / "bank1999"
    files = sorted(folder.glob("*.txt.gz"))
    if not files:
        sys.exit(f"no *.txt.gz in {folder}: name the folder of the bank's call records")
    return read(files, mapping.load(HERE / "simulation" / "examples" / "bank1999.toml"))


def one(history: History, seen: np.ndarray, unseen: np.ndarray, level: str, name: str) -> None:
    """One line: a month simulated with what other days taught."""
    v = validate(calibrate(history.where(seen)), history.where(unseen), level=level)
    a, s = v.whole.actual, v.whole.simulated
    within = abs(v.whole.abandonment_points) <= 2 and abs(v.whole.asa_ratio) <= 0.2
    print(f"  {name}  abandonment {a.abandonment:6.1%} → {s.abandonment:6.1%} ({v.whole.abandonment_points:+.1f})  ASA {a.asa:5.1f} → {s.asa:5.1f} s "
          f"({v.whole.asa_ratio:+.0%})  service level {a.service_level:6.1%} → {s.service_level:6.1%}  {'' if within else 'OUTSIDE'}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
