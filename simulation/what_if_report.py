"""Scenarios and marginal values as one HTML file with charts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simulation import wording
from simulation.charts import Chart, line
from simulation.paired import Comparison
from simulation.report import page
from simulation.results import Estimate, Result
from simulation.what_if import FIGURES, WORTH, Marginal, Value, WhatIf

MOST_SCENARIOS = 7
"""Lines over the day beside the model's; more cannot be told apart."""


def write(path: str | Path, found: WhatIf | None, worth: Marginal | None = None) -> None:
    """Write the report to a file. OSError where the file cannot be written."""
    Path(path).write_text(html(found, worth), "utf-8")


def html(found: WhatIf | None, worth: Marginal | None = None) -> str:
    """The report as one HTML document."""
    base = (found or worth).base
    return page(
        "whatif.html", charts(found, worth), title=f"{base.name} · 假设分析 what if", base=base, tables=tables(found, worth),
        stopped=wording.stopped(base.stop, base.replications, False), confidence=f"{100 * base.confidence:g} %",
    )  # fmt: skip


def tables(found: WhatIf | None, worth: Marginal | None) -> list[dict[str, Any]]:
    """Title, heads, and rows of (name, cells): differences with their intervals."""
    base = (found or worth).base
    drawn = []
    if found is not None:
        rows = [
            (wording.label(m), [_number(base, m), *(cell(c, m) for c in found.comparisons)]) for m in FIGURES
        ]
        drawn.append({"title": "情景 Scenarios: 差异 differences", "heads": ["", "现状 as it is", *found.scenarios], "rows": rows})
        if len(base.types) > 1:
            rows = [
                (f"{t}: {wording.label(m)}", [_number(base, m, type=t), *(cell(c, m, type=t) for c in found.comparisons)])
                for t in base.types for m in ("service_level", "abandonment", "asa")
            ]
            drawn.append({"title": "按类型 By call type", "heads": ["", "现状 as it is", *found.scenarios], "rows": rows})
    if worth is not None:
        rows = [(f"{r.group} {r.label}", [value_text(r.figures[m], m, base) for m in WORTH]) for r in worth.rows]
        drawn.append({"title": "多一名座席 One more agent: 每工时 for each agent-hour added", "heads": ["", *map(wording.label, WORTH)], "rows": rows})
    return drawn


def charts(found: WhatIf | None, worth: Marginal | None) -> list[Chart]:
    """Differences as points with their intervals, service level over the day, marginal value over the day."""
    drawn = []
    if found is not None:
        for metric in ("service_level", "abandonment", "asa", "cost"):
            factor = 100 if wording.unit_of(metric) == "share" else 1
            unit = {"share": "pp", "money": found.base.model.costs.currency}.get(wording.unit_of(metric), wording.unit_of(metric))
            points = [(name, c.difference(metric)) for name, c in zip(found.scenarios, found.comparisons)]
            points = [(name, d) for name, d in points if d.mean is not None]
            drawn.append(Chart(f"difference-{metric}", wording.label(metric), f"情景 − 现状 scenario − as it is, {unit}", [{
                "type": "scatter", "mode": "markers", "x": [_folded(name) for name, _ in points], "y": [d.mean * factor for _, d in points],
                "error_y": {"type": "data", "array": [(d.half_width or 0.0) * factor for _, d in points]}, "name": wording.label(metric), "marker": {"size": 9},
                "line": {}, "meta": {"series": 0, "band": False},
            }], {"xaxis": {"type": "category", "tickangle": 0}, "yaxis": {"zeroline": True, "ticksuffix": f" {unit}"}}))  # fmt: skip
        opened = [i for i in found.base.intervals if i.open]
        if len(opened) > 1:
            traces: list[dict[str, Any]] = []
            for number, (name, result) in enumerate([("现状 as it is", found.base), *((n, c.b) for n, c in zip(found.scenarios, found.comparisons))][:MOST_SCENARIOS + 1]):
                traces += line(name, [(i.label, result.get("service_level", interval=i.index)) for i in opened], number, True, True if number < 4 else "legendonly")
            drawn.append(Chart("day", "服务水平 Service level", f"answered within {found.base.model.answer_within:g} s ÷ offered", traces, _day(opened, ".0%")))
    if worth is not None:
        for metric in ("service_level", "abandonment", "cost"):
            share = wording.unit_of(metric) == "share"
            traces = []
            for number, group in enumerate(dict.fromkeys(r.group for r in worth.rows)):
                points = [(r.label, Estimate(v.mean, v.low, v.high, worth.base.replications)) for r in worth.rows if r.group == group for v in (r.figures[metric],)]
                traces += line(group, points, number, share)
            drawn.append(Chart(f"worth-{metric}", f"{wording.label(metric)}: 多一名座席 one more agent", "change of the whole run for each agent-hour added there, with its band",
                               traces, _day([i for i in worth.base.intervals if i.open], ".2%" if share else None)))  # fmt: skip
    return drawn


def cell(comparison: Comparison, metric: str, **row: Any) -> str:
    """"+1.20 pp ± 0.31 % *"."""
    d = comparison.difference(metric, **row)
    unit, currency = wording.unit_of(metric), comparison.a.model.costs.currency
    shown = wording.change(d.mean, unit, currency)
    half = wording.half(d, unit)
    return f"{shown}{' ' + half if half else ''}{' *' if d.real and wording.told(shown) else ''}"


def value_text(value: Value, metric: str, base: Result) -> str:
    """A marginal value with its error."""
    unit, currency = wording.unit_of(metric), base.model.costs.currency
    estimate = Estimate(value.mean, value.low, value.high, base.replications)
    shown, half = wording.change(value.mean, unit, currency), wording.half(estimate, unit)
    return f"{shown}{' ' + half if half else ''}{' *' if value.real and wording.told(shown) else ''}"


def _number(result: Result, metric: str, **row: Any) -> str:
    return wording.number(result.get(metric, **row).mean, wording.unit_of(metric), result.model.costs.currency)


def _folded(name: str) -> str:
    """The name of a scenario in short lines, to stand below its point."""
    return "<br>".join(part for one in name.split(" + ") for part in one.split(" ", 1))


def _day(opened: list, tickformat: str | None) -> dict[str, Any]:
    labels = [i.label for i in opened]
    return {"xaxis": {"type": "category", "tickmode": "array", "tickvals": labels[:: max(1, len(labels) // 8)], "tickangle": 0},
            "yaxis": {"rangemode": "tozero", **({"tickformat": tickformat} if tickformat else {})}}  # fmt: skip
