"""Results of simulations as tables at a terminal."""

from __future__ import annotations

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from hotline.terminal_tables import console
from simulation import wording
from simulation.metrics import METRICS
from simulation.paired import Comparison
from simulation.report import MAIN
from simulation.results import Estimate, Result

BY_TYPE = ("offered", "answered", "service_level", "abandonment", "asa", "wait_p90", "aht")
BY_GROUP = ("answered", "asa", "occupancy", "staffed_hours", "paid_hours", "agent_cost")
NARROW = ("offered", "answered", "service_level", "abandonment", "asa", "queue_length", "occupancy")


def print_result(result: Result) -> None:
    """The whole run, then types, groups and intervals."""
    out = console()
    out.print(f"[bold]{escape(result.name)}[/]  {escape(_stopped(result))}", soft_wrap=True)
    out.print(f"± is half of the {100 * result.confidence:g} % confidence interval; seed {result.seed}; {result.elapsed:.1f} s")
    table = Table()
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("±", justify="right")
    table.add_column("definition", style="dim")
    for metric in MAIN:
        estimate = result.get(metric)
        if estimate.mean or metric in NARROW:
            definition = wording.definition(metric, result.model.answer_within, result.model.short_abandon)
            table.add_row(wording.label(metric), _value(result, metric, estimate), _half(metric, estimate), definition)
    out.print(table)
    if len(result.types) > 1:
        _print_parts(result, "type", BY_TYPE, [(name, {"type": name}) for name in result.types])
    if len(result.groups) > 1:
        _print_parts(result, "group", BY_GROUP, [(name, {"group": name}) for name in result.groups])
    if len(result.intervals) > 1:
        _print_parts(result, "interval", NARROW, [(i.label, {"interval": i.index}) for i in result.intervals])
    for goal, metric, at_least in (
        (result.model.target_service_level, "service_level", True),
        (result.model.target_abandonment, "abandonment", False),
    ):
        _, words = wording.verdict(result.get(metric), goal, at_least=at_least)
        if words:
            out.print(f"{wording.label(metric)}: {words}")


def print_comparison(comparison: Comparison) -> None:
    """Both scenarios and their differences."""
    from simulation.charts import told_apart

    out = console()
    a, b = told_apart(comparison)
    out.print(f"[bold]{escape(b)} − {escape(a)}[/]  {escape(wording.stopped(comparison.stop, comparison.a.replications, False))}", soft_wrap=True)
    out.print(f"± is half of the {100 * comparison.a.confidence:g} % confidence interval; * it does not hold 0; same calls in both")
    table = Table()
    for heading in ("figure", escape(a), escape(b), "difference", "±", ""):
        table.add_column(heading, justify="left" if heading == "figure" else "right")
    for metric in MAIN:
        if metric not in METRICS:
            continue
        first, second, change = comparison.a.get(metric), comparison.b.get(metric), comparison.difference(metric)
        if not (first.mean or second.mean):
            continue
        shown = wording.change(change.mean, wording.unit_of(metric), comparison.a.model.costs.currency)
        table.add_row(
            wording.label(metric), _value(comparison.a, metric, first), _value(comparison.b, metric, second),
            shown, _half(metric, change), "*" if change.real and wording.told(shown) else "",
        )  # fmt: skip
    out.print(table)


def _print_parts(result: Result, heading: str, metrics: tuple[str, ...], rows: list[tuple[str, dict[str, Any]]]) -> None:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1))
    table.add_column(heading, overflow="fold")
    for metric in metrics:
        unit = {"share": " %", "s": " s", "money": f" {result.model.costs.currency}"}.get(wording.unit_of(metric), "")
        table.add_column(metric.replace("_", " ") + unit, justify="right")
    for name, row in rows:
        table.add_row(escape(name), *(wording.compact(result.get(m, **row), wording.unit_of(m)) for m in metrics))
    console().print(table)


def _stopped(result: Result) -> str:
    return wording.stopped(result.stop, result.replications, result.in_batches)


def _value(result: Result, metric: str, estimate: Estimate) -> str:
    return wording.number(estimate.mean, wording.unit_of(metric), result.model.costs.currency)


def _half(metric: str, estimate: Estimate) -> str:
    return wording.half(estimate, wording.unit_of(metric))
