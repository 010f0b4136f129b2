"""``erlang``: the queueing formulas from the shell, as tables or JSON."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable
from typing import Any

import click

from hotline.quantities import DURATION, RATE, SHARE, Refused

PATIENCE_KINDS = "exponential, lognormal, gamma, weibull, hyperexponential, uniform, deterministic, empirical"


class PatienceType(click.ParamType):
    """Mean seconds (exponential) or a distribution: "lognormal mean=120 cv=1.5"."""

    name = "SECONDS|DISTRIBUTION"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Mean seconds as a float, or an object of `simulation.patience`."""
        from simulation.steady_state import FormulaError

        if not isinstance(value, str):
            return value
        if not value.strip():
            self.fail("it is empty: give the mean patience in seconds", param, ctx)
        kind, *arguments = value.split()
        if kind[:1] in "+-.0123456789":
            return DURATION.convert(value, param, ctx)
        try:
            return _distribution(kind, dict(_argument(text) for text in arguments))
        except (FormulaError, ValueError) as error:
            self.fail(f"{value!r}: {error}", param, ctx)


def _argument(text: str) -> tuple[str, Any]:
    name, mark, numbers = text.partition("=")
    try:
        values = tuple(float(one) for one in numbers.split(","))
    except ValueError:
        mark = ""
    if not mark:
        raise ValueError(f"{text!r} is not NAME=NUMBER; write it like mean=120 (seconds), with commas between several")
    return name, values if len(values) > 1 or name in ("shares", "means", "values") else values[0]


def _distribution(kind: str, arguments: dict[str, Any]) -> Any:
    import inspect

    from simulation import patience

    kinds = {name.lower(): getattr(patience, name) for name in map(str.title, PATIENCE_KINDS.split(", "))}
    if kind.lower() not in kinds:
        raise ValueError(f"no distribution is called {kind!r}; there are {PATIENCE_KINDS}")
    chosen = kinds[kind.lower()]
    known = inspect.signature(chosen).parameters
    missing = [name for name, one in known.items() if one.default is one.empty and name not in arguments]
    foreign = [name for name in arguments if name not in known]
    if missing or foreign:
        raise ValueError(f"{kind} takes {', '.join(known)}" + (f", not {', '.join(foreign)}" if foreign else ""))
    for name, value in arguments.items():
        if isinstance(value, tuple) != (name in ("shares", "means", "values")):
            raise ValueError(f"{name} is {value!r}: give one number")
    return chosen(**arguments)


def _options(*options: Callable) -> Callable:
    return lambda command: functools.reduce(lambda inner, option: option(inner), reversed(options), command)


_calls = click.option("--calls", type=RATE, required=True, help='offered calls per hour, or "12 / min"')
_aht = click.option("--aht", type=DURATION, required=True, help='average handling time in seconds, or "4 min"')
_agents = click.option("--agents", type=int, required=True, help="agents on the phone")
_within = click.option(
    "--within", "--target-seconds", "within", type=DURATION, default="20", show_default=True,
    help="the service level's T, seconds",
)  # fmt: skip
_json = click.option("--json", "as_json", is_flag=True, help="JSON on standard output")
_at_once = click.option(
    "--leave-at-once", type=SHARE, default="0", help="share that leaves at once when nobody is free"
)
_line = _options(_calls, _aht, _agents, _within, _json)


