"""How simulated numbers are said to people: names in both languages, units, error and verdicts."""

from __future__ import annotations

from simulation.metrics import METRICS, QUANTILE_NAMES
from simulation.results import Estimate, Stop

CHINESE = {
    "offered": "请求人工", "answered": "接通", "abandoned": "放弃", "blocked": "阻塞", "in_progress": "未结束",
    "service_level": "服务水平", "service_level_without_short_abandons": "服务水平(不计短时放弃)",
    "service_level_without_abandons_within": "服务水平(不计 T 内放弃)", "service_level_of_answered": "服务水平(占接通)",
    "service_level_of_accepted": "服务水平(占接受)", "abandonment": "放弃率", "blocking": "阻塞率",
    "delay_probability": "等待概率", "asa": "平均应答速度", "aht": "平均处理时长", "talk": "通话", "wrap_up": "话后处理",
    "queue_length": "排队人数", "max_queue": "最大排队", "busy_agents": "忙碌座席", "staffed_agents": "在岗座席",
    "occupancy": "占用率", "staffed_hours": "在岗工时", "paid_hours": "付薪工时", "overtime_hours": "超时工时",
    "cost": "成本", "agent_cost": "人工成本", "cost_per_answered": "每接通成本", "redials": "重拨", "call_backs": "回拨",
    "call_backs_done": "回拨成功", "arrived": "来电", "contained": "菜单解决", "containment": "菜单解决率",
    "wait_all": "平均等待", "wait_abandoned": "放弃者等待", "lines": "占用线路", "transfers": "转接",
    **{name: f"等待 {name.removeprefix('wait_p')} 分位" for name in QUANTILE_NAMES},
}  # fmt: skip

_NOISE = 1e-6
"""Sums of many times end a rounding error beside 0; nothing below this is told."""


def names(metric: str) -> tuple[str, str]:
    """("服务水平", "service level"); "" where there is no Chinese name."""
    english = metric.replace("_", " ").replace("wait p", "wait P").replace("asa", "ASA").replace("aht", "AHT")
    return CHINESE.get(metric, ""), english


def label(metric: str) -> str:
    """"服务水平 service level"."""
    return " ".join(filter(None, names(metric)))


def definition(metric: str, answer_within: float, short_abandon: float) -> str:
    """What the number is, with the times that the model sets."""
    if metric in QUANTILE_NAMES:
        return f"{metric.removeprefix('wait_p')} % of the answered waited no longer"
    text = METRICS[metric].text.replace("within T", f"within {answer_within:g} s")
    return text.replace("the short-abandon time", f"{short_abandon:g} s")


def number(value: float | None, unit: str, currency: str = "") -> str:
    """A value in its unit."""
    if value is None:
        return "—"
    if unit == "share":
        return f"{100 * value:.2f} %"
    text = f"{0.0 if abs(value) < _NOISE else value:,.{_places(value, unit)}f}"
    if unit == "money":
        return f"{currency} {text}".strip()
    return f"{text} {unit}" if unit in ("s", "s²") else text


def change(value: float | None, unit: str, currency: str = "") -> str:
    """A difference with its sign; of shares in percentage points."""
    if value is None:
        return "—"
    text = f"{100 * value:.2f} pp" if unit == "share" else number(value, unit, currency)
    if not told(text):
        return text.removeprefix("-")
    return f"+{text}" if value > 0 else text.replace("-", "−")


def told(text: str) -> bool:
    """Whether a number as shown is anything but 0."""
    return any(digit in text for digit in "123456789")


def half(estimate: Estimate, unit: str) -> str:
    """"± 0.41 %": half of the confidence interval, "" where there is none."""
    width = estimate.half_width
    if estimate.mean is None or width is None:
        return ""
    if unit == "share":
        return f"± {100 * width:.2f} %" if width >= 5e-5 or width < _NOISE else f"± {100 * width:.1g} %"
    text = f"{0.0 if width < _NOISE else width:,.{_places(estimate.mean, unit)}f}"
    return f"± {text}" if width < _NOISE or float(text.replace(",", "")) else f"± {width:.1g}"


def _places(value: float, unit: str) -> int:
    return 2 if abs(value) < 1000 else 0 if unit == "money" else 1


def compact(estimate: Estimate, unit: str) -> str:
    """"78.2 ±4.1" without unit (shares in per cent), for narrow columns."""
    if estimate.mean is None:
        return "—"
    factor = 100 if unit == "share" else 1
    mean = estimate.mean * factor
    places = 2 if abs(mean) < 10 else 1 if abs(mean) < 1000 else 0
    shown = f"{0.0 if abs(mean) < 1e-9 else mean:,.{places}f}"
    return shown if estimate.half_width is None else f"{shown} ±{estimate.half_width * factor:,.{places}f}"


def unit_of(metric: str) -> str:
    """The unit of a metric or percentile."""
    return METRICS[metric].unit if metric in METRICS else "s"


def stopped(stop: Stop, replications: int, in_batches: bool) -> str:
    """Why the simulation stopped, honestly."""
    counted = f"{replications} {'batches of one run' if in_batches else 'replication' + ('s' if replications != 1 else '')}"
    if stop.metric is None or stop.asked is None:
        return counted
    unit = unit_of(stop.metric)
    asked = half(Estimate(0.0, -stop.asked, stop.asked, replications), unit)
    name = stop.metric.replace("_", " ")
    if stop.met and stop.reached is not None:
        return f"{counted}; {name} known to {half(Estimate(0.0, -stop.reached, stop.reached, replications), unit)} ({asked} was asked)"
    reached = "no interval" if stop.reached is None else half(Estimate(0.0, -stop.reached, stop.reached, replications), unit)
    why = "the time allowed was used up" if stop.reason == "budget" else "the most replications allowed were done"
    return f"{counted}; PRECISION NOT REACHED: {name} {reached}, {asked} was asked, but {why}"


def verdict(estimate: Estimate, goal: float | None, *, at_least: bool) -> tuple[str, str]:
    """(class, words) of an estimate against its target: kept, missed, or not decided by the interval."""
    if goal is None or estimate.mean is None:
        return "", ""
    low, high = (estimate.mean, estimate.mean) if estimate.low is None or estimate.high is None else (estimate.low, estimate.high)
    said = f"目标 target {'≥' if at_least else '≤'} {100 * goal:g} %"
    kept, missed = (low >= goal, high < goal) if at_least else (high <= goal, low > goal)
    if kept:
        return "kept", f"{said}: ✓ 达标 kept"
    if missed:
        return "missed", f"{said}: ✗ 未达 missed"
    return "open", f"{said}: ? 未定 within the error"
