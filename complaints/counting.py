"""Complaints counted by the database, out of the one index that holds all that is counted (``ix_complaints_counted``).

Counts are grouped there, a query for each side. Medians need every length of time: these are read in order, since neither
database ranks them for five groupings faster than that. All queries of a report see the same moment.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Float, String, case, column, func, select, values

from complaints.figures import DAY_S, SIEVES, Counts, Figures, Filter, figures, mondays, week_of
from complaints.regulator import Line, Quarter, table
from hotline.records import Records
from hotline.tables import ComplaintRow

CASES = ComplaintRow.__table__
PLAIN = ("category", "channel", "region", "level")
"""Sides that are columns; the week is worked out."""


def report(records: Records, wanted: Filter, today: date, zone: ZoneInfo) -> Figures:
    """The figures of a filter; complaints that were joined into another one count there only."""
    where, starts = _where(wanted, zone), mondays(wanted.first, wanted.last)
    begins = [midnight(day, zone) for day in starts]
    names = [week_of(day) for day in starts]
    weeks = values(column("name", String), column("begins", Float), column("ends", Float)).data(
        list(zip(names, begins, [*begins[1:], midnight(starts[-1] + timedelta(7), zone)], strict=True))
    ).cte("weeks")
    with _moment(records) as connection:
        counts = {side: {str(key): some for (key,), some in _counted(connection, [CASES.c[side]], where, today).items()} for side in PLAIN}
        within = (CASES.c.filed_at >= weeks.c.begins, CASES.c.filed_at < weeks.c.ends)
        counts["week"] = {key: some for (key,), some in _counted(connection, [weeks.c.name], (*where, *within), today).items()}
        lengths = _lengths(
            connection, [*(CASES.c[side] for side in PLAIN), CASES.c.filed_at], where,
            lambda *key: (*zip(PLAIN, map(str, key)), ("week", names[bisect_right(begins, key[-1]) - 1])),
        )  # fmt: skip
        mark = CASES.c.satisfaction
        marks = dict(connection.execute(select(mark, func.count()).where(*where, mark.is_not(None)).group_by(mark)).all())
    by_side: dict[str, dict[str, list[float]]] = {side: {} for side in (*PLAIN, "week")}
    for (side, value), days in lengths.items():
        by_side[side][value] = days
    return figures(wanted, counts, by_side, marks)


def quarterly(records: Records, quarter: Quarter, today: date, zone: ZoneInfo) -> list[Line]:
    """The regulator's table of a quarter."""
    where, keys = _where(Filter(quarter.first, quarter.last), zone), [CASES.c.category, CASES.c.region]
    with _moment(records) as connection:
        return table(_counted(connection, keys, where, today), _lengths(connection, keys, where, lambda *key: (key,)))


def midnight(day: date, zone: ZoneInfo) -> float:
    """When an operator's day begins, Unix seconds."""
    return datetime.combine(day, time(), zone).timestamp()


@contextmanager
def _moment(records: Records) -> Iterator[Connection]:
    with records.reading() as connection:
        if connection.dialect.name == "postgresql":  # SQLite's readers see one moment anyway
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


def _where(wanted: Filter, zone: ZoneInfo) -> tuple[ColumnElement[bool], ...]:
    chosen = ((CASES.c[name], getattr(wanted, name)) for name in SIEVES)
    return (
        CASES.c.filed_at >= midnight(wanted.first, zone), CASES.c.filed_at < midnight(wanted.last + timedelta(1), zone),
        # By a function: SQLite would take "is null" as reason to read all complaints by the index on joined_to.
        func.coalesce(CASES.c.joined_to, "") == "",
        *(field == value for field, value in chosen if value),
    )  # fmt: skip


def _counted(connection: Connection, keys: list[Any], where: tuple[ColumnElement[bool], ...], today: date) -> dict[tuple, Counts]:
    c = CASES.c
    overdue = c.in_time.is_(None) & (c.due_on < today.isoformat())
    counts = dict(
        received=func.count(), answered=func.count(c.answered_at), in_time=_number(c.in_time.is_(True)), owed=_number(c.in_time.is_not(None) | overdue),
        escalated=_number(c.level > 0), regulator=func.count(c.referred_at), withdrawn=_number(c.state == "withdrawn"), closed=_number(c.state == "closed"),
        asked=func.count(c.asked_at), replied=func.count(c.satisfaction), points=func.coalesce(func.sum(c.satisfaction), 0),
    )  # fmt: skip
    rows = connection.execute(select(*keys, *counts.values()).where(*where).group_by(*keys))
    return {tuple(row[: len(keys)]): Counts(**dict(zip(counts, row[len(keys) :], strict=True))) for row in rows}


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


def _lengths(connection: Connection, keys: list[Any], where: tuple[ColumnElement[bool], ...], groups: Callable[..., Any]) -> dict[Any, list[float]]:
    """Days to answer, ascending, by each of the groups that ``groups`` makes of a complaint's keys."""
    took = CASES.c.answered_at - CASES.c.filed_at
    found: dict[Any, list[float]] = defaultdict(list)
    for *key, seconds in connection.execute(select(*keys, took).where(*where, CASES.c.answered_at.is_not(None)).order_by(took)):
        days = max(seconds, 0.0) / DAY_S
        for group in groups(*key):
            found[group].append(days)
    return found