def _refusing(command: Callable) -> Callable:
    """What a formula cannot use becomes a message and exit code 2."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        from simulation.steady_state import FormulaError

        try:
            command(*args, **kwargs)
        except FormulaError as error:
            raise Refused(str(error)) from None

    return run


@click.group()
def erlang() -> None:
    """Queueing formulas: a line in steady state, and the least agents for a target.

    Calls are per hour and times in seconds unless a unit is written ("12 / min", "4 min").
    """


@erlang.command()
@_line
@_refusing
def b(calls: float, aht: float, agents: int, within: float, as_json: bool) -> None:
    """Erlang B: nobody waits; who finds all busy gets the busy tone."""
    from simulation.erlang import ErlangB

    _show("Erlang B (M/G/n/n)", ErlangB(calls, aht, agents), within, as_json)


@erlang.command()
@_line
@_refusing
def c(calls: float, aht: float, agents: int, within: float, as_json: bool) -> None:
    """Erlang C: everybody waits until answered."""
    from simulation.erlang import ErlangC

    _show("Erlang C (M/M/n)", ErlangC(calls, aht, agents), within, as_json)


@erlang.command()
@_line
@click.option("--patience", type=PatienceType(), required=True, help="the callers' mean patience, seconds")
@_at_once
@_refusing
def a(calls: float, aht: float, agents: int, within: float, as_json: bool, patience: Any, leave_at_once: float) -> None:
    """Erlang A: callers hang up when their patience (exponential) ends."""
    name, line = _impatient(calls, aht, agents, patience, leave_at_once)
    _show(name, line, within, as_json)


@erlang.command()
@_line
@click.option(
    "--patience", type=PatienceType(), required=True,
    help=f'such as "lognormal mean=120 cv=1.5" (seconds); kinds: {PATIENCE_KINDS}',
)  # fmt: skip
@_at_once
@_refusing
def patience(
    calls: float, aht: float, agents: int, within: float, as_json: bool, patience: Any, leave_at_once: float
) -> None:
    """Any distribution of patience (M/M/n+G).

    "lognormal mean=120 cv=1.5" · "gamma mean=120 cv=0.5" · "weibull shape=2 scale=180" ·
    "hyperexponential shares=0.5,0.5 means=30,210" · "uniform low=0 high=240" · "deterministic value=120" ·
    "empirical values=20,45,90,300"
    """
    name, line = _impatient(calls, aht, agents, patience, leave_at_once)
    _show(name, line, within, as_json)


@erlang.command()
@_line
@click.option("--places", type=int, required=True, help="waiting places; the call after the last gets the busy tone")
@click.option("--patience", type=DURATION, help="the callers' mean patience, seconds; none: nobody hangs up")
@_refusing
def mmck(
    calls: float, aht: float, agents: int, within: float, as_json: bool, places: int, patience: float | None
) -> None:
    """M/M/n/K: limited waiting places, with or without patience."""
    from simulation.waiting_places import WaitingPlaces

    line = WaitingPlaces(calls, aht, agents, places=places, patience=math.inf if patience is None else patience)
    name = "M/M/n/K" if patience is None else "M/M/n/K+M"
    _show(f"{name} ({places} waiting places)", line, within, as_json)


@erlang.command()
@_options(_calls, _aht, _within, _json)
@click.option("--service-level", type=SHARE, help="at least this share answered within T: 0.8 or 80%")
@click.option("--asa", type=DURATION, help="mean wait of the answered at most, seconds")
@click.option("--abandonment", type=SHARE, help="abandoned ÷ offered at most")
@click.option("--delay-probability", type=SHARE, help="share that finds every agent busy at most")
@click.option("--blocking", type=SHARE, help="blocked ÷ offered at most")
@click.option("--occupancy", type=SHARE, help="agents busy at most this share of their time")
@click.option("--patience", type=PatienceType(), help="mean seconds, or a distribution; none: nobody hangs up")
@click.option("--places", type=int, help="waiting places; none: without end")
@click.option("--shrinkage", type=SHARE, default="0", help="share of paid time that agents are away")
@_refusing
def agents(
    calls: float, aht: float, within: float, as_json: bool, patience: Any, places: int | None, shrinkage: float,
    **promised: float | None,
) -> None:  # fmt: skip
    """The least agents that keep the targets given."""
    from simulation.agents import Targets, formula, least_agents, rostered
    from simulation.square_root import quality

    targets = Targets(within=within, **promised)
    best = least_agents(calls, aht, targets, patience=patience, places=places)
    build = formula(patience, places)
    nearby = []
    for number in range(max(1, best.agents - 2), best.agents + 3):
        nearby.append(_nearby(build, calls, aht, number, targets))
    extra = {
        "agents": best.agents,
        "rostered": rostered(best.agents, shrinkage),
        "square_root_beta": quality(best.offered_load, best.agents) if best.offered_load else None,
        "targets": {name: value for name, value in promised.items() if value is not None},
        "nearby": nearby,
    }
    if as_json:
        click.echo(json.dumps(_finite({**_result(type(best).__name__, best, within), **extra}), ensure_ascii=False, indent=2))
        return
    from hotline.terminal_tables import print_nearby

    print_nearby(extra, within)
    _show(f"{best.agents} agents", best, within, False)


@erlang.command("square-root")
@_options(_calls, _aht, _json)
@click.option("--delay-probability", type=SHARE, help="share that may find every agent busy")
@click.option("--beta", type=float, help="agents = load + β·√load")
@click.option("--patience", type=DURATION, help="mean patience in seconds; none: nobody hangs up")
@_refusing
def square_root(
    calls: float, aht: float, as_json: bool, delay_probability: float | None, beta: float | None, patience: float | None
) -> None:
    """Square-root staffing: agents = load + β·√load, for a delay probability or a β given."""
    from simulation import square_root as rule
    from simulation.steady_state import FormulaError, offered_load

    load = offered_load(calls, aht)
    ratio = math.inf if patience is None else patience / aht
    if (beta is None) == (delay_probability is None):
        raise FormulaError("give either --delay-probability (such as 0.2) or --beta (such as 1)")
    if beta is None:
        beta = rule.beta_for_delay(delay_probability or 0.0, patience_over_aht=ratio)
    result = {
        "offered_load": load,
        "beta": beta,
        "delay_probability": rule.delay_by_beta(beta, patience_over_aht=ratio),
        "agents": rule.agents_by_square_root(load, beta),
    }
    if as_json:
        click.echo(json.dumps(result, indent=2))
        return
    for name, value in result.items():
        click.echo(f"{name.replace('_', ' '):>18}  {value:.6g}")


def _impatient(calls: float, aht: float, agents: int, patience: Any, at_once: float) -> tuple[str, Any]:
    from simulation.erlang import ErlangA
    from simulation.general_patience import GeneralPatience
    from simulation.patience import AtZero, Exponential

    if isinstance(patience, float) and not at_once:
        return "Erlang A (M/M/n+M)", ErlangA(calls, aht, agents, patience=patience)
    distribution = Exponential(patience) if isinstance(patience, float) else patience
    name = f"M/M/n+G, patience {type(distribution).__name__.lower()}"
    if at_once:
        distribution, name = AtZero(at_once, distribution), f"{name}, {at_once:.3g} leave at once"
    return name, GeneralPatience(calls, aht, agents, patience=distribution)


def _nearby(build: Callable, calls: float, aht: float, number: int, targets: Any) -> dict[str, Any]:
    from simulation.steady_state import Unstable

    try:
        line = build(calls, aht, number)
    except Unstable:
        return {"agents": number, "missed": ["unstable"]}
    keys = ("asa", "abandonment", "blocking", "delay_probability", "occupancy")
    figures = {"service_level": line.service_level(targets.within), **{key: getattr(line, key) for key in keys}}
    return {"agents": number, **figures, "missed": list(targets.missed(line))}


def _result(name: str, line: Any, within: float) -> dict[str, Any]:
    return {
        "model": name,
        "calls_per_hour": line.calls,
        "aht_seconds": line.aht,
        "agents": line.agents,
        "within_seconds": within,
        "service_level": line.service_level(within),
        **line.figures,
        "service_levels": line.service_levels(within),
        "wait_percentiles": {
            of: {f"p{share * 100:g}": line.wait_quantile(share, of) for share in (0.5, 0.8, 0.9, 0.95, 0.99)}
            for of in ("admitted", "delayed", "answered")
        },
    }


def _show(name: str, line: Any, within: float, as_json: bool) -> None:
    result = _result(name, line, within)
    if as_json:
        click.echo(json.dumps(_finite(result), ensure_ascii=False, indent=2))
        return
    from hotline.terminal_tables import print_line

    print_line(result)


def _finite(value: Any) -> Any:
    """What JSON has no number for (nobody abandons, so no mean wait of theirs) is null."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


commands: list[click.Command] = [erlang]
