"""The records: the append-only call event log and the complaints.

One code for SQLite (WAL, embedded) and PostgreSQL. Writers take their turn
(an immediate transaction, an advisory lock), so event ids become visible in
order and a reader that remembers the last id it saw misses nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite

from agent_assist.place import province_of
from hotline.database import engine
from hotline.events import checked
from hotline.tables import ComplaintRow, EventRow, SerialRow

# Any number; it only has to be the same for all writers of this log.
WRITERS_LOCK = 4_010_086
COMPLAINT_KINDS = ("complaint_filed", "complaint_changed", "note_added", "evidence_added")
WRITTEN = ("web", "app", "social", "counter", "import")
"""Channels besides the phone; a complaint's source begins with its channel."""


@dataclass(frozen=True)
class Event:
    """One row of the log. ``at`` is Unix time in seconds, ``seq`` counts from 1 within the call."""

    id: int
    call_id: str
    seq: int
    at: float
    kind: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Complaint:
    """A complaint as it stands; ``number`` is None for a draft, times are Unix seconds.

    ``level`` is its rung on the escalation ladder, 0 where it began; ``changed_at`` None: nothing was done since filing.
    """

    number: str | None
    call_id: str
    state: str
    form: dict[str, Any]
    created_at: float
    filed_at: float | None
    level: int = 0
    changed_at: float | None = None
    due_on: str | None = None
    """ISO day by which it is answered; None while no answer is owed."""
    answered_at: float | None = None
    closed_at: float | None = None
    department: str = ""
    joined_to: str | None = None


def channel_of(source: str) -> str:
    """The channel of a complaint, by its source: one of ``WRITTEN``, or phone."""
    first = source.partition("-")[0]
    return first if first in WRITTEN else "phone"


Decide = Callable[[Complaint, Sequence[Event]], "tuple[dict[str, Any], dict[str, Any]] | None"]
Also = Callable[[Connection, Complaint], None]
"""What else is written in the transaction that files or changes a complaint (such as ``complaints.texts``)."""


