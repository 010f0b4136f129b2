"""The simulation engine: calls a second beside idiomatic SimPy and ciw, cost by size, memory, two workers.

All in one run on one machine. Engines that are compared take turns, and count CPU time, so that what else the
machine does weighs on all alike; the figures they find are printed beside their speed. Ours is timed from
the checked model to the finished results, every statistic included.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from simulation.load import from_dict
from simulation.replicate import run as replicate
from simulation.run_model import RunModel

Run = tuple[int, float, dict[str, float]]
CALLS = 100_000
AIMS = {"idiomatic SimPy": 6, "ciw": 10, "FilterStore": 4}


def one_line(agents: int = 50, load: float = 48.0, calls: int = CALLS, replications: int = 1) -> RunModel:
    """M/M/n+M with `load` calls a minute of mean 1 minute, mean patience 2 minutes, about `calls` calls in each run."""
    return from_dict({
        "name": f"M/M/{agents}+M", "time": {"length": f"{calls / load} min", "after_close": "serve"},
        "types": {"calls": {
            "rate": f"{load} / min", "talk": {"dist": "exponential", "mean": "1 min"},
            "patience": {"dist": "exponential", "mean": "2 min"},
        }},
        "groups": {"agents": {"skills": ["calls"], "agents": agents}},
        "targets": {"answer_within": "20 s"}, "run": {"replications": replications, "seed": 1},
    })  # fmt: skip


def multi_skill_day(days: int = 20) -> RunModel:
    """ContactCenters' SimpleMSK: 3 call types, 2 groups, 3 periods."""
    from bench.published_cases import BUILD, published_cases

    model, _ = BUILD["CC_SimpleMSK"](published_cases()["CC_SimpleMSK"]["params"])
    return from_dict({**model, "run": {"replications": days, "seed": 1}})


def ours(model: RunModel) -> Run:
    """(calls, seconds of CPU time, summary) of a model, its results built to the last figure."""
    began = time.process_time()
    result = replicate(model)
    result.to_dict()
    took = time.process_time() - began
    names = ("answered", "abandoned", "abandonment", "asa", "service_level")
    return round(result.value("arrived") * result.replications), took, {name: result.value(name) for name in names}


def in_turns(engines: dict[str, Callable[[], Run]], rounds: int) -> dict[str, list[Run]]:
    """Runs of each engine, one after the other in every round."""
    runs: dict[str, list[Run]] = {name: [] for name in engines}
    for _ in range(rounds):
        for name, engine in engines.items():
            runs[name].append(engine())
    return runs


def speed_table(title: str, runs: dict[str, list[Run]], figures: tuple[str, ...]) -> Table:
    """Calls a second of each engine and how many times faster ours is (median over the rounds)."""
    table = Table(title=title, title_justify="left")
    for heading in ("engine", "calls", "calls/s", "ours is faster by", "aim", *figures):
        table.add_column(heading, justify="left" if heading == "engine" else "right")
    speeds = {name: [calls / seconds for calls, seconds, _ in done] for name, done in runs.items()}
    for name, done in runs.items():
        ratio = statistics.median(a / b for a, b in zip(speeds["ours"], speeds[name]))
        found = [f"{statistics.mean(summary[figure] for _, _, summary in done):.4g}" for figure in figures]
        aim = f"≥ {AIMS[name]} ×" if name in AIMS else ""
        speed = f"{statistics.median(speeds[name]):,.0f}"
        table.add_row(name, f"{done[0][0]:,}", speed, "" if name == "ours" else f"{ratio:.1f} ×", aim, *found)
    return table


def speed(rounds: int) -> Table:
    """M/M/50+M, 100,000 calls."""
    from bench import peers_ciw, peers_simpy

    model = one_line()
    runs = in_turns({"ours": lambda: ours(model), "idiomatic SimPy": peers_simpy.run, "ciw": peers_ciw.run}, rounds)
    return speed_table("M/M/50+M, 100,000 calls, one core", runs, ("abandonment", "asa", "service_level"))


