"""The reforecast against the morning's forecast: ``python -m bench.today [FOLDER]`` (the bank's data are not ours to ship).

Calls of the rest of each of the bank's days, foretold at 10:00, 12:00 and 15:00 with what was known then.
"""

from __future__ import annotations

import numpy as np

from bench.bank import records
from simulation.demand import ORDINARY, calendar, demand
from simulation.forecast import dispersion
from simulation.history import History
from simulation.intraday import past_at, reforecast
from simulation.seasonal import METHODS, Known

HOURS = (10, 12, 15)
LEARN = 56
"""Days before the first that is tested."""
INTERVAL = 1800.0
LEVEL = 0.9


def backtest(history: History, country: str = "IL") -> list[dict]:
    """For each hour: WAPE of the rest of the day (whole, and by interval) of morning, plain ratio and reforecast.

    Each morning's forecast and its spread are made of the days before it and nothing else.
    """
    found, special = demand(history, INTERVAL), calendar(country)
    kind = np.array([special.kind(d) for d in found.days])
    actual, starts = found.counts, np.arange(found.counts.shape[1]) * INTERVAL
    morning = np.zeros_like(actual)
    for o in range(28, len(actual)):
        known = Known(actual[:o], found.weekday[:o], kind[:o])
        morning[o] = METHODS["combination"](known, found.weekday[o : o + 1], kind[o : o + 1])[0]
    rows = []
    tested = [o for o in range(LEARN, len(actual)) if morning[o].sum() > 0 and actual[o].sum() > 0]
    spreads = {}
    for o in tested:
        usual = np.flatnonzero(kind[28:o] == ORDINARY) + 28
        spreads[o] = dispersion(morning[usual], actual[usual], LEVEL)
    for hour in HOURS:
        past = past_at(starts, INTERVAL, hour * 3600.0)
        error = {name: [0.0, 0.0] for name in ("morning", "ratio", "reforecast")}
        calls, inside, days, better = 0.0, 0, 0, 0
        for o in tested:
            interval_cv, day_cv = spreads[o]
            told = reforecast(morning[o], actual[o] * (past >= 1), past, day_cv=day_cv, interval_cv=interval_cv, level=LEVEL)
            rest, before = actual[o] * (1 - past), morning[o] * (1 - past)
            if before.sum() < 20:
                continue  # the bank's short days are over by then
            plain = told.so_far / told.so_far_expected if told.so_far_expected else 1.0
            off = {}
            for name, foretold in (("morning", before), ("ratio", plain * before), ("reforecast", told.to_come)):
                off[name] = abs(foretold.sum() - rest.sum())
                error[name][0] += off[name]
                error[name][1] += np.abs(foretold - rest).sum()
            better += off["reforecast"] < off["morning"]
            calls, days = calls + rest.sum(), days + 1
            inside += told.rest.low <= rest.sum() <= told.rest.high
        rows.append({"hour": hour, "days": days, "calls": calls, "better_days": better, "coverage": inside / days,
                     **{f"{name}_{part}": value / calls for name, pair in error.items() for part, value in zip(("rest", "intervals"), pair)}})  # fmt: skip
    return rows


def main() -> None:
    """Print the table."""
    history, _ = records()
    print("       days  WAPE of the rest of the day: morning  plain ratio  reforecast   by interval: morning  reforecast   better on  inside 90 %")
    for r in backtest(history):
        print(
            f"{r['hour']:>2}:00 {r['days']:>6} {r['morning_rest']:>37.1%} {r['ratio_rest']:>12.1%} {r['reforecast_rest']:>11.1%} "
            f"{r['morning_intervals']:>22.1%} {r['reforecast_intervals']:>11.1%} {r['better_days'] / r['days']:>11.0%} {r['coverage']:>12.0%}"
        )


if __name__ == "__main__":
    main()
