"""The planner's numbers as tables at a terminal."""

from __future__ import annotations

import math
from typing import Any

from rich.console import Console
from rich.table import Table

# Name, unit and definition of each figure of the formulas.
FIGURES = {
    "offered_load": ("offered load 话务量", "erl", "arrival rate × AHT"),
    "occupancy": ("occupancy 占用率", "%", "busy ÷ staffed time"),
    "delay_probability": ("delay 等待概率", "%", "found every agent busy ÷ admitted"),
    "blocking": ("blocked 阻塞率", "%", "busy tone ÷ offered"),
    "abandonment": ("abandoned 放弃率", "%", "left before answer ÷ offered"),
    "answered": ("answered 接通率", "%", "answered ÷ offered"),
    "asa": ("ASA 平均应答速度", "s", "mean wait of the answered"),
    "mean_wait": ("mean wait 平均等待", "s", "of all admitted, answered or not"),
    "mean_wait_delayed": ("… of the delayed", "s", "of those who found every agent busy"),
    "mean_wait_abandoned": ("… of the abandoned", "s", "of those who left"),
    "queue_length": ("queue 排队数", "", "mean number waiting"),
    "busy_agents": ("busy agents 忙碌座席", "", "mean number handling a call"),
}


def console() -> Console:
    """Standard output, wide enough for the tables when it is no terminal."""
    plain = Console(highlight=False)
    return plain if plain.is_terminal else Console(highlight=False, width=120)


def shown(value: float | None, unit: str) -> str:
    """A figure with its unit; shares as per cent."""
    if value is None or math.isnan(value):
        return "—"
    if unit == "%":
        return f"{100 * value:.2f} %"
    return f"{value:.2f} {unit}".strip() if value >= 0.01 or value == 0 else f"{value:.3g} {unit}".strip()


def print_line(result: dict[str, Any]) -> None:
    """A line in steady state (`erlang a`, `b`, `c`, …)."""
    out = console()
    table = Table(
        title=f"{result['model']}: {result['calls_per_hour']:g} calls/h, AHT {result['aht_seconds']:g} s, {result['agents']} agents",
        title_justify="left",
    )
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("definition", style="dim")
    within = f"{result['within_seconds']:g} s"
    for name, level in result["service_levels"].items():
        label = "service level 服务水平" if name == "answered within T ÷ offered" else "… other definition"
        table.add_row(label, shown(level, "%"), name.replace("within T", f"within {within}"))
    table.add_section()
    for key, (label, unit, definition) in FIGURES.items():
        table.add_row(label, shown(result[key], unit), definition)
    table.add_section()
    for share, seconds in result["wait_percentiles"]["admitted"].items():
        table.add_row(f"wait {share}", shown(seconds, "s"), f"{share[1:]} % of the admitted wait no longer")
    out.print(table)


def print_nearby(extra: dict[str, Any], within: float) -> None:
    """The least agents and what one more or fewer would mean."""
    out = console()
    roster = f", {extra['rostered']} on the roster" if extra["rostered"] != extra["agents"] else ""
    out.print(f"[bold]{extra['agents']} agents[/]{roster}")
    table = Table()
    columns = {
        "service_level": (f"within {within:g} s", "%"), "asa": ("ASA", "s"), "abandonment": ("abandoned", "%"),
        "blocking": ("blocked", "%"), "delay_probability": ("delay", "%"), "occupancy": ("occupancy", "%"),
    }  # fmt: skip
    for heading in ("agents", *(label for label, _ in columns.values())):
        table.add_column(heading, justify="right")
    table.add_column("misses")
    for row in extra["nearby"]:
        cells = [shown(row.get(key), unit) for key, (_, unit) in columns.items()]
        style = "bold" if row["agents"] == extra["agents"] else None
        table.add_row(str(row["agents"]), *cells, ", ".join(row["missed"]).replace("_", " "), style=style)
    out.print(table)
