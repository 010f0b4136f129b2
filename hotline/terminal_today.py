"""Today in words and tables: the reforecast, what to do now, the hours to come."""

from __future__ import annotations

from simulation.actions import Action, Advice
from simulation.planning_report import Table, percent, seconds
from simulation.quantity import clock_text
from simulation.service import Service
from simulation.today import Outlook

KINDS = {
    "none": "不用做什么 nothing", "call_backs": "提供回拨 offer call-backs", "recall": "从小休召回 recall from breaks", "overtime": "加班 overtime",
    "together": "同时进行 all of these at once", "let_go": "可提前下班 let go home",
}  # fmt: skip


def told(action: Action) -> str:
    """The action as one says it: "加班 overtime: 2 agents 10:00–12:00"."""
    words = KINDS[action.kind]
    if action.agents:
        words += ": " + ", ".join(f"{n} {name}" for name, n in action.agents.items())
    if action.start is not None and action.until is not None and action.kind != "together":
        words += f" {_clock(action.start)}–{_clock(action.until)}"
    return words + (f" ({'; '.join(told(part) for part in action.parts)})" if action.parts else "")


def notes(found: Outlook, so_far: Service, advice: Advice | None) -> list[str]:
    """What a supervisor reads first."""
    r = found.reforecast
    out = [
        f"{_clock(found.at)} · 已来 so far {r.so_far:.0f} ({r.so_far_expected:.0f} 预测 forecast) · 全天 whole day {r.day.mean:.0f} "
        f"({r.day.low:.0f}–{r.day.high:.0f}, 早上预测 morning {r.morning.mean:.0f}) · 余下 rest {r.rest.mean:.0f} ({r.rest.low:.0f}–{r.rest.high:.0f}), × {r.factor:.2f}",
        f"至今 so far: 服务水平 service level {percent(so_far.service_level)} · 放弃率 abandonment {percent(so_far.abandonment)} · ASA {seconds(so_far.asa_s)}",
    ]
    if advice is None:
        return [*out, "今天已结束 the day is over"]
    best = advice.best
    verdict = "✓" if best.sufficient else "✗ 都不够 nothing suffices; nearest:"
    return [*out, f"现在 now: {verdict} {told(best)}"]


def tables(found: Outlook, so_far: Service, advice: Advice | None) -> list[Table]:
    """What to do now; the hours to come without it."""
    if advice is None:
        return []
    unit = advice.currency or "工时 h"
    heads = ["做什么 action", "达标 kept", "服务水平 service level", "Δ", "放弃率 abandonment", "Δ", "ASA", "Δ", f"成本 cost, {unit}"]
    rows = []
    for a in advice.actions:
        cells = []
        for name in ("service_level", "abandonment", "asa"):
            show = seconds if name == "asa" else percent
            change = a.differences[name].mean
            star = "" if a.kind == "none" or change is None else f"{change:+.1f} s" if name == "asa" else f"{100 * change:+.1f}"
            cells += [show(a.figures[name].mean), star]
        rows.append([told(a), "✓" if a.sufficient else "✗", *cells, f"{a.cost:,.1f}"])
    coming = Table("余下时段，什么也不做 The hours to come, nothing done", ["起 from", "来电 calls", "座席 agents", "服务水平 service level", "放弃率 abandonment", "ASA"])
    for one in advice.intervals:
        calls, staff = one["offered"], one["agents"]
        coming.rows.append([one["from"], f"{calls:.1f}", "—" if staff is None else f"{staff:.1f}", percent(one["service_level"]), percent(one["abandonment"]), seconds(one["asa"])])
    return [Table("现在做什么 What to do now: the rest of the day with each action", heads, rows), coming]


def _clock(at: float) -> str:
    return clock_text(round(at / 60) * 60.0)