def skills(rounds: int) -> Table:
    """A multi-skill day, 20 of them."""
    from bench import peers_filterstore

    model = multi_skill_day()
    runs = in_turns({"ours": lambda: ours(model), "FilterStore": peers_filterstore.run}, rounds)
    title = "multi-skill day (3 types, 2 groups, 3 periods), 20 days"
    return speed_table(title, runs, ("answered", "abandoned", "service_level"))


def size(rounds: int) -> Table:
    """Cost of a call from 10 to 500 agents, all 96 % loaded."""
    sizes = (10, 20, 50, 100, 200, 500)
    models = {agents: one_line(agents, 0.96 * agents) for agents in sizes}
    runs = in_turns({str(agents): (lambda m=model: ours(m)) for agents, model in models.items()}, rounds)
    cost = {name: statistics.median(1e6 * seconds / calls for calls, seconds, _ in done) for name, done in runs.items()}
    table = Table(title="cost of a call by size, M/M/n+M at 96 % load", title_justify="left")
    for heading in ("agents", "µs a call", "against 10 agents"):
        table.add_column(heading, justify="right")
    for name, micros in cost.items():
        table.add_row(name, f"{micros:.2f}", f"{micros / cost['10']:.2f}")
    return table


def memory() -> Table:
    """Peak memory of a process that runs few or many replications of 20,000 calls."""
    table = Table(title="peak memory by number of replications (20,000 calls each)", title_justify="left")
    for heading in ("replications", "peak MB"):
        table.add_column(heading, justify="right")
    for replications in (5, 50, 200):
        command = [sys.executable, "-m", "bench.engine", "--measure-memory", str(replications)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        table.add_row(str(replications), f"{json.loads(done.stdout):.1f}")
    return table


def _peak_megabytes() -> float:
    # Not getrusage: a child starts with its parent's peak there.
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def workers(rounds: int) -> Table:
    """Wall-clock time with one and two workers; the results must be the same."""
    model = one_line(replications=40)
    walls: dict[int, list[float]] = {1: [], 2: []}
    found: dict[int, Any] = {}
    replicate(model.with_(replications=8), workers=2)  # the second process is started once and kept
    for _ in range(rounds):
        for number in walls:
            began = time.perf_counter()
            found[number] = replicate(model, workers=number).table()
            walls[number].append(time.perf_counter() - began)
    table = Table(title="40 replications of 100,000 calls, wall clock", title_justify="left")
    for heading in ("workers", "seconds", "faster by", "aim", "same results"):
        table.add_column(heading, justify="right")
    gain = statistics.median(one / two for one, two in zip(walls[1], walls[2]))
    table.add_row("1", f"{statistics.median(walls[1]):.2f}", "", "", "")
    same = "yes" if found[1].equals(found[2]) else "NO"
    table.add_row("2", f"{statistics.median(walls[2]):.2f}", f"{gain:.2f} ×", "≥ 1.8 ×", same)
    return table


def main(arguments: list[str] | None = None) -> None:
    """Print all measurements, or those named."""
    parts: dict[str, Callable[[int], Table]] = {
        "speed": speed, "skills": skills, "size": size, "memory": lambda _: memory(), "workers": workers,
    }  # fmt: skip
    parser = argparse.ArgumentParser(prog="python -m bench.engine", description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"some of {', '.join(parts)}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure-memory", type=int, metavar="REPLICATIONS", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments or [])
    if chosen.measure_memory:
        replicate(one_line(calls=20_000, replications=chosen.measure_memory))
        print(_peak_megabytes())
        return
    unknown = [name for name in chosen.parts if name not in parts]
    if unknown:
        parser.error(f"no part is called {', '.join(unknown)}; there are {', '.join(parts)}")
    out = Console(width=120)
    for name in chosen.parts or parts:
        out.print(parts[name](chosen.rounds))


if __name__ == "__main__":
    main(sys.argv[1:])
