"""The index of the words of complaints: FTS5 on SQLite, a tsvector on PostgreSQL; it follows the event log.

Which events are in stands in the database, so any number of processes keep one index and a stopped one is caught up.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import Connection, select, text, update

from complaints.search import indexed
from hotline.records import Records
from hotline.tables import ComplaintRow, EventRow, IndexedRow

log = logging.getLogger(__name__)

BATCH = 1000
"""Events taken in within one transaction."""
SPOKEN = {
    "utterance": "text", "note_added": "text", "disposition": "summary", "transferred": "note", "task_added": "text",
}
"""Kinds of events with words, and the key of these."""
KINDS = (*SPOKEN, "description", "field_edited", "field_confirmed", "field_heard", "complaint_filed", "complaint_changed")
_IDS = 400
_WAIT_S = 15.0


class News(Protocol):
    """Where one hears that the log grew (``hotline.hub.Hub``)."""

    def listening(self) -> AbstractContextManager[Any]: ...


class Words:
    """Keeps the index up with the log. Thread-safe."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def refresh(self, batches: int = 1) -> bool:
        """Take in what was logged since, ``batches`` at most; True when the index has everything."""
        for _ in range(batches):
            # The work is done while reading: callers who are just talking do not wait for the index.
            with self._records.reading() as connection:
                upto = connection.scalar(select(IndexedRow.upto)) or 0
                query = select(EventRow.id, EventRow.call_id, EventRow.kind).where(EventRow.id > upto)
                rows = connection.execute(query.order_by(EventRow.id).limit(BATCH)).all()
                if not rows:
                    return True
                found = _tokens(connection, {row.call_id for row in rows if row.kind in KINDS})
            with self._records.writing() as connection:
                if connection.scalar(select(IndexedRow.upto)) == upto:  # else another process did it, or words were taken out
                    _put(connection, found)
                    connection.execute(update(IndexedRow).values(upto=rows[-1].id))
        return len(rows) < BATCH

    def watch(self, news: News) -> None:
        """Follow the log in a thread of its own, for as long as the process lives."""

        def run() -> None:
            with news.listening() as ear:
                while True:
                    try:
                        while not self.refresh():
                            pass
                    except Exception as error:  # searching takes in what is missing
                        log.error("the index of words did not follow: %s", type(error).__name__)
                    ear.wait(_WAIT_S)

        threading.Thread(target=run, name="words", daemon=True).start()


def again(connection: Connection, sources: Collection[str]) -> None:
    """Index the complaints from these sources anew, because words of them were taken out."""
    _put(connection, _tokens(connection, sources))
    _disturb(connection)


def _tokens(connection: Connection, sources: Collection[str]) -> dict[int, str]:
    """Row id → what a complaint is found by, for those from these sources; drafts are not indexed."""
    tokens: dict[int, str] = {}
    for some in _portions(sorted(sources)):
        found = connection.execute(
            select(ComplaintRow.id, ComplaintRow.call_id, ComplaintRow.form).where(
                ComplaintRow.call_id.in_(some), ComplaintRow.number.is_not(None)
            )
        ).all()
        said: dict[str, list[str]] = {row.call_id: [] for row in found}
        spoken = select(EventRow.call_id, EventRow.kind, EventRow.data).where(
            EventRow.call_id.in_(list(said)), EventRow.kind.in_([*SPOKEN, "complaint_changed"])
        )
        for row in connection.execute(spoken.order_by(EventRow.id)):
            if row.kind == "complaint_changed":
                said[row.call_id] += [str(one) for one in (row.data.get("words") or {}).values() if one]
            else:
                said[row.call_id].append(row.data[SPOKEN[row.kind]])
        tokens.update({row.id: indexed(row.form, said[row.call_id]) for row in found})
    return tokens


def forget(connection: Connection, ids: Collection[int]) -> None:
    """Take complaints (by row id) out of the index."""
    _out(connection, ids)
    _disturb(connection)


def scrub(connection: Connection) -> None:
    """Leave nothing of what was taken out: FTS5 keeps deleted words until its parts are merged."""
    if connection.dialect.name != "postgresql":
        connection.execute(text("INSERT INTO complaint_words(complaint_words) VALUES ('optimize')"))


def _disturb(connection: Connection) -> None:
    """Whoever has just read the words that are taken out reads again before it writes."""
    connection.execute(update(IndexedRow).where(IndexedRow.upto > 0).values(upto=IndexedRow.upto - 1))


def _out(connection: Connection, ids: Collection[int]) -> None:
    if ids:
        query = text(f"DELETE FROM complaint_words WHERE {_key(connection)} = :id")
        connection.execute(query, [{"id": one} for one in ids])


def _put(connection: Connection, tokens: Mapping[int, str]) -> None:
    _out(connection, tokens)
    if tokens:
        query = text(f"INSERT INTO complaint_words ({_key(connection)}, tokens) VALUES (:id, :tokens)")
        connection.execute(query, [{"id": row_id, "tokens": told} for row_id, told in tokens.items()])


def _key(connection: Connection) -> str:
    return "id" if connection.dialect.name == "postgresql" else "rowid"


def _portions(sources: list[str]) -> Iterator[list[str]]:
    for at in range(0, len(sources), _IDS):  # SQLite takes only so many values at once
        yield sources[at : at + _IDS]
