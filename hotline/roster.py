"""Agents at work, callers in their hands and promised call-backs in the database: what the queue must know after a restart."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import delete, insert, select

from hotline.measures import handling_s
from hotline.records import Records
from hotline.tables import AgentRow, AgentStateRow, CallbackRow, ContactRow, EventRow
from ivr.contact import Contact
from ivr.duty import Callback, Duty

OPEN = ("waiting", "ringing", "answered")


class Roster:
    """The tables ``agents``, ``contacts`` and ``callbacks``, in the same database as the event log. Thread-safe."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def duties(self) -> list[Duty]:
        """Every agent who was ever at work, as last kept."""
        table = AgentRow.__table__
        with self._records.reading() as connection:
            return [Duty(**row._mapping) for row in connection.execute(select(table).order_by(table.c.name))]

    def keep(self, duty: Duty) -> None:
        """Keep an agent's state; the newest is the one that counts, and each change stays on record."""
        table, values = AgentRow.__table__, asdict(duty)
        states = AgentStateRow.__table__
        with self._records.writing() as connection:
            before = connection.execute(select(table.c.state, table.c.reason).where(table.c.name == duty.name)).first()
            reason = duty.reason if duty.state == "break" else ""
            if before is None or before.state != duty.state or duty.state == "break" and before.reason != reason:
                connection.execute(insert(states).values(agent=duty.name, state=duty.state, reason=reason, at=duty.since))
            if not connection.execute(table.update().where(table.c.name == duty.name).values(**values)).rowcount:
                connection.execute(insert(table).values(**values))

    def open_callbacks(self) -> list[Callback]:
        """Call-backs that are still to be made or under way, oldest place first."""
        table = CallbackRow.__table__
        query = select(table).where(table.c.state.in_(OPEN)).order_by(table.c.since, table.c.id)
        with self._records.reading() as connection:
            return [Callback(**row._mapping) for row in connection.execute(query)]

    def new_callback(self, callback: Callback) -> Callback:
        """Keep a new call-back and number it; a call has one, so a second promise returns the first."""
        table, values = CallbackRow.__table__, asdict(callback)
        del values["id"]
        with self._records.writing() as connection:
            row = connection.execute(select(table).where(table.c.call == callback.call)).first()
            if row is not None:
                return Callback(**row._mapping)
            callback.id = connection.scalar(insert(table).values(**values).returning(table.c.id))
        return callback

    def keep_callback(self, callback: Callback) -> None:
        """Keep a call-back's state."""
        table = CallbackRow.__table__
        with self._records.writing() as connection:
            connection.execute(table.update().where(table.c.id == callback.id).values(**asdict(callback)))

    def reopen_callback(self, callback: Callback) -> Callback:
        """A call-back for a call whose earlier one may be over: kept as a new one in its place, unless it is still open."""
        table, values = CallbackRow.__table__, asdict(callback)
        del values["id"]
        with self._records.writing() as connection:
            row = connection.execute(select(table).where(table.c.call == callback.call)).first()
            if row is not None and row.state in OPEN:
                return Callback(**row._mapping)
            if row is None:
                callback.id = connection.scalar(insert(table).values(**values).returning(table.c.id))
            else:
                callback.id = row.id
                connection.execute(table.update().where(table.c.id == row.id).values(**values))
        return callback

    def contacts(self) -> list[Contact]:
        """Every caller in agents' hands, as last kept."""
        with self._records.reading() as connection:
            return [Contact(**row._mapping) for row in connection.execute(select(ContactRow.__table__))]

    def keep_contact(self, contact: Contact) -> None:
        """Keep where a caller is and who has them."""
        table, values = ContactRow.__table__, asdict(contact)
        with self._records.writing() as connection:
            if not connection.execute(table.update().where(table.c.call == contact.call).values(**values)).rowcount:
                connection.execute(insert(table).values(**values))

    def forget_contact(self, call: str) -> None:
        """No agent has this caller any more."""
        with self._records.writing() as connection:
            connection.execute(delete(ContactRow).where(ContactRow.call == call))

    def handling_times(self, most: int) -> list[float]:
        """Talk, hold and wrap-up of the calls handled last, seconds, at most so many."""
        query = select(EventRow.data).where(EventRow.kind == "wrapped_up").order_by(EventRow.id.desc()).limit(most)
        with self._records.reading() as connection:
            return [handling_s(data) for data in connection.scalars(query)]
