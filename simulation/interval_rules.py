"""The rules by which lines are staffed interval by interval, and what they start from.

`sipp` takes each interval as if its rate had always been there (stationary, independent, period by period); `lag` the
rate of one handling time ago; `mol` the modified offered load (`simulation.moving_load`). Each by the mean of the
interval or by its most (L. Green, P. Kolesar, J. Soares, Operations Research 49, 2001). None of them looks at what they
promise afterwards: `simulation.exact_need` does.
"""

from __future__ import annotations

import math

import numpy as np

from simulation.agents import Targets, least_agents
from simulation.moving_line import MovingLine
from simulation.patience import AtZero, Exponential
from simulation.steady_state import HOUR

RULES = tuple(f"{rule}_{by}" for rule in ("sipp", "lag", "mol") for by in ("mean", "most"))


def staffed_by(rule: str, line: MovingLine, targets: Targets) -> list[int]:
    """Agents of each interval by one of `RULES`."""
    name, by = rule.rsplit("_", 1)
    if name == "mol":
        mean, most = line.erlangs
        loads = mean if by == "mean" else most
    else:
        rates = line.rates
        if name == "lag":
            flat = rates.ravel()
            moments = (np.arange(flat.size) + 0.5) * line.step - line.aht
            end = flat.size * line.step
            place = np.floor(moments % end / line.step if line.cyclic else np.maximum(moments, 0) / line.step).astype(int)
            rates = flat[np.minimum(place, flat.size - 1)].reshape(rates.shape)
        loads = (rates.mean(1) if by == "mean" else rates.max(1)) * line.aht / HOUR
    patience = None if line.patience == math.inf else line.patience
    if line.at_once:
        patience = AtZero(line.at_once, Exponential(line.patience))
    return [least_agents(load * HOUR / line.aht, line.aht, targets, patience=patience).agents if load > 1e-9 else 0 for load in loads]
