"""Reports of history, calibration, honest test and forecast: one HTML file each, as the simulation's report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np

from simulation.calibration import Calibration
from simulation.charts import DASHES, Chart, Trace
from simulation.history import History, Report
from simulation.report import page
from simulation.validation import Compared, Validation


@dataclass(frozen=True)
class Table:
    """A table of a report; cells are texts."""

    title: str
    heads: Sequence[str]
    rows: list[list[str]] = field(default_factory=list)


def html(title: str, notes: Sequence[str], charts: list[Chart], tables: Sequence[Table]) -> str:
    """The document."""
    return page("planning.html", charts, title=title, notes=notes, tables=tables)


def write(path: str | Path, title: str, notes: Sequence[str], charts: list[Chart], tables: Sequence[Table]) -> None:
    """Write it. OSError where the file cannot be written."""
    Path(path).write_text(html(title, notes, charts, tables), "utf-8")


def line(name: str, xs: Sequence[Any], ys: Sequence[float | None], number: int, mode: str = "lines") -> Trace:
    """One line of a chart; None is a gap."""
    return {
        "type": "scatter", "mode": mode, "name": name, "x": list(xs), "y": [None if y is None or not np.isfinite(y) else float(f"{y:.6g}") for y in ys],
        "line": {"width": 2, "dash": DASHES[number % len(DASHES)]}, "marker": {"size": 5}, "meta": {"series": number, "band": False},
    }  # fmt: skip


def band(name: str, xs: Sequence[Any], low: Sequence[float], high: Sequence[float], number: int) -> list[Trace]:
    """A band between two lines."""
    return [
        {"type": "scatter", "mode": "lines", "x": list(xs), "y": [float(f"{y:.6g}") for y in edge], "line": {"width": 0}, "showlegend": False,
         "hoverinfo": "skip", "legendgroup": name, "meta": {"series": number, "band": True}, **fill}
        for edge, fill in ((low, {}), (high, {"fill": "tonexty"}))
    ]  # fmt: skip


def percent(value: float | None) -> str:
    """A share as per cent."""
    return "—" if value is None or not np.isfinite(value) else f"{100 * value:.1f} %"


def seconds(value: float | None) -> str:
    """Seconds."""
    return "—" if value is None or not np.isfinite(value) else f"{value:.1f} s"


# -- what was read --------------------------------------------------------------------------------------------


def of_history(history: History, report: Report) -> tuple[list[str], list[Chart], list[Table]]:
    """(notes, charts, tables) of what was read, refused and odd."""
    notes = [
        f"读入 read {report.read} · 拒绝 refused {report.refused} · 非通话 left out {report.left_out} · 行 lines {report.lines} · "
        f"文件 files {len(report.files)}"
    ]
    odd = Table("异常 Odd", ["现象 what", "次数 times", "处理 done", "例 first places"],
                [[o.meaning, str(o.count), o.done, "; ".join(o.examples)] for o in report.odd.values()])
    refused = Table("拒绝的行 Refused lines", ["文件 file", "行 line", "原因 reason"], [[r.file, str(r.line), r.reason] for r in report.refusals])
    charts = []
    if len(history):
        days, place = np.unique(history.day, return_inverse=True)
        dates = [d.isoformat() for d in history.days()]
        from simulation.history import OUTCOMES

        traces = [line(name, dates, np.bincount(place, history.outcome == code, len(days)), code)
                  for code, name in enumerate(OUTCOMES) if (history.outcome == code).any()]
        charts.append(Chart("days", "每日来电 Calls by day", "by the moment they asked for an agent", traces, {"yaxis": {"rangemode": "tozero"}}))
    return notes, charts, [t for t in (odd, refused) if t.rows]


# -- what was learned -----------------------------------------------------------------------------------------


def of_calibration(calibration: Calibration) -> tuple[list[Chart], list[Table]]:
    """(charts, tables) of the model's parts."""
    survival = []
    for number, kind in enumerate(sorted(calibration.kinds, key=lambda k: -k.survival.n)[:8]):
        shown = kind.survival.seconds <= 600
        survival.append(line(kind.name, kind.survival.seconds[shown].tolist(), kind.survival.share[shown].tolist(), number))
    charts = [
        Chart("patience", "耐心 Patience (Kaplan–Meier)", "share of callers who would still wait; abandonment censored by answer", survival,
              {"yaxis": {"tickformat": ".0%", "range": [0, 1.02]}, "xaxis": {"title": {"text": "等待 wait, s"}}}),
        Chart("talk", "通话时长 Talk by hour", "factor on the mean talk, by hour in which the call is offered",
              [line("factor", [f"{h:02d}:00" for h in range(24)], calibration.talk_by_hour, 0)], {"yaxis": {}}),
    ]  # fmt: skip
    handling = Table("处理时长 Handling", ["类型 kind", "通话 calls", "均值 mean talk", "±", "cv", "非服务 artefacts", "借自 borrowed"], [
        [k.name, str(k.handling.calls), seconds(k.handling.mean), seconds(1.96 * k.handling.error), f"{k.handling.cv:.2f}",
         percent(k.handling.artefacts), k.handling.borrowed or "—"] for k in calibration.kinds
    ])  # fmt: skip
    kinds = sorted({f.kind for k in calibration.kinds for f in k.patience})
    fits = Table("耐心拟合 Patience fits (held-out log-likelihood per queued call, the highest is chosen)",
                 ["类型 kind", "排队 queued", "放弃 gave up", "等过 60 s", *kinds], [
        [k.name, str(k.survival.n), str(k.survival.gave_up), percent(k.survival.at(60)),
         *(next(("未检验 assumed" if isnan(f.held_out) else f"{f.held_out:.4f}{' ✓' if f is k.patience[0] else ''}" for f in k.patience if f.kind == kind), "—") for kind in kinds)]
        for k in calibration.kinds
    ])  # fmt: skip
    m, r = calibration.menu, calibration.redials
    rest = Table("其他 Other", ["", ""], [
        ["日波动 busyness cv", f"{calibration.busyness_cv:.3f}"], ["通话后 after-call", seconds(calibration.after_call)],
        ["菜单内挂断 hung up in the menu", percent(m.left)], ["自助完成 contained", percent(m.contained)], ["菜单时长 in the menu", seconds(m.mean)],
        ["重拨 redial within the hour after giving up", "—" if r is None else f"{percent(r.share)}, median after {r.median_delay:.0f} s"],
    ])  # fmt: skip
    return charts, [handling, fits, rest]


