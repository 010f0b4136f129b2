"""The charts of a simulation as plain Plotly figures: lines over the day with their confidence bands.

Colours are left to the page (`meta.series` numbers the line, `meta.band` marks a band), which knows
whether it is light or dark. Every line also has a dash of its own, so that colour is never the only sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulation.paired import Comparison
from simulation.results import Estimate, Interval, Result

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MOST_LINES = 8
"""Lines a chart shows beside the whole; more cannot be told apart."""
Trace = dict[str, Any]


@dataclass(frozen=True)
class Chart:
    """A figure with its words in both languages."""

    key: str
    title: str
    """Chinese and English."""
    definition: str
    traces: list[Trace]
    layout: dict[str, Any]


def charts(result: Result) -> list[Chart]:
    """What a planner looks at: over the day where there is a day, and the wait distribution."""
    open_intervals = [interval for interval in result.intervals if interval.open]
    over_day = []
    if len(open_intervals) > 1:
        within = f"{result.model.answer_within:g} s"
        over_day = [
            _over_day(result, "service_level", "服务水平 Service level", f"answered within {within} ÷ offered", by="type",
                      goal=result.model.target_service_level),
            _over_day(result, "queue_length", "排队人数 Queue length", "callers waiting, average over the interval", by="type"),
            _calls(result),
            _agents(result),
            _over_day(result, "occupancy", "占用率 Occupancy", "busy (talk and wrap-up) ÷ staffed time", by="group"),
            _over_day(result, "abandonment", "放弃率 Abandonment", "left before answer ÷ offered", by="type",
                      goal=result.model.target_abandonment),
        ]  # fmt: skip
    return [*over_day, _waits(result)]


def comparison_charts(comparison: Comparison) -> list[Chart]:
    """Both scenarios over the day, where they have the same intervals, and their wait distributions."""
    both = [(comparison.a, told_apart(comparison)[0]), (comparison.b, told_apart(comparison)[1])]
    drawn = []
    if any(row.interval is not None for row in comparison.rows) and len(_open(comparison.a.series("queue_length"))) > 1:
        for metric, title, definition in (
            ("service_level", "服务水平 Service level", f"answered within {comparison.a.model.answer_within:g} s ÷ offered"),
            ("queue_length", "排队人数 Queue length", "callers waiting, average over the interval"),
            ("occupancy", "占用率 Occupancy", "busy (talk and wrap-up) ÷ staffed time"),
            ("staffed_agents", "座席 Agents", "agents on the phone, average over the interval"),
        ):
            share = metric in ("service_level", "occupancy")
            traces = [t for i, (r, name) in enumerate(both) for t in line(name, _open(r.series(metric)), i, share)]
            drawn.append(Chart(metric, title, definition, traces, _day_layout(comparison.a, "tozero", ".0%" if share else None)))
    waits = [_waits(result) for result, _ in both]
    for number, (chart, (_, name)) in enumerate(zip(waits, both)):
        chart.traces[:] = [
            {**trace, "legendgroup": name, "meta": {**trace["meta"], "series": number}, **({"name": name} if "name" in trace else {}),
             "line": {**trace["line"], "dash": DASHES[number]}}
            for trace in chart.traces if trace["visible"] is True
        ]  # fmt: skip
    traces = [trace for chart in waits for trace in chart.traces]
    return [*drawn, Chart("waits", waits[0].title, waits[0].definition, traces, waits[0].layout)]


def told_apart(comparison: Comparison) -> tuple[str, str]:
    """The names of both scenarios; with a letter where they are the same."""
    a, b = comparison.a.name, comparison.b.name
    return (a, b) if a != b else (f"{a} (A)", f"{b} (B)")


def _over_day(result: Result, metric: str, title: str, definition: str, *, by: str, goal: float | None = None) -> Chart:
    share = metric != "queue_length"
    traces = line("全部 all", _open(result.series(metric)), 0, share)
    names = result.types if by == "type" else result.groups
    if len(names) > 1:
        for number, name in enumerate(names[:MOST_LINES], start=1):
            row = {by: name}
            # A click on the legend brings the parts; groups are the point of the occupancy chart.
            visible = True if by == "group" else "legendonly"
            traces += line(name, _open(result.series(metric, **row)), number, share, visible)
    layout = _day_layout(result, "tozero", ".0%" if share else None)
    if goal is not None:
        layout["shapes"] = [across(goal)]
        layout["annotations"] = [note(f"目标 target {100 * goal:g} %", y=goal)]
    return Chart(metric, title, definition, traces, layout)


def _calls(result: Result) -> Chart:
    lines = {"offered": "来电 offered", "answered": "接通 answered", "abandoned": "放弃 abandoned", "blocked": "阻塞 blocked"}
    traces: list[Trace] = []
    for number, (metric, name) in enumerate(lines.items()):
        traces += line(name, _open(result.series(metric)), number, False)
    return Chart(
        "calls", "来电 Calls", "calls in the interval, by the moment they asked for an agent", traces,
        _day_layout(result, "tozero", None),
    )  # fmt: skip


def _agents(result: Result) -> Chart:
    traces = line("在岗 on the phone", _open(result.series("staffed_agents")), 0, False)
    traces += line("忙碌 busy", _open(result.series("busy_agents")), 1, False)
    return Chart(
        "agents", "座席 Agents", "agents staffed and agents busy, average over the interval", traces,
        _day_layout(result, "tozero", None),
    )  # fmt: skip


def _waits(result: Result) -> Chart:
    traces: list[Trace] = []
    whole = result.wait_distribution()
    reached = whole.share[np.isfinite(whole.share)]
    # Up to what 99.5 % of the answered wait no longer; the last per mille would squeeze the rest.
    last = int(np.searchsorted(reached, 0.995)) + 1
    names: list[str | None] = [None, *(result.types[:MOST_LINES] if len(result.types) > 1 else [])]
    for number, name in enumerate(names):
        one = whole if name is None else result.wait_distribution(name)
        points = [
            Estimate(_finite(share), _finite(share - half), _finite(share + half), result.replications)
            for share, half in zip(one.share[:last], one.half_width[:last])
        ]
        visible = True if name is None else "legendonly"
        label = "全部 all" if name is None else name
        traces += line(label, list(zip(one.seconds[:last].tolist(), points)), number, True, visible, markers=False)
    within = result.model.answer_within
    layout = {
        "xaxis": {"title": {"text": "等待 wait, s"}, "rangemode": "tozero"},
        "yaxis": {"tickformat": ".0%", "range": [0, 1.02]},
        "shapes": [{"type": "line", "x0": within, "x1": within, "y0": 0, "y1": 1, "yref": "paper", "line": {"width": 1, "dash": "dot"}}],
        "annotations": [note(f"T = {within:g} s", x=within)],
    }
    return Chart("waits", "等待分布 Waits of the answered", "share of the answered that waited no longer", traces, layout)


def line(
    name: str, points: Sequence[tuple[Any, Estimate]], number: int, share: bool, visible: bool | str = True, *, markers: bool = True
) -> list[Trace]:
    """A line and its band; the band is cut where there is no value."""
    shown = "{:.1%}" if share else "{:.3g}"
    common = {"legendgroup": name, "visible": visible}
    traces: list[Trace] = []
    for part in _runs(points):
        xs = [x for x, _ in part]
        for edge in ("low", "high"):
            traces.append({
                "type": "scatter", "mode": "lines", "x": xs, "y": [_short(getattr(e, edge)) for _, e in part],
                "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip", "meta": {"series": number, "band": True},
                **({"fill": "tonexty"} if edge == "high" else {}), **common,
            })  # fmt: skip
    values = [e.mean for _, e in points]
    texts = [
        "—" if e.mean is None else shown.format(e.mean) + ("" if e.low is None else f" ({shown.format(e.low)} – {shown.format(e.high)})")
        for _, e in points
    ]
    traces.append({
        "type": "scatter", "mode": "lines+markers" if markers and len(points) <= 60 else "lines", "name": name,
        "x": [x for x, _ in points], "y": [_short(v) for v in values], "text": texts, "hovertemplate": "%{text}",
        "line": {"width": 2, "dash": DASHES[number % len(DASHES)]}, "marker": {"size": 5},
        "meta": {"series": number, "band": False}, **common,
    })  # fmt: skip
    return traces


def _runs(points: Iterable[tuple[Any, Estimate]]) -> list[list[tuple[Any, Estimate]]]:
    runs: list[list[tuple[Any, Estimate]]] = [[]]
    for point in points:
        if point[1].low is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def _open(series: list[tuple[Interval, Estimate]]) -> list[tuple[str, Estimate]]:
    days = {interval.label.partition(" ")[0] for interval, _ in series if interval.open and " " in interval.label}
    return [(i.label if len(days) > 1 else i.clock, e) for i, e in series if i.open]


def _day_layout(result: Result, rangemode: str, tickformat: str | None) -> dict[str, Any]:
    labels = [x for x, _ in _open(result.series("queue_length"))]
    every = max(1, len(labels) // 8)
    return {
        "xaxis": {"type": "category", "tickmode": "array", "tickvals": labels[::every], "tickangle": 0},
        "yaxis": {"rangemode": rangemode, **({"tickformat": tickformat} if tickformat else {})},
    }


def across(y: float) -> dict[str, Any]:
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y, "line": {"width": 1, "dash": "dot"}}


def note(text: str, *, x: float | None = None, y: float | None = None) -> dict[str, Any]:
    if x is None:
        return {"text": text, "xref": "paper", "x": 0.01, "y": y, "xanchor": "left", "yanchor": "bottom", "showarrow": False}
    return {"text": text, "yref": "paper", "x": x, "y": 0, "xanchor": "left", "yanchor": "bottom", "showarrow": False}


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
