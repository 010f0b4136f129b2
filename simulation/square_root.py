"""Square-root staffing: agents = load + β·√load, and what β promises in a large line.

S. Halfin, W. Whitt, "Heavy-traffic limits for queues with many exponential servers" (Operations Research 29,
1981) for callers who stay; O. Garnett, A. Mandelbaum, M. Reiman, "Designing a call center with impatient
customers" (M&SOM 4, 2002) for callers who leave. An approximation: the exact formulas are in
`simulation.erlang`.
"""

from __future__ import annotations

import math

from scipy.optimize import brentq
from scipy.special import erfcx, expit, log_ndtr

from simulation.steady_state import FormulaError, number


def quality(load: float, agents: float) -> float:
    """β of `agents` at `load` erlangs: (agents − load) / √load."""
    return (number("agents", agents) - load) / math.sqrt(number("load", load, open_low=True))


def agents_by_square_root(load: float, beta: float) -> int:
    """⌈load + β·√load⌉ agents, at least 0."""
    return max(0, math.ceil(number("load", load) + number("beta", beta, low=-math.inf) * math.sqrt(load)))


def delay_by_beta(beta: float, *, patience_over_aht: float = math.inf) -> float:
    """Limit of the delay probability. `patience_over_aht`: mean patience ÷ AHT; inf: nobody leaves (then β > 0)."""
    ratio = number("patience_over_aht", patience_over_aht, open_low=True)
    if ratio == math.inf:
        number("beta", beta, open_low=True, remedy="without abandonment more agents are needed than erlangs offered")
        # β·Φ(β)/φ(β)
        return float(expit(-(math.log(beta) + log_ndtr(beta) - _log_density(beta))))
    beta = number("beta", beta, low=-1e6, high=1e6)
    return float(expit(math.log(_hazard(-beta)) - math.log(_hazard(beta * math.sqrt(ratio)) / math.sqrt(ratio))))


def beta_for_delay(delay: float, *, patience_over_aht: float = math.inf) -> float:
    """The β at which the limit of the delay probability is `delay` (0 to 1, both excluded)."""
    delay = number("delay", delay, high=1.0, open_low=True, open_high=True)
    low, high = (1e-12, 1.0) if patience_over_aht == math.inf else (-1.0, 1.0)
    while delay_by_beta(high, patience_over_aht=patience_over_aht) > delay:
        high *= 2
    while low < 0 and delay_by_beta(low, patience_over_aht=patience_over_aht) < delay:
        low *= 2
        if low < -1e5:
            raise FormulaError(f"delay is {delay:g}: no β reaches it; take less than 1")
    if delay_by_beta(low, patience_over_aht=patience_over_aht) < delay:
        raise FormulaError(f"delay is {delay:g}: take less than 1 by more than rounding")
    return float(brentq(lambda b: delay_by_beta(b, patience_over_aht=patience_over_aht) - delay, low, high, xtol=1e-13))


def _log_density(x: float) -> float:
    return -x * x / 2 - math.log(math.sqrt(2 * math.pi))


def _hazard(x: float) -> float:
    """φ(x) / (1 − Φ(x)); 0 below the smallest float."""
    return max(math.sqrt(2 / math.pi) / float(erfcx(x / math.sqrt(2))), 5e-324)
