"""The forecast as charts and tables."""

from __future__ import annotations

import numpy as np

from simulation.charts import Chart
from simulation.forecast import Forecast, Score
from simulation.planning_report import Table, band, line, percent
from simulation.quantity import clock_text

HEADS = ("", "季节朴素 seasonal naive: interval", "day", "组合 combination: interval", "day", "较好 better")


def of_forecast(found: Forecast) -> tuple[list[Chart], list[Table]]:
    """(charts, tables): coming days with their intervals, the coming week by interval, the backtest."""
    days = [d.day.isoformat() for d in found.days]
    charts = [
        Chart("forecast", "每日预测 Forecast by day", f"expected calls and their {100 * found.level:g} % prediction interval",
              [*band("f", days, [d.low for d in found.days], [d.high for d in found.days], 0), line("预测 forecast", days, [d.mean for d in found.days], 0)],
              {"yaxis": {"rangemode": "tozero"}}),
    ]  # fmt: skip
    clock = [clock_text(i * found.interval) for i in range(found.mean.shape[1])]
    week = [line(f"{d.weekday} {d.day}", clock, found.mean[i].tolist(), i) for i, d in enumerate(found.days[:7])]
    charts.append(Chart("week", "第一周按时段 First week by interval", "expected calls in each interval", week, {"yaxis": {"rangemode": "tozero"}}))
    tables = [Table("每日 By day", ["日 day", "", "特殊日 special", "预测 calls", "下限 low", "上限 high"], [
        [d.day.isoformat(), d.weekday, d.special or "—", f"{d.mean:.0f}", f"{d.low:.0f}", f"{d.high:.0f}"] for d in found.days
    ])]  # fmt: skip
    if found.backtest is not None:
        b = found.backtest
        tested = [d.isoformat() for d in b.days]
        charts.append(Chart("backtest", "回测 Backtest: each week foretold from the weeks before", "calls by day",
                            [line("实际 actual", tested, b.actual, 0), *(line(name, tested, b.predicted[name], i) for i, name in enumerate(b.predicted, 1))],
                            {"yaxis": {"rangemode": "tozero"}}))  # fmt: skip
        rows = [_row("全部 all", b.methods), *(_row(m, s) for m, s in b.months.items()), *(_row(w, s) for w, s in b.weekdays.items())]
        tables.insert(0, Table("回测 Backtest, WAPE (sum of absolute errors ÷ calls)", HEADS, rows))
    return charts, tables


def notes(found: Forecast) -> list[str]:
    """What to know beside the numbers."""
    out = [f"方法 method: {found.method} · 趋势 trend {100 * found.trend:+.1f} % a week over the last eight (followed, not drawn on)"]
    if found.backtest is not None:
        b = found.backtest
        out.append(
            f"回测 backtest: {b.origins} weeks, each foretold from the days before; {percent(b.coverage)} of the intervals lay inside the {100 * found.level:g} % prediction interval"
        )
    return out + found.notes


def _row(name: str, scores: list[Score]) -> list[str]:
    cells = [text for s in scores for text in (percent(s.wape_interval), percent(s.wape_day))]
    best = scores[int(np.argmin([s.wape_interval for s in scores]))].method
    return [name, *cells, best.replace("_", " ")]
