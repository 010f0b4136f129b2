"""Call records of a small line as its operator would export them: Chinese column names, a few weeks."""

from __future__ import annotations

import csv
import datetime as dt
import random
from pathlib import Path

HEADS = ["流水号", "来电时间", "技能组", "座席", "主叫号码", "等待时长", "通话时长", "结果"]


def write_records(path: Path, *, weeks: int = 5, hours: tuple[int, int] = (9, 13), seed: int = 4, first: dt.date = dt.date(2026, 9, 28)) -> int:
    """Write them, from a Monday on; Sundays are closed. Returns the number of calls."""
    chance = random.Random(seed)
    rows: list[list[object]] = []
    for number in range(weeks * 7):
        day = first + dt.timedelta(number)
        if day.weekday() == 6:
            continue
        for hour in range(*hours):
            for _ in range(chance.choice([8, 10, 12]) - 4 * (day.weekday() == 5)):
                at = dt.datetime.combine(day, dt.time(hour)) + dt.timedelta(seconds=chance.randrange(3600))
                wait = chance.expovariate(1 / 25) if chance.random() < 0.5 else 0.0
                patience, skill = chance.expovariate(1 / 120), chance.choice(["话费", "网络"])
                caller = f"1380013{chance.randrange(10_000):04d}"
                start = [len(rows) + 1, f"{at:%Y/%m/%d %H:%M:%S}", skill]
                if wait > patience:
                    rows.append([*start, "", caller, round(patience), 0, "放弃"])
                else:
                    rows.append([*start, chance.choice("甲乙丙"), caller, round(wait), round(chance.lognormvariate(5.2, 0.6)), "接通"])
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(HEADS)
        out.writerows(rows)
    return len(rows)
