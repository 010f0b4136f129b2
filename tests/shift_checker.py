"""A judge of rosters that knows nothing of the planner: it reads the plan file's own dict and a roster's JSON.

Written from `simulation/SHIFTS.md`, with dates and clock times, not from the code that plans.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UNITS = {"h": 60, "min": 1}


def minutes(text: str) -> int:
    """"1 h 30 min" → 90."""
    return sum(int(float(n) * UNITS[u]) for n, u in re.findall(r"([\d.]+)\s*(h|min)", text))


def clock(text: str) -> int:
    h, m = text.split(":")
    return int(h) * 60 + int(m)


def faults(file: dict, made: dict) -> list[str]:
    """Everything in which the roster breaks the rules of the plan file, or says what is not so."""
    out: list[str] = []
    first = dt.date.fromisoformat(str(file["start"]))
    days = 7 * file.get("weeks", 1)
    people = {}
    number = 0
    for row in file["agents"]:
        for _ in range(row.get("count", 1)):
            number += 1
            people[row.get("name", f"{row['contract']} {number}")] = row
    duties: dict[str, list[dict]] = defaultdict(list)
    for duty in made["roster"]:
        duties[duty["agent"]].append({**duty, "from": dt.datetime.fromisoformat(duty["start"]), "to": dt.datetime.fromisoformat(duty["end"])})
    for name in duties:
        if name not in people:
            out.append(f"{name} is nobody of the plan")
    cost = 0.0
    for name, row in people.items():
        contract = file["contracts"][row["contract"]]
        mine = sorted(duties[name], key=lambda d: d["from"])
        off = {text for text in map(str, row.get("off", []))}
        by_week: dict[int, float] = defaultdict(float)
        days_of_week: dict[int, set] = defaultdict(set)
        for duty in mine:
            day = duty["from"].date()
            pattern = file["patterns"][duty["pattern"]]
            if duty["pattern"] not in contract["patterns"]:
                out.append(f"{name} works pattern {duty['pattern']}, not in the contract")
            if duty["group"] not in row["groups"]:
                out.append(f"{name} works for {duty['group']}")
            if WEEKDAYS[day.weekday()] in off or day.isoformat() in off:
                out.append(f"{name} works on {day}, a day off")
            if pattern.get("days") and WEEKDAYS[day.weekday()] not in pattern["days"]:
                out.append(f"{name}: {duty['pattern']} is not worked on {day}")
            if not 0 <= (day - first).days < days:
                out.append(f"{name} works outside the plan on {day}")
            begin = duty["from"].hour * 60 + duty["from"].minute
            starts = pattern["starts"]
            allowed = (
                list(range(clock(starts["first"]), clock(starts["last"]) + 1, minutes(starts["every"]))) if isinstance(starts, dict) else list(map(clock, starts))
            )
            if begin not in allowed:
                out.append(f"{name} begins at {duty['from']}")
            if (duty["to"] - duty["from"]) != dt.timedelta(minutes=minutes(pattern["length"])):
                out.append(f"{name} works from {duty['from']} to {duty['to']}")
            paid = minutes(pattern["length"])
            rules = pattern.get("breaks", [])
            if len(rules) != len(duty["breaks"]):
                out.append(f"{name} has {len(duty['breaks'])} breaks on {day}")
            end_of_last = None
            for rule, (a, b) in zip(rules, duty["breaks"]):
                a, b = dt.datetime.fromisoformat(a), dt.datetime.fromisoformat(b)
                after = (a - duty["from"]).total_seconds() / 60
                if not minutes(rule["earliest"]) <= after <= minutes(rule["latest"]) or (b - a).total_seconds() / 60 != minutes(rule["length"]):
                    out.append(f"{name}: break {a} – {b}")
                if end_of_last is not None and a < end_of_last or b > duty["to"]:
                    out.append(f"{name}: break {a} – {b} lies wrong")
                end_of_last = b
                paid -= 0 if rule.get("paid") else minutes(rule["length"])
            if abs(duty["hours"] * 60 - paid) > 1e-6:
                out.append(f"{name}: {duty['hours']} paid hours on {day}")
            cost += paid / 60 * contract["cost_per_hour"]
            week = (day - first).days // 7
            by_week[week] += paid
            if day in days_of_week[week]:
                out.append(f"{name} works twice on {day}")
            days_of_week[week].add(day)
        for one, two in zip(mine, mine[1:]):
            if (two["from"] - one["to"]).total_seconds() / 60 < minutes(contract["min_rest"]):
                out.append(f"{name} rests too little before {two['from']}")
        for week in range(days // 7):
            if by_week[week] > minutes(contract["max_hours"]) or by_week[week] < minutes(contract.get("min_hours", "0 min")):
                out.append(f"{name} works {by_week[week] / 60} h in week {week}")
            if len(days_of_week[week]) > contract.get("max_days", 7):
                out.append(f"{name} works {len(days_of_week[week])} days in week {week}")
        worked = {d["from"].date() for d in mine}
        row_of = 0
        for d in range(days):
            row_of = row_of + 1 if first + dt.timedelta(days=d) in worked else 0
            if row_of > contract.get("max_consecutive_days", 6):
                out.append(f"{name} works {row_of} days in a row")
    if abs(cost - made["cost"]) > 1e-6 * max(cost, 1):
        out.append(f"the cost is {cost}, not {made['cost']}")
    return out + _cover(file, made, first, days)


def _cover(file: dict, made: dict, first: dt.date, days: int) -> list[str]:
    """Whether cover, unmet intervals and their hours are what the roster gives."""
    slot = minutes(file.get("interval", "15 min"))
    there: dict[tuple[str, dt.datetime], int] = defaultdict(int)
    for duty in made["roster"]:
        at, end = dt.datetime.fromisoformat(duty["start"]), dt.datetime.fromisoformat(duty["end"])
        pauses = [(dt.datetime.fromisoformat(a), dt.datetime.fromisoformat(b)) for a, b in duty["breaks"]]
        while at < end:
            there[duty["group"], at] += not any(a <= at < b for a, b in pauses)
            at += dt.timedelta(minutes=slot)
    short_minutes = 0
    out = []
    listed = {}
    for u in made["unmet"]:
        at = dt.datetime.fromisoformat(f"{u['day']}T{u['start']}")
        end = dt.datetime.combine(at.date() + dt.timedelta(days=1), dt.time()) if u["end"] == "24:00" else dt.datetime.fromisoformat(f"{u['day']}T{u['end']}")
        while at < end:
            listed[u["group"], at] = u["short"]
            at += dt.timedelta(minutes=slot)
    for group, needed in made["need"].items():
        for i, n in enumerate(needed):
            at = dt.datetime.combine(first, dt.time()) + dt.timedelta(minutes=slot * i)
            cover = there[group, at]
            if cover != made["cover"][group][i]:
                out.append(f"{group} at {at}: cover {cover}, said {made['cover'][group][i]}")
            if max(n - cover, 0) != listed.get((group, at), 0):
                out.append(f"{group} at {at}: short {n - cover}, listed {listed.get((group, at), 0)}")
            short_minutes += max(n - cover, 0) * slot
    if abs(short_minutes / 60 - made["short_hours"]) > 1e-6:
        out.append(f"{short_minutes / 60} agent-hours short, not {made['short_hours']}")
    return out
