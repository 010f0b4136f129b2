"""Call records with a known truth: a simulated line, written as the calls of agents with names."""

from __future__ import annotations

import heapq

import numpy as np

from simulation import history as h
from simulation.engine import simulate
from simulation.history import Builder, Call, History
from simulation.load import from_dict

DAY_0 = 11_000  # a Friday; any day will do


def erlang_a(*, days: int, agents: int, per_minute: float, talk: float, patience: float, hours: float = 10.0) -> History:
    """Days of an M/M/n+M line from 08:00: exponential talk and patience (mean seconds)."""
    model = from_dict({
        "name": "truth", "time": {"length": f"{hours} h", "after_close": "serve"},
        "types": {"sales": {
            "rate": f"{per_minute} / min", "talk": {"dist": "exponential", "mean": f"{talk} s"},
            "patience": {"dist": "exponential", "mean": f"{patience} s"},
        }},
        "groups": {"all": {"skills": ["sales"], "agents": agents}}, "targets": {"answer_within": "20 s"}, "run": {"replications": days, "seed": 7},
    })  # fmt: skip
    builder = Builder()
    for day in range(days):
        r = simulate(model, day)
        zero = (DAY_0 + day) * 86400.0 + 8 * 3600
        free = [(0.0, f"A{n}") for n in range(agents)]  # longest idle first
        for i in np.argsort(np.where(np.isnan(r.start), r.at, r.start), kind="stable"):
            if np.isnan(r.start[i]):
                builder.add(Call(zero + r.at[i], h.ABANDONED, "sales", wait=r.gone[i] - r.at[i], queued=True))
                continue
            since, agent = heapq.heappop(free)
            assert since <= r.start[i] + 1e-6
            heapq.heappush(free, (r.end[i], agent))
            wait = r.start[i] - r.at[i]
            builder.add(Call(zero + r.at[i], h.ANSWERED, "sales", wait=wait, talk=r.end[i] - r.start[i], agent=agent, queued=wait > 0))
    return builder.history()
