"""Quantities as people write them: "3 min", "4.2 / min", "08:30".

A planner's mistake number one is a unit (seconds read as minutes), so the model file holds no bare
time: every duration, rate and clock time is a text with its unit. Inside, everything is seconds.
"""

from __future__ import annotations

import re

UNITS = {
    "ms": 0.001,
    "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0,
    "min": 60.0, "minute": 60.0, "minutes": 60.0,
    "h": 3600.0, "hour": 3600.0, "hours": 3600.0,
    "d": 86400.0, "day": 86400.0, "days": 86400.0,
}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 86400.0

_DURATION = re.compile(r"\s*([0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)\s*([A-Za-z]+)\s*")
_RATE = re.compile(r"\s*([0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)\s*(?:/|per)\s*([A-Za-z]+)\s*")
_CLOCK = re.compile(r"\s*([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}(?:\.[0-9]+)?))?\s*")


def seconds(value: object) -> float:
    """Seconds of a duration such as "90 s", "3 min" or "1.5 h". ValueError says how to write it."""
    if isinstance(value, bool) or not isinstance(value, str):
        raise ValueError(f'write a time with its unit, such as "{_bare(value)} s" or "{_bare(value)} min"')
    total, rest = 0.0, value
    while True:
        found = _DURATION.match(rest)
        if not found or found.group(2).lower() not in UNITS:
            raise ValueError('write a time as a number and a unit (ms, s, min, h, d), such as "20 s" or "3 min"')
        total += float(found.group(1)) * UNITS[found.group(2).lower()]
        rest = rest[found.end():]
        if not rest:
            break
    if not total < 1e12:
        raise ValueError("is longer than 30,000 years; check number and unit")
    return total


def per_second(value: object) -> float:
    """Calls a second of a rate such as "4.2 / min" or "100 per h"."""
    if isinstance(value, bool) or not isinstance(value, str):
        raise ValueError(f'write a rate with its unit, such as "{_bare(value)} / min" or "{_bare(value)} / h"')
    found = _RATE.fullmatch(value)
    if not found or found.group(2).lower() not in UNITS:
        raise ValueError('write a rate as "4.2 / min" or "100 / h"')
    return float(found.group(1)) / UNITS[found.group(2).lower()]


def clock(value: object) -> float:
    """Seconds after midnight of a clock time "08:30" or "08:30:15"; "24:00" is the end of the day."""
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError('write a clock time as "08:30" (00:00 to 24:00), in quotation marks')
    h, m, s = int(found.group(1)), int(found.group(2)), float(found.group(3) or 0)
    at = h * 3600.0 + m * 60.0 + s
    if m > 59 or s >= 60 or at > DAY:
        raise ValueError("is no clock time; the day runs from 00:00 to 24:00")
    return at


def clock_text(at: float) -> str:
    """"08:30" of seconds after midnight; with seconds where there are any, with the day from the second on."""
    day, of_day = divmod(at, DAY)
    if of_day == 0 and day >= 1:
        day, of_day = day - 1, DAY
    h, rest = divmod(of_day, 3600)
    m, s = divmod(rest, 60)
    text = f"{int(h):02d}:{int(m):02d}" + (f":{s:05.2f}".rstrip("0").rstrip(".") if s else "")
    return text if day < 1 else f"{int(day)} d {text}"


def _bare(value: object) -> str:
    return f"{value:g}" if isinstance(value, (int, float)) and not isinstance(value, bool) else "20"
