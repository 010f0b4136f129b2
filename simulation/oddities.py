"""What is odd in a history that was read: found over all its calls, told in the report, never raised."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from simulation import history as h
from simulation.history import History, Report, date_of
from simulation.quantity import DAY, clock_text

SURGE = 4.0
"""An hour with so many times the calls of its usual (median of the same hour and weekday) is a surge."""
SURGE_LEAST = 60
LONG_TALK = 2 * 3600.0


def look(history: History, report: Report) -> None:
    """Add to the report what is odd about the table as a whole."""
    if not len(history):
        return
    answered = history.outcome == h.ANSWERED
    short = answered & (history.talk < history.artefact_under)
    if short.any():
        report.note("artefact", f"answered with less than {history.artefact_under:g} s of talk ({100 * short.sum() / answered.sum():.1f} % of the answered)",
                    "kept as calls, left out of handling times", times=int(short.sum()))
    long = answered & (history.talk > LONG_TALK)
    for i in np.flatnonzero(long)[:h.EXAMPLES]:
        report.note("long_talk", "more than two hours of talk", "left out of handling times", place(history, i), times=0)
    if long.any():
        report.odd["long_talk"].count = int(long.sum())
    unnamed = answered & (history.agent < 0)
    if unnamed.any():
        report.note("no_agent", "answered, and no agent is named", "kept; nobody's time on duty", times=int(unnamed.sum()))
    _overlaps(history, report)
    _empty_days(history, report)
    _surges(history, report)


def place(history: History, i: int) -> str:
    """Where a call is: its day and time."""
    at = history.offered[i]
    return f"{date_of(at // DAY)} {clock_text(float(np.floor(at % DAY)))}"


def _overlaps(history: History, report: Report) -> None:
    named = np.flatnonzero((history.outcome == h.ANSWERED) & (history.agent >= 0))
    start = history.offered[named] + history.wait[named]
    order = np.lexsort((start, history.agent[named]))
    named, start = named[order], start[order]
    end = start + history.talk[named]
    # Two seconds: clocks of queue and agent differ by one.
    over = (history.agent[named][1:] == history.agent[named][:-1]) & (start[1:] < end[:-1] - 2)
    for i in named[1:][over][:h.EXAMPLES]:
        report.note("overlap", "a call of an agent begins before the last one ends", "kept; counted once as time on duty",
                    f"{place(history, i)} {history.agents[history.agent[i]]}", times=0)
    if over.any():
        report.odd["overlap"].count = int(over.sum())


def _empty_days(history: History, report: Report) -> None:
    days = history.days()
    known, day = set(days), days[0]
    # A typo in a year must not make a walk of centuries.
    while day < days[-1] and (days[-1] - days[0]).days < 4000:
        if day not in known:
            report.note("empty_day", "a day without calls inside the record", "taken as closed", day.isoformat())
        day += timedelta(1)


def surges(history: History) -> list[tuple[int, int, int, float]]:
    """(day number, hour, calls, usual calls) of hours with far more calls than usual for their weekday."""
    if not len(history):
        return []
    hours = np.floor(history.offered / 3600).astype(int)
    found, counts = np.unique(hours, return_counts=True)
    weekday = ((found // 24) + 3) % 7
    out = []
    for key in np.unique(weekday * 24 + found % 24):
        mine = weekday * 24 + found % 24 == key
        usual = float(np.median(counts[mine]))
        for hour, n in zip(found[mine], counts[mine]):
            if n >= SURGE_LEAST and n > SURGE * usual:
                out.append((int(hour // 24), int(hour % 24), int(n), usual))
    return sorted(out)


def _surges(history: History, report: Report) -> None:
    for day, hour, n, usual in surges(history):
        report.note("surge", f"an hour with more than {SURGE:g} times its usual calls", "kept; forecasts give it little weight",
                    f"{date_of(day)} {hour:02d}:00, {n} calls (usual {usual:g})")