class Records:
    """The log and the complaints in one database. Safe to share between threads.

    ``grew`` is called after each commit that added events; ``now`` gives Unix seconds;
    ``zone`` decides on which day a complaint number is given; ``due`` by which day one received then is answered.
    """

    def __init__(
        self,
        url: str,
        *,
        zone: str = "Asia/Shanghai",
        grew: Callable[[], None] = lambda: None,
        now: Callable[[], float] = time.time,
        due: Callable[[date], date] = lambda received: received + timedelta(days=15),
    ) -> None:
        self._engine = engine(url)
        # Writers of this process stand in line here, in order and asleep; SQLite would let them poll.
        self._turn = threading.Lock()
        self._zone = ZoneInfo(zone)
        self._grew = grew
        self.now = now
        self._due = due

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    # -- the log -------------------------------------------------------------

    def append(self, call_id: str, *events: tuple[str, dict[str, Any]]) -> list[Event]:
        """Append events (kind, data) of one call, all or none; returns them as stored."""
        with self.writing() as connection:
            added = self._append(connection, call_id, events)
        self._grew()
        return added

    def events(self, call_id: str) -> list[Event]:
        """All events of one call, oldest first."""
        query = select(EventRow).where(EventRow.call_id == call_id).order_by(EventRow.seq)
        return self._read(query)

    def after(self, event_id: int, limit: int = 1000) -> list[Event]:
        """Events of all calls with an id above ``event_id``, oldest first, at most ``limit``."""
        query = select(EventRow).where(EventRow.id > event_id).order_by(EventRow.id).limit(limit)
        return self._read(query)

    def of_kinds(self, kinds: Collection[str], limit: int) -> list[Event]:
        """The newest events of these kinds, oldest first."""
        table = EventRow.__table__
        query = select(table).where(table.c.kind.in_(kinds)).order_by(table.c.id.desc()).limit(limit)
        return self._read(query)[::-1]

    def last_id(self) -> int:
        """Id of the newest event, 0 when there is none."""
        with self._engine.connect() as connection:
            return connection.scalar(select(func.max(EventRow.id))) or 0

    def calls_in_progress(self) -> list[str]:
        """Ids of calls that started and have not ended, oldest first."""
        ended = select(EventRow.call_id).where(EventRow.kind == "call_ended")
        query = (
            select(EventRow.call_id)
            .where(EventRow.kind == "call_started", EventRow.call_id.not_in(ended))
            .order_by(EventRow.id)
        )
        with self._engine.connect() as connection:
            return list(connection.scalars(query))

    @contextmanager
    def appending(self, call_id: str, *events: tuple[str, dict[str, Any]]) -> Iterator[Connection]:
        """Append events together with what the block writes, both or neither."""
        with self.writing() as connection:
            yield connection
            self._append(connection, call_id, events)
        self._grew()

    # -- complaints ----------------------------------------------------------

    def file_complaint(self, call_id: str, form: dict[str, Any], also: Also | None = None) -> str:
        """File the call's complaint and return its number: ``YYYYMMDD`` and a serial of ≥ 4 digits.

        A second filing for the same call adds what was said since, under the number already given; ``also`` belongs to the first.
        """
        with self.writing() as connection:
            number, first = self._file(connection, call_id, form, self.now())
            if first and also is not None:
                also(connection, _complaint(connection.execute(select(ComplaintRow).where(ComplaintRow.number == number)).first()))
        self._grew()
        return number

    def file_all(self, complaints: Iterable[tuple[str, dict[str, Any], float]]) -> list[str]:
        """File many (source, form, Unix time of receipt) at once, all or none; their numbers in that order."""
        with self.writing() as connection:
            numbers = [self._file(connection, source, form, at)[0] for source, form, at in complaints]
        self._grew()
        return numbers

    def save_draft(self, call_id: str, form: dict[str, Any]) -> None:
        """Keep what was heard in a call that ended before filing; changes nothing once filed."""
        with self.writing() as connection:
            state = connection.scalar(select(ComplaintRow.state).where(ComplaintRow.call_id == call_id))
            if state not in (None, "draft"):
                return
            if state == "draft":
                connection.execute(
                    ComplaintRow.__table__.update()
                    .where(ComplaintRow.call_id == call_id)
                    .values(form=form, **_facts(form))
                )
            else:
                connection.execute(
                    insert(ComplaintRow).values(
                        number=None, call_id=call_id, state="draft", form=form, created_at=self.now(),
                        caller=self._caller(connection, call_id), channel=channel_of(call_id), **_facts(form),
                    )
                )
            self._append(connection, call_id, [("draft_saved", {})])
        self._grew()

    def change_complaint(self, number: str, decide: Decide, also: Also | None = None) -> Complaint:
        """Change a filed complaint: ``decide(complaint, its own changes)`` gives (data of ``complaint_changed``, columns).

        Nobody else changes it meanwhile; ``also`` gets the complaint after the change. None from ``decide``: nothing is to be done. What it raises is raised; ``KeyError``
        for an unknown number.
        """
        with self.writing() as connection:
            found = connection.execute(select(ComplaintRow).where(ComplaintRow.number == number)).first()
            if found is None:
                raise KeyError(number)
            before = _complaint(found)
            changes = self._read_in(connection, select(EventRow).where(EventRow.call_id == before.call_id, EventRow.kind == "complaint_changed").order_by(EventRow.id))
            decided = decide(before, changes)
            if decided is None:
                return before
            data, columns = decided
            table, during = ComplaintRow.__table__, data.get("during", "")
            connection.execute(table.update().where(table.c.number == number).values(**columns, changed_at=self.now()))
            self._append(connection, before.call_id, [("complaint_changed", {"number": number, **data})])
            if during and during != before.call_id and self._caller(connection, during) is not None:
                self._append(connection, during, [("followed_up", {"number": number, "action": data["action"]})])
            after = _complaint(connection.execute(select(ComplaintRow).where(ComplaintRow.number == number)).first())
            if also is not None:
                also(connection, after)
        self._grew()
        return after

    def wrong_tries(self, caller: str, since: float) -> int:
        """How often this calling number named no complaint of its own since then (Unix seconds)."""
        failed = select(EventRow.call_id).where(EventRow.kind == "lookup_failed", EventRow.at >= since)
        started = select(EventRow.call_id, EventRow.data).where(EventRow.kind == "call_started")
        with self._engine.connect() as connection:
            tries = list(connection.scalars(failed))
            rows = connection.execute(started.where(EventRow.call_id.in_(set(tries))))
            own = {row.call_id for row in rows if row.data["from"] == caller}
        return sum(call_id in own for call_id in tries)

    def complaint(self, number: str) -> Complaint | None:
        """The complaint with this number, or None."""
        return self._complaint(ComplaintRow.number == number)

    def leading(self, number: str) -> Complaint | None:
        """The complaint in which the matter of this number goes on: itself, or the one that it was joined into."""
        found = self.complaint(number)
        while found is not None and found.joined_to:
            found = self.complaint(found.joined_to)
        return found

    def joined_into(self, number: str) -> list[str]:
        """Numbers of the complaints that were joined into this one."""
        query = select(ComplaintRow.number).where(ComplaintRow.joined_to == number).order_by(ComplaintRow.id)
        with self._engine.connect() as connection:
            return list(connection.scalars(query))

    def assign(self, number: str, department: str, by: str) -> None:
        """Give a complaint to a department ('': to none), on record."""
        with self.writing() as connection:
            table = ComplaintRow.__table__
            row = connection.execute(select(table.c.call_id, table.c.department).where(table.c.number == number)).first()
            if row is None or row.department == department:
                return
            connection.execute(table.update().where(table.c.number == number).values(department=department))
            self._append(connection, row.call_id, [("complaint_assigned", {"number": number, "department": department, "by": by})])
        self._grew()

    def complaint_of_call(self, call_id: str) -> Complaint | None:
        """The complaint or draft that came from this call, or None."""
        return self._complaint(ComplaintRow.call_id == call_id)

    def complaints_of(self, *numbers: str, limit: int = 20) -> list[Complaint]:
        """The newest complaints and drafts about these phone numbers or made from them, newest first."""
        wanted = [number for number in numbers if number]
        if not wanted:
            return []
        found: dict[int, Any] = {}
        with self._engine.connect() as connection:
            for column in (ComplaintRow.phone, ComplaintRow.caller):  # one index each
                query = select(ComplaintRow).where(column.in_(wanted)).order_by(ComplaintRow.id.desc()).limit(limit)
                found.update({row.id: row for row in connection.execute(query)})
        return [_complaint(found[key]) for key in sorted(found, reverse=True)][:limit]

    def newest(self, state: str, limit: int = 100) -> list[Complaint]:
        """The newest complaints in this state (draft, filed), newest first."""
        at = func.coalesce(ComplaintRow.filed_at, ComplaintRow.created_at)
        query = select(ComplaintRow).where(ComplaintRow.state == state).order_by(at.desc(), ComplaintRow.id.desc())
        with self._engine.connect() as connection:
            return [_complaint(row) for row in connection.execute(query.limit(limit))]

    def about_complaints(self, after: int, limit: int) -> list[Event]:
        """What happened to complaints after the event ``after``, oldest first, at most ``limit``."""
        query = select(EventRow).where(EventRow.id > after, EventRow.kind.in_(COMPLAINT_KINDS))
        return self._read(query.order_by(EventRow.id).limit(limit))

    def sources(self, numbers: Collection[str]) -> dict[str, str]:
        """Complaint number → the call (or other source) that it came from."""
        query = select(ComplaintRow.number, ComplaintRow.call_id).where(ComplaintRow.number.in_(numbers))
        with self._engine.connect() as connection:
            return {row.number: row.call_id for row in connection.execute(query)}

    def known_sources(self, sources: Sequence[str]) -> set[str]:
        """Those of these sources that a complaint was filed from."""
        found: set[str] = set()
        with self._engine.connect() as connection:
            for at in range(0, len(sources), 500):  # SQLite takes only so many values at once
                some = ComplaintRow.call_id.in_(sources[at : at + 500])
                found.update(connection.scalars(select(ComplaintRow.call_id).where(some, ComplaintRow.number.is_not(None))))
        return found

    # -- the database ----------------------------------------------------------

    def reading(self) -> Connection:
        """A connection to read with; closed by ``with``."""
        return self._engine.connect()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that writes; writers take their turn."""
        with (
            self._turn,
            self._engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITERS_LOCK})
            yield connection

    # -- inside --------------------------------------------------------------

    def _append(self, connection: Connection, call_id: str, events: Any) -> list[Event]:
        newest = select(func.max(EventRow.seq)).where(EventRow.call_id == call_id)
        seq = connection.scalar(newest) or 0
        now = self.now()
        added = []
        for number, (kind, data) in enumerate(events, start=seq + 1):
            values = {"call_id": call_id, "seq": number, "at": now, "kind": kind, "data": checked(kind, data)}
            row_id = connection.scalar(insert(EventRow).values(**values).returning(EventRow.id))
            added.append(Event(id=row_id, **values))
        return added

    def _file(self, connection: Connection, call_id: str, form: dict[str, Any], at: float) -> tuple[str, bool]:
        table = ComplaintRow.__table__
        row = connection.execute(select(table.c.id, table.c.number).where(table.c.call_id == call_id)).first()
        if row is not None and row.number is not None:
            connection.execute(table.update().where(table.c.id == row.id).values(form=form, **_facts(form)))
            return row.number, False
        received = datetime.fromtimestamp(at, self._zone).date()
        day = received.strftime("%Y%m%d")
        number = f"{day}{self._next_serial(connection, day):04d}"
        values = {"number": number, "state": "filed", "form": form, "filed_at": at, "due_on": self._due(received).isoformat(), **_facts(form)}
        values["channel"] = channel_of(call_id)
        values["caller"] = self._caller(connection, call_id)
        if row is None:
            connection.execute(insert(ComplaintRow).values(call_id=call_id, created_at=at, **values))
        else:
            connection.execute(table.update().where(table.c.id == row.id).values(**values))
        self._append(connection, call_id, [("complaint_filed", {"number": number})])
        return number, True

    def _next_serial(self, connection: Connection, day: str) -> int:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        first = dialect.insert(SerialRow).values(day=day, last=1)
        query = first.on_conflict_do_update(
            index_elements=[SerialRow.day], set_={"last": SerialRow.last + 1}
        ).returning(SerialRow.last)
        return connection.scalar(query)

    def _read(self, query: Any) -> list[Event]:
        with self._engine.connect() as connection:
            return self._read_in(connection, query)

    @staticmethod
    def _read_in(connection: Connection, query: Any) -> list[Event]:
        rows = connection.execute(query)
        return [Event(row.id, row.call_id, row.seq, row.at, row.kind, row.data) for row in rows]

    @staticmethod
    def _caller(connection: Connection, call_id: str) -> str | None:
        started = select(EventRow.data).where(EventRow.call_id == call_id, EventRow.kind == "call_started")
        data = connection.scalar(started)
        return data["from"].removeprefix("+86") or None if data else None

    def _complaint(self, condition: Any) -> Complaint | None:
        with self._engine.connect() as connection:
            row = connection.execute(select(ComplaintRow).where(condition)).first()
        return None if row is None else _complaint(row)


def _facts(form: dict[str, Any]) -> dict[str, Any]:
    """What is looked for and counted by: it has columns of its own."""
    phone, category, place = ((form.get("fields", {}).get(name) or {}).get("value") for name in ("phone", "category", "location"))
    return {
        "phone": str(phone)[:32] if phone else None, "category": str(category or "")[:32], "region": province_of(str(place or "")),
    }  # fmt: skip


def _complaint(row: Any) -> Complaint:
    return Complaint(**{name: getattr(row, name) for name in Complaint.__dataclass_fields__})
