"""The report of a simulation: one HTML file with charts, tables and definitions that needs no network.

    write(result, "out.html")
    write_comparison(comparison, "out.html")
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from simulation import wording
from simulation.charts import Chart, charts, comparison_charts, told_apart
from simulation.metrics import METRICS
from simulation.paired import Comparison
from simulation.results import Estimate, Result

MAIN = (
    "service_level", "service_level_without_short_abandons", "abandonment", "asa", "wait_p50", "wait_p90", "wait_p95",
    "queue_length", "max_queue", "delay_probability", "offered", "answered", "abandoned", "blocked", "in_progress",
    "call_backs", "redials", "aht", "occupancy", "staffed_hours", "paid_hours", "overtime_hours", "cost", "cost_per_answered",
)  # fmt: skip
OF_TYPE = ("offered", "answered", "abandoned", "blocked", "service_level", "abandonment", "asa", "wait_p90", "queue_length", "aht")
OF_GROUP = ("answered", "asa", "occupancy", "busy_agents", "staffed_agents", "staffed_hours", "paid_hours", "aht", "agent_cost")
OF_INTERVAL = ("offered", "answered", "service_level", "abandonment", "asa", "wait_p90", "queue_length", "staffed_agents", "occupancy")
CARDS = ("service_level", "abandonment", "asa", "wait_p90", "occupancy", "cost")


@dataclass(frozen=True)
class Cell:
    """A number with its error, as text."""

    value: str
    half: str
    interval: str


def write(result: Result, path: str | Path) -> None:
    """Write the report to a file. OSError where the file cannot be written."""
    Path(path).write_text(html(result), "utf-8")


def html(result: Result) -> str:
    """The report as one HTML document (about 5 MB, nearly all of it the chart script)."""
    return page(
        "report.html", charts(result),
        title=f"{result.name} · 模拟报告 simulation report",
        result=result,
        stopped=wording.stopped(result.stop, result.replications, result.in_batches),
        confidence=f"{100 * result.confidence:g} %",
        cards=[_card(result, metric) for metric in CARDS],
        main=[_full_row(result, metric) for metric in MAIN if _worth(result, metric)],
        everything=[_full_row(result, metric) for metric in result.metrics(result.rows[0])],
        tables=_tables(result),
    )  # fmt: skip


def write_comparison(comparison: Comparison, path: str | Path) -> None:
    """Write the report of two scenarios to a file. OSError where the file cannot be written."""
    Path(path).write_text(comparison_html(comparison), "utf-8")


def comparison_html(comparison: Comparison) -> str:
    """Two scenarios and their differences as one HTML document."""
    names = told_apart(comparison)
    return page(
        "comparison.html", comparison_charts(comparison),
        title=f"{names[1]} − {names[0]}",
        names=names,
        comparison=comparison,
        stopped=wording.stopped(comparison.stop, comparison.a.replications, False),
        confidence=f"{100 * comparison.a.confidence:g} %",
        main=[_difference_row(comparison, metric) for metric in MAIN if metric in METRICS and _worth(comparison.a, metric)],
        tables=_difference_tables(comparison),
    )  # fmt: skip


def page(template: str, drawn: list[Chart], **content: Any) -> str:
    """A page of `pages/` with its charts as one HTML document."""
    figures = [{"key": chart.key, "data": chart.traces, "layout": chart.layout} for chart in drawn]
    # No "<" in it, so that no name in it can end the script element.
    text = json.dumps(figures, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return _templates().get_template(template).render(charts=drawn, figures=text, plotly=get_plotlyjs(), **content)


@lru_cache
def _templates() -> Environment:
    # Autoescape whatever the name ends with: names of types and groups come from a file.
    folder = FileSystemLoader(Path(__file__).parent / "pages")
    return Environment(loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True)


def _card(result: Result, metric: str) -> dict[str, Any]:
    estimate = result.get(metric)
    goals = {"service_level": (result.model.target_service_level, True), "abandonment": (result.model.target_abandonment, False)}
    goal, at_least = goals.get(metric, (None, True))
    state, words = wording.verdict(estimate, goal, at_least=at_least)
    return {"label": wording.label(metric), "cell": _cell(result, metric, estimate), "state": state, "verdict": words, "definition": _definition(result, metric)}


def _definition(result: Result, metric: str) -> str:
    return wording.definition(metric, result.model.answer_within, result.model.short_abandon)


def _cell(result: Result, metric: str, estimate: Estimate) -> Cell:
    unit, currency = wording.unit_of(metric), result.model.costs.currency
    ends = [] if estimate.low is None else [wording.number(end, unit, currency) for end in (estimate.low, estimate.high)]
    return Cell(wording.number(estimate.mean, unit, currency), wording.half(estimate, unit), " – ".join(ends))


def _full_row(result: Result, metric: str) -> dict[str, Any]:
    return {"label": wording.label(metric), "cell": _cell(result, metric, result.get(metric)), "definition": _definition(result, metric)}


def _worth(result: Result, metric: str) -> bool:
    """Counts of things that the model has none of only fill the page."""
    return bool(result.get(metric).mean) or metric in CARDS or metric in OF_TYPE


def _tables(result: Result) -> list[dict[str, Any]]:
    tables = []
    if len(result.types) > 1:
        rows = [(name, {"type": name}) for name in result.types]
        tables.append(_table(result, "按类型 By call type", OF_TYPE, rows))
    rows = [(name, {"group": name}) for name in result.groups]
    tables.append(_table(result, "按组 By group", OF_GROUP, rows))
    if len(result.intervals) > 1:
        rows = [(interval.label, {"interval": interval.index}) for interval in result.intervals]
        tables.append(_table(result, "按时段 By interval", OF_INTERVAL, rows))
    return tables


def _table(result: Result, title: str, metrics: tuple[str, ...], rows: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    def cell(metric: str, row: dict[str, Any]) -> Cell:
        try:
            return _cell(result, metric, result.get(metric, **row))
        except KeyError:  # percentiles end where a run has very many intervals
            return Cell("—", "", "")

    return {
        "title": title,
        "heads": [(wording.names(metric), _definition(result, metric)) for metric in metrics],
        "rows": [(name, [cell(metric, row) for metric in metrics]) for name, row in rows],
    }


def _difference_row(comparison: Comparison, metric: str) -> dict[str, Any]:
    return {
        "label": wording.label(metric),
        "a": _cell(comparison.a, metric, comparison.a.get(metric)).value,
        "b": _cell(comparison.b, metric, comparison.b.get(metric)).value,
        "cell": _difference_cell(comparison, metric),
        "definition": _definition(comparison.a, metric),
    }


def _difference_cell(comparison: Comparison, metric: str, **row: Any) -> dict[str, Any]:
    found = comparison.difference(metric, **row)
    unit, currency = wording.unit_of(metric), comparison.a.model.costs.currency
    ends = [] if found.low is None else [wording.change(end, unit, currency) for end in (found.low, found.high)]
    shown = wording.change(found.mean, unit, currency)
    # A difference of rounding errors may well be "real".
    real = bool(found.real) and wording.told(shown)
    return {"value": shown, "half": wording.half(found, unit), "interval": " … ".join(ends), "real": real}


def _difference_tables(comparison: Comparison) -> list[dict[str, Any]]:
    a, tables = comparison.a, []
    intervals = [row.interval for row in comparison.rows if row.scope == "interval"]
    for title, metrics, rows in (
        ("按类型 By call type", OF_TYPE, [(row.type, {"type": row.type}) for row in comparison.rows if row.scope == "type"]),
        ("按组 By group", OF_GROUP, [(row.group, {"group": row.group}) for row in comparison.rows if row.scope == "group"]),
        ("按时段 By interval", OF_INTERVAL, [(a.intervals[i].label, {"interval": i}) for i in intervals if i is not None]),
    ):
        paired = tuple(metric for metric in metrics if metric in METRICS)
        if rows:
            tables.append({
                "title": title,
                "heads": [(wording.names(metric), _definition(a, metric)) for metric in paired],
                "rows": [(name, [_difference_cell(comparison, metric, **row) for metric in paired]) for name, row in rows],
            })  # fmt: skip
    return tables