# -- the honest test ------------------------------------------------------------------------------------------

HEADS = ("", "来电 offered", "放弃 abandoned", "模拟 simulated", "差 points", "ASA", "模拟 simulated", "差 %", "SL", "模拟 simulated")


def row(c: Compared) -> list[str]:
    """One line of the comparison."""
    a, s = c.actual, c.simulated
    points, ratio = c.abandonment_points, c.asa_ratio
    return [
        c.label, f"{a.offered:.0f}", percent(a.abandonment), percent(s.abandonment), "—" if points is None else f"{points:+.1f}",
        seconds(a.asa), seconds(s.asa), "—" if ratio is None else f"{100 * ratio:+.0f} %", percent(a.service_level), percent(s.service_level),
    ]  # fmt: skip


def of_validation(v: Validation, name: str = "") -> tuple[list[Chart], list[Table]]:
    """(charts, tables): simulated beside actual, by month, day and hour."""
    key = "".join(c for c in name if c.isalnum())
    charts = [_beside(f"{key}ab-{scope}", f"放弃率 Abandonment {title} {name}", rows, "abandonment", ".0%") for scope, title, rows in (("d", "by day", v.days), ("h", "by hour", v.hours))]
    charts += [_beside(f"{key}asa-{scope}", f"平均应答速度 ASA, s, {title} {name}", rows, "asa", None) for scope, title, rows in (("d", "by day", v.days), ("h", "by hour", v.hours))]
    charts.append(_beside(f"{key}sl-h", f"服务水平 Service level ({v.answer_within:g} s) by hour {name}", v.hours, "service_level", ".0%"))
    agents = [line("agents", [f"{h:02d}:00" for h in range(24)], v.agents, 0)]
    charts.append(Chart(f"{key}agents", f"推断在岗 Agents on duty, inferred {name}", "mean over the days, from who answered and who waited", agents, {"yaxis": {"rangemode": "tozero"}}))
    return charts, [
        Table(f"按月 By month {name}", HEADS, [row(c) for c in (*v.months, v.whole)]),
        Table(f"按小时 By hour {name}", HEADS, [row(c) for c in v.hours]),
        Table(f"按日 By day {name}", HEADS, [row(c) for c in v.days]),
    ]  # fmt: skip


def _beside(key: str, title: str, rows: list[Compared], metric: str, tickformat: str | None) -> Chart:
    xs = [r.label for r in rows]
    sides = [("实际 actual", [getattr(r.actual, metric) for r in rows]), ("模拟 simulated", [getattr(r.simulated, metric) for r in rows])]
    traces = [line(name, xs, ys, number) for number, (name, ys) in enumerate(sides)]
    return Chart(key, title, "days not used for the calibration", traces, {"yaxis": {"rangemode": "tozero", **({"tickformat": tickformat} if tickformat else {})}})
