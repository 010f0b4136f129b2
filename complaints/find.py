"""Finding complaints: pages of a search by keyset, each answered from an index on either database."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, text

from complaints.life import OPEN, OVER, STATES
from complaints.search import Query
from complaints.words import Words
from hotline.records import Records

PAGE = 50
COUNTED = 1000
"""Hits are counted up to here; a list that is longer says "more"."""
_COLUMNS = (
    "c.id, c.number, c.call_id, c.state, c.level, c.form, c.filed_at, c.changed_at, c.due_on, c.channel, c.category, c.region, "
    "c.department, c.phone, c.joined_to"
)
_AFTER = re.compile(r"(?P<key>[0-9.\-]{1,32})/(?P<id>\d{1,18})")


class AfterError(ValueError):
    """The place to go on from is none that a page of this search ended with."""


@dataclass(frozen=True)
class Found:
    """A complaint of a list; times are Unix seconds, ``due_on`` an ISO date or None, ``form`` its intake form."""

    id: int
    number: str
    call_id: str
    state: str
    level: int
    form: dict[str, Any]
    filed_at: float
    changed_at: float | None
    due_on: str | None
    channel: str
    category: str
    region: str
    department: str
    phone: str | None
    joined_to: str | None


@dataclass(frozen=True)
class Page:
    """Some complaints, and the place to go on from ('' at the end); ``whole``: the index of words has everything."""

    rows: tuple[Found, ...]
    next: str
    whole: bool = True


class Finder:
    """Searches in the records. ``me`` is who asks, for what is ``mine``."""

    def __init__(self, records: Records, words: Words) -> None:
        self._records = records
        self._words = words

    def page(self, query: Query, today: date, after: str = "", limit: int = PAGE, me: str = "") -> Page:
        """The complaints of a search after ``after``. Raises ``AfterError``."""
        if query.nothing:
            return Page((), "")
        whole = self._words.refresh() if query.words else True
        sql, values = statement(query, today, after, limit + 1, me)
        with self._records.reading() as connection:
            rows = [_found(row) for row in execute(connection, sql, values)]
        more = len(rows) > limit
        return Page(tuple(rows[:limit]), _place(query, rows[limit - 1]) if more else "", whole)

    def all(self, query: Query, today: date, most: int, me: str = "") -> Iterator[Found]:
        """Every complaint of a search, at most ``most``, page after page."""
        after = ""
        while most > 0:
            page = self.page(query, today, after, min(PAGE * 20, most), me)
            yield from page.rows
            most -= len(page.rows)
            after = page.next
            if not after:
                return

    def count(self, query: Query, today: date, me: str = "") -> int:
        """How many a search finds; ``COUNTED`` stands for that many or more."""
        if query.nothing:
            return 0
        sql, values = statement(query, today, "", COUNTED, me)
        counting = re.sub(r"^SELECT .*? FROM ", "SELECT 1 FROM ", sql, flags=re.DOTALL)
        with self._records.reading() as connection:
            return execute(connection, f"SELECT count(*) FROM ({counting}) AS hits", values).scalar() or 0


def statement(query: Query, today: date, after: str = "", limit: int = PAGE, me: str = "") -> tuple[str, dict[str, Any]]:
    """The SQL of a search and its values; ``{words}`` stands where the databases differ (``execute``)."""
    where, values = ["c.number IS NOT NULL"], {"limit": limit}
    tables, order, key = "complaints c", "c.filed_at DESC, c.id DESC", "filed_at"
    if query.number:
        # A range, so that the index on the number serves a beginning as well.
        where += ["c.number >= :number", "c.number < :beyond"]
        values |= {"number": query.number, "beyond": query.number + ":"}
        order = "c.number DESC"
        key = "number"
    elif query.phone:
        # One index each; numbers are kept as callers say them, or with the country's code.
        own = "SELECT id FROM complaints WHERE {0} IN (:phone, :abroad)"
        where.append(f"c.id IN ({own.format('phone')} UNION {own.format('caller')})")
        values |= {"phone": query.phone, "abroad": f"+86{query.phone}"}
        order = "+c.filed_at DESC, c.id DESC"  # few rows: found by phone and then sorted, not looked for among all
    elif query.words:
        tables = "complaint_words w CROSS JOIN complaints c"
        where += ["{words}"]
        values["words"] = " ".join(query.words)
        order, key = "{id} DESC", "id"
    for name in ("category", "channel", "department"):
        if asked := getattr(query, name):
            where.append(f"c.{name} = :{name}")
            values[name] = asked
    if query.due:
        # No clock runs for what is answered or over, so the deadline alone finds few rows.
        where.append("c.due_on IS NOT NULL" if query.due == "any" else "c.due_on < :until")
        if query.due != "any":
            # Within n days: from today on, so that overdue ones stay a list of their own.
            last = today if query.due == "overdue" else today + timedelta(days=int(query.due) + 1)
            values["until"] = last.isoformat()
            if query.due != "overdue":
                where.append("c.due_on >= :today")
                values["today"] = today.isoformat()
        order, key = "c.due_on, c.id", "due_on"
    states: tuple[str, ...] = OPEN if query.state == "open" else (query.state,) if query.state else ()
    if query.mine:
        where.append("c.worked_by = :me")
        values["me"] = me
        states = tuple(one for one in states or STATES if one not in (*OVER, "draft"))
        if not states:
            where.append("1 = 0")  # nothing that is over is on anybody's list
    if states:
        names = [f"state{at}" for at in range(len(states))]
        where.append(f"c.state IN ({', '.join(':' + name for name in names)})")
        values |= dict(zip(names, states, strict=True))
    if after:
        where.append(_beyond(key, after, values))
    sql = f"SELECT {_COLUMNS} FROM {tables} WHERE {' AND '.join(where)} ORDER BY {order} LIMIT :limit"
    return sql, values


def execute(connection: Connection, sql: str, values: dict[str, Any]) -> Any:
    """Run a search's statement on this database; for ``EXPLAIN`` too."""
    asked = values.get("words", "").split()
    if connection.dialect.name == "postgresql":
        words = "w.id = c.id AND to_tsvector('simple', w.tokens) @@ to_tsquery('simple', :words)"
        sql = sql.replace("{words}", words).replace("{id}", "w.id")
        joined = " & ".join(f"{one[:-1]}:*" if one.endswith("*") else one for one in asked)
    else:
        sql = sql.replace("{words}", "c.id = w.rowid AND w.tokens MATCH :words").replace("{id}", "w.rowid")
        joined = " AND ".join(f'"{one[:-1]}"*' if one.endswith("*") else f'"{one}"' for one in asked)
    return connection.execute(text(sql), {**values, "words": joined} if asked else values)


def _beyond(key: str, after: str, values: dict[str, Any]) -> str:
    found = _AFTER.fullmatch(after)
    if found is None:
        raise AfterError(after)
    values["after_id"] = int(found["id"])
    if key == "id":
        return "{id} < :after_id"
    try:
        values["after"] = float(found["key"]) if key == "filed_at" else found["key"]
    except ValueError:
        raise AfterError(after) from None
    if key == "number":
        del values["after_id"]
        return "c.number < :after"
    return f"(c.{key}, c.id) {'>' if key == 'due_on' else '<'} (:after, :after_id)"


def _place(query: Query, last: Found) -> str:
    key = last.due_on if query.due else last.number if query.number else repr(last.filed_at)
    return f"{key}/{last.id}"


def _found(row: Any) -> Found:
    form = json.loads(row.form) if isinstance(row.form, str) else row.form  # SQLite keeps it as text
    return Found(**{**row._mapping, "form": form})
