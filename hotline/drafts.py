"""Wrap-ups that agents have begun and not saved yet: closing the page loses nothing."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import delete, insert, select

from agent_assist.wrapup import WrapUp
from hotline.records import Records
from hotline.tables import WrapUpRow


class Drafts:
    """The table ``wrap_ups``, one row for a call and an agent. Thread-safe."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def draft(self, call: str, agent: str) -> WrapUp | None:
        """What this agent has begun to write about this call."""
        table = WrapUpRow.__table__
        query = select(table.c.outcome, table.c.summary, table.c.due).where(table.c.call == call, table.c.agent == agent)
        with self._records.reading() as connection:
            row = connection.execute(query).first()
        return WrapUp(*row) if row else None

    def unsaved(self, agent: str) -> list[str]:
        """Calls about which this agent has begun to write."""
        table = WrapUpRow.__table__
        with self._records.reading() as connection:
            return list(connection.scalars(select(table.c.call).where(table.c.agent == agent).order_by(table.c.call)))

    def keep(self, call: str, agent: str, wrap_up: WrapUp) -> None:
        """Keep what stands there now."""
        table, values = WrapUpRow.__table__, asdict(wrap_up)
        with self._records.writing() as connection:
            own = table.update().where(table.c.call == call, table.c.agent == agent)
            if not connection.execute(own.values(**values)).rowcount:
                connection.execute(insert(table).values(call=call, agent=agent, **values))

    def drop(self, call: str, agent: str) -> None:
        """It is saved, and stands in the log."""
        table = WrapUpRow.__table__
        with self._records.writing() as connection:
            connection.execute(delete(table).where(table.c.call == call, table.c.agent == agent))
