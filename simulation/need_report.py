"""The need per interval as one HTML file: agents against demand, service level with its band, the table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simulation import wording
from simulation.charts import Chart, across, line, note
from simulation.need import FIGURES, Figure, Need, PoolNeed
from simulation.report import page
from simulation.results import Estimate

UNITS = {"service_level": "share", "abandonment": "share", "asa": "s", "delay_probability": "share"}


def write(need: Need, path: str | Path) -> None:
    """Write the report to a file. OSError where the file cannot be written."""
    Path(path).write_text(html(need), "utf-8")


def html(need: Need) -> str:
    """The report as one HTML document."""
    drawn = [chart for number, pool in enumerate(need.pools) for chart in charts(need, pool, number)]
    return page(
        "need.html", drawn, title=f"{need.model} · 所需座席 agents needed", need=need,
        tables=[table(need, pool) for pool in need.pools], warnings=[words for pool in need.pools for words in shortfalls(need, pool)],
        hours=f"{need.agent_hours:,.1f}", paid=f"{need.paid_hours:,.1f}",
    )  # fmt: skip


def charts(need: Need, pool: PoolNeed, number: int = 0) -> list[Chart]:
    """Agents against offered load, and each promised figure with its band."""
    xs = clocks(need)
    name = ", ".join(pool.groups)
    traces = []
    for j, group in enumerate(pool.groups):
        traces += line(f"{group}", [(x, Estimate(float(n), None, None, 0)) for x, n in zip(xs, pool.agents[group])], j, False)
    total = [sum(pool.agents[g][i] for g in pool.groups) for i in range(len(xs))]
    if len(pool.groups) > 1:
        traces += line("合计 total", [(x, Estimate(float(n), None, None, 0)) for x, n in zip(xs, total)], len(pool.groups), False)
    traces += line("话务量 offered load (erl)", [(x, Estimate(v, None, None, 0)) for x, v in zip(xs, pool.load)], len(pool.groups) + 1, False)
    for trace in traces:
        trace["line"]["shape"] = "hv"
    layout = _layout(xs)
    drawn = [Chart(f"need-{number}", f"所需座席 Agents needed: {name}", "agents on duty and the load that is offered to them, erlangs as it moves", traces, layout)]
    for metric in [m for m in FIGURES if any(m in pool.promises[t] for t in pool.types)]:
        share = UNITS[metric] == "share"
        traces, goals = [], set()
        for j, t in enumerate(pool.types):
            visible: bool | str = True if j < 3 else "legendonly"
            traces += line(t, [(x, _estimate(f, pool)) for x, f in zip(xs, pool.figures[t][metric])], j, share, visible)
            if metric in pool.promises[t]:
                goals.add(pool.promises[t][metric])
        layout = _layout(xs, ".0%" if share else None)
        layout["shapes"] = [across(goal) for goal in goals]
        layout["annotations"] = [note(f"目标 target {100 * goal:g} %" if share else f"目标 target {goal:g} s", y=goal) for goal in goals]
        words = "exact" if pool.method == "exact" else f"simulated, {pool.replications} replications, with its confidence band"
        drawn.append(Chart(f"{metric}-{number}", wording.label(metric), words, traces, layout))
    return drawn


def clocks(need: Need) -> list[str]:
    """Labels of the open intervals, without the day where there is but one."""
    days = {label.partition(" ")[0] for label in need.labels if " " in label}
    return [label.partition(" ")[2] if len(days) == 1 and " " in label else label for label in need.labels]


def method_words(pool: PoolNeed) -> str:
    """How the need was found."""
    if pool.method == "exact":
        return "精确 exact (Mt/M/st)"
    return f"模拟 simulated, {pool.replications} replications: {pool.why}"


def shortfalls(need: Need, pool: PoolNeed) -> list[str]:
    """A line for each interval that stays short."""
    return [f"{need.labels[s.interval]} {s.type}: 达不到目标 target not kept, {s.excess:.2f} × what is allowed ({s.why})" for s in pool.short]


def shown(metric: str, figure: Figure, exact: bool) -> str:
    """A figure with its error as text."""
    estimate = Estimate(figure.value, None if exact else figure.low, None if exact else figure.high, 0)
    half = wording.half(estimate, UNITS[metric])
    return f"{wording.number(figure.value, UNITS[metric])}{' ' + half if half else ''}"


def _estimate(figure: Figure, pool: PoolNeed) -> Estimate:
    return Estimate(figure.value, None if pool.method == "exact" else figure.low, None if pool.method == "exact" else figure.high, pool.replications)


def _layout(xs: list[str], tickformat: str | None = None) -> dict[str, Any]:
    return {
        "xaxis": {"type": "category", "tickmode": "array", "tickvals": xs[:: max(1, len(xs) // 8)], "tickangle": 0},
        "yaxis": {"rangemode": "tozero", **({"tickformat": tickformat} if tickformat else {})},
    }


def table(need: Need, pool: PoolNeed) -> dict[str, Any]:
    """Title, method, heads, and rows of (label, cells of (text, whether the target is missed))."""
    promised = [(t, m) for t in pool.types for m in FIGURES if m in pool.promises[t]]
    heads = ["话务量 load, erl", *(f"{g}: 在岗 on duty" for g in pool.groups), *(f"{g}: 排班 scheduled" for g in pool.groups),
             *(f"{t}: {wording.label(m)}" for t, m in promised)]  # fmt: skip
    short = {(s.interval, s.type) for s in pool.short}
    rows = []
    for i, label in enumerate(need.labels):
        cells = [(f"{pool.load[i]:.1f}", False), *((str(pool.agents[g][i]), False) for g in pool.groups), *((str(pool.paid[g][i]), False) for g in pool.groups)]
        cells += [(shown(m, pool.figures[t][m][i], pool.method == "exact"), (i, t) in short) for t, m in promised]
        rows.append((label, cells))
    return {"title": ", ".join(pool.groups), "method": method_words(pool), "heads": heads, "rows": rows}
