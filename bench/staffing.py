"""The need per interval against the six rules, judged exactly: the given cases and others of the same kind.

`python -m bench.staffing`. The judge is not the one that the search uses: a Runge-Kutta integration of the forward
equations, as the cases themselves were made. "best rule" is the cheapest rule that keeps 1.1 × target everywhere.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from simulation.agents import Targets
from simulation.exact_need import least_need
from simulation.interval_rules import RULES, staffed_by
from simulation.moving_line import MovingLine

DATA = Path(__file__).parent.parent / "tests" / "data" / "queueing" / "time_varying_staffing.json"


def sine(mean: float, swing: float, cycle: float) -> Callable[[float], float]:
    """Calls a minute at a minute of the cycle."""
    return lambda t: mean * (1 + swing * np.sin(2 * math.pi * t / cycle))


def rates(of: Callable, periods: int, period: float, steps: int) -> np.ndarray:
    """Mean rate of each step, calls per hour, shape (periods, steps)."""
    fine = of((np.arange(periods * steps * 20) + 0.5) * period / steps / 20)
    return fine.reshape(periods, steps, 20).mean(2) * 60


def integrated(of: Callable, mean_service: float, period: float, agents: list[int], cycles: int, step: float) -> np.ndarray:
    """Probability to find all agents busy, of the callers of each period, in the last cycle; minutes."""
    most = max(agents)
    n = np.arange(int(most + 12 * math.sqrt(most) + 150))
    p = np.zeros(len(n))
    p[0] = 1.0

    def flow(t: float, p: np.ndarray, leave: np.ndarray) -> np.ndarray:
        up, down = of(t) * p, leave * p
        up[-1] = 0.0
        change = -up - down
        change[1:] += up[:-1]
        change[:-1] += down[1:]
        return change

    for _ in range(cycles):
        delayed = []
        for i, s in enumerate(agents):
            leave = np.minimum(n, s) / mean_service
            m = math.ceil(period / step)
            h, top, calls = period / m, 0.0, 0.0
            for j in range(m + 1):
                t = i * period + j * h
                weight = of(t) * (0.5 if j in (0, m) else 1.0)
                top, calls = top + weight * p[s:].sum(), calls + weight
                if j < m:
                    a = flow(t, p, leave)
                    b = flow(t + h / 2, p + h / 2 * a, leave)
                    c = flow(t + h / 2, p + h / 2 * b, leave)
                    p = p + h / 6 * (a + 2 * b + 2 * c + flow(t + h, p + h * c, leave))
            delayed.append(top / calls)
    return np.array(delayed)


def unseen(seed: int = 1, number: int = 6) -> list[dict]:
    """Cases of the same kind as the given ones."""
    random = np.random.default_rng(seed)
    return [
        {"id": f"unseen {i + 1}", "mean": float(round(random.uniform(0.5, 5), 2)), "swing": float(random.choice([0.3, 0.5, 0.75, 0.9])),
         "mean_service": float(random.choice([2, 5, 10, 20])), "period": int(random.choice([15, 30, 60])), "cycle": 480,
         "target": float(random.choice([0.05, 0.1, 0.2, 0.5]))}
        for i in range(number)
    ]  # fmt: skip


def given() -> list[dict]:
    """The cases of the file, with its rules' staff."""
    shapes = {"1.6*(1+0.5*sin(2*pi*t/480))": (1.6, 0.5), "8*(1+0.75*sin(2*pi*t/480))": (8, 0.75)}
    out = []
    for case in json.loads(DATA.read_text())["cases"]:
        p = case["params"]
        mean, swing = shapes[p["lam"]]
        out.append({"id": case["id"], "mean": mean, "swing": swing, "mean_service": p["mean_service"], "period": p["period"], "cycle": p["cycle"],
                    "target": p["target_p_wait"], "rules": [r["staff"] for r in case["results"].values()]})  # fmt: skip
    return out


def main() -> None:
    table = Table()
    for head in ("case", "target", "best rule", "agent-hours", "its worst", "need", "÷ best", "worst", "seconds"):
        table.add_column(head, justify="left" if head in ("case", "best rule") else "right")
    for case in given() + unseen():
        of = sine(case["mean"], case["swing"], case["cycle"])
        periods = int(case["cycle"] / case["period"])
        line = MovingLine(rates(of, periods, case["period"], min(30, 2 * case["period"])), case["period"] * 60, case["mean_service"] * 60, cyclic=True)
        targets = Targets(delay_probability=case["target"])
        fastest = of(case["cycle"] / 4) * 4 + 1 / case["mean_service"]

        def worst(agents: list[int]) -> float:
            return float(integrated(of, case["mean_service"], case["period"], agents, 3, min(0.5, 1.2 / fastest)).max() / case["target"])

        rules = [(sum(agents), name, agents) for name, agents in zip(RULES, case.get("rules") or [staffed_by(r, line, targets) for r in RULES])]
        best = next(((total, name, w) for total, name, agents in sorted(rules) if (w := worst(agents)) <= 1.1), None)
        began = time.perf_counter()
        found = least_need(line, targets)
        seconds = time.perf_counter() - began
        hours = case["period"] / 60
        mine = sum(found.agents) * hours
        table.add_row(
            case["id"], f"{case['target']:g}", best[1] if best else "none keeps it", f"{best[0] * hours:g}" if best else "",
            f"{best[2]:.3f}" if best else "", f"{mine:g}", f"{mine / best[0] / hours:.4f}" if best else "", f"{worst(found.agents):.3f}", f"{seconds:.1f}",
        )  # fmt: skip
    console = Console(width=140 if not sys.stdout.isatty() else None)
    console.print(table)
    console.print("worst: highest delay probability of an interval ÷ target (1.1 is allowed), by Runge-Kutta")


if __name__ == "__main__":
    main()
