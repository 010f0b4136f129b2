"""Searches that people keep under a name: their own, or shared with everybody."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import ValidationError
from sqlalchemy import delete, func, insert, select, update

from agent_assist.privacy import mask
from complaints.search import Query
from hotline.records import Records
from hotline.tables import SavedListRow

LONGEST_NAME = 40
MOST = 50
"""Lists that one person keeps."""


class SaveError(ValueError):
    """A list is not kept; ``why`` is a word for the reason (``list.<why>``)."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class SavedList:
    """A search under a name, and whose it is."""

    id: int
    owner: str
    name: str
    shared: bool
    query: Query


class SavedLists:
    """The lists in the database; ``now`` gives Unix seconds."""

    def __init__(self, records: Records, now: Callable[[], float] = time.time) -> None:
        self._records = records
        self._now = now

    def of(self, owner: str) -> list[SavedList]:
        """Those that this person sees: the own first, then what others share, by name."""
        rows = select(SavedListRow).where((SavedListRow.owner == owner) | SavedListRow.shared)
        with self._records.reading() as connection:
            found = [one for row in connection.execute(rows) if (one := _read(row)) is not None]
        return sorted(found, key=lambda one: (one.owner != owner, one.name.casefold(), one.id))

    def save(self, owner: str, name: str, query: Query, *, shared: bool) -> int:
        """Keep a search; one of the same name of this person is replaced. Returns its id. Raises ``SaveError``."""
        plain = " ".join(name.split())
        if not plain or len(plain) > LONGEST_NAME:
            raise SaveError("name")
        if query.private or mask(plain) != plain:
            raise SaveError("private")  # a list is kept for long, and read by others
        table = SavedListRow.__table__
        values = {"shared": shared, "query": query.model_dump(exclude_defaults=True), "at": self._now()}
        with self._records.writing() as connection:
            own = table.c.owner == owner
            there = connection.scalar(select(table.c.id).where(own, table.c.name == plain))
            if there is not None:
                connection.execute(update(table).where(table.c.id == there).values(**values))
                return there
            if (connection.scalar(select(func.count()).select_from(table).where(own)) or 0) >= MOST:
                raise SaveError("many")
            return connection.scalar(insert(SavedListRow).values(owner=owner, name=plain, **values).returning(SavedListRow.id))

    def remove(self, owner: str, list_id: int) -> bool:
        """Forget a list; only its owner may. True when it was there."""
        with self._records.writing() as connection:
            gone = delete(SavedListRow).where(SavedListRow.id == list_id, SavedListRow.owner == owner)
            return bool(connection.execute(gone).rowcount)


def _read(row: object) -> SavedList | None:
    try:
        query = Query.model_validate(row.query)  # type: ignore[attr-defined]
    except ValidationError:
        return None  # asks for something that is no longer there
    return SavedList(row.id, row.owner, row.name, row.shared, query)  # type: ignore[attr-defined]
