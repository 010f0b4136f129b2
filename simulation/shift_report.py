"""A roster as one HTML file: cover against need, who works when, what is not met, how evenly it is spread."""

from __future__ import annotations

from pathlib import Path

from simulation import wording
from simulation.charts import Chart, line
from simulation.report import page
from simulation.results import Estimate
from simulation.shifts import ShiftPlan

DAYS = ("一 Mon", "二 Tue", "三 Wed", "四 Thu", "五 Fri", "六 Sat", "日 Sun")


def write(made: ShiftPlan, path: str | Path) -> None:
    """Write the report to a file. OSError where the file cannot be written."""
    Path(path).write_text(html(made), "utf-8")


def html(made: ShiftPlan) -> str:
    """The report as one HTML document."""
    heads, rows = roster_table(made)
    return page(
        "shifts.html", charts(made), title=f"{made.plan.name} · 排班 shifts", made=made, summary=summary(made), heads=heads, rows=rows,
        unmet=made.unmet, fairness=made.fairness(),
    )  # fmt: skip


def summary(made: ShiftPlan) -> list[str]:
    """Cost, gap and hours in words."""
    currency = made.plan.currency
    out = [
        f"成本 cost {wording.number(made.cost, 'money', currency)}; {len(made.rows())} duties, {made.paid_hours:,.1f} paid hours for {made.needed_hours:,.1f} agent-hours needed",
        f"差距 gap {100 * made.gap:.2f} %: no roster that keeps the rules is cheaper by more (shortage priced in); {made.seconds:.0f} s",
    ]
    if made.unmet:
        out.append(f"缺口 not met: {made.short_hours:g} agent-hours, priced {wording.number(made.shortage_cost, 'money', currency)}")
    return out


def roster_table(made: ShiftPlan) -> tuple[list[str], list[list[str]]]:
    """(heads, a row for each agent with its shift of each day)."""
    plan = made.plan
    heads = ["座席 agent", "合同 contract", *(f"{DAYS[plan.date(d).weekday()]} {plan.date(d):%m-%d}" for d in range(plan.days)), "h"]
    rows = []
    several = len(plan.need) > 1
    for agent, days in zip(plan.agents, made.duties):
        cells, paid = [], 0.0
        for duty in days:
            if duty is None:
                cells.append("")
                continue
            s = plan.shifts[duty.shift]
            paid += s.paid * plan.slot / 3600
            cells.append(f"{made.moment(s.start):%H:%M}–{made.moment(s.end):%H:%M}" + (f" {duty.group}" if several and len(agent.groups) > 1 else ""))
        rows.append([agent.name, agent.rules.name, *cells, f"{paid:g}"])
    return heads, rows


def charts(made: ShiftPlan) -> list[Chart]:
    """For each group the agents needed and there."""
    plan = made.plan
    xs = [f"{made.moment(s):%Y-%m-%d %H:%M}" for s in range(plan.slots)]
    drawn = []
    for number, (group, needed) in enumerate(plan.need.items()):
        traces = []
        for series, (name, values) in enumerate((("所需 needed", needed), ("排班 scheduled", made.cover[group][:plan.slots]))):
            traces += line(name, [(x, Estimate(float(v), None, None, 0)) for x, v in zip(xs, values)], series, False, markers=False)
        for trace in traces:
            trace["line"]["shape"] = "hv"
        drawn.append(Chart(f"cover-{number}", f"{group}", "agents needed (with shrinkage) and scheduled, breaks taken off", traces, {"xaxis": {"type": "date"}, "yaxis": {"rangemode": "tozero"}}))
    return drawn
