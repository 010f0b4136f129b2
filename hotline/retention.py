"""Keeping no longer than is allowed: deletes what is over its time, and one person's data when they want it gone.

Both say what they deleted, in counts, and leave that on record (table ``privacy_log``); nobody's number is in it.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, insert, select, text, update

from agent_assist import live
from audio.recording import Recordings
from complaints import words
from hotline.personal import KINDS, blanked, blanked_form
from hotline.records import Records
from hotline.repeats import KEPT_S, Repeats
from hotline.settings import PrivacySettings
from hotline.tables import (
    CallbackRow,
    ComplaintRow,
    EventRow,
    EvidenceRow,
    PrivacyRow,
    ReplyRow,
    TaskRow,
    TextRow,
    WebDraftRow,
    WrapUpRow,
)

log = logging.getLogger(__name__)

DAY_S = 86_400
BATCH = 500
CLOSED = frozenset({"draft", "withdrawn", "accepted", "closed"})
"""States in which nothing more is owed to the caller."""
LOOK_S = 3600.0


class SubjectError(ValueError):
    """What is asked for one person's data cannot be done; the text says why."""


@dataclass
class Subject:
    """Everything that is kept of one phone number."""

    calls: list[str] = field(default_factory=list)
    complaints: list[Any] = field(default_factory=list)
    callbacks: list[Any] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    """Those that wait to be sent."""


class Retention:
    """The records' time limits. ``key`` keys the hashes that stand for numbers; ``now`` gives Unix seconds."""

    def __init__(
        self,
        records: Records,
        recordings: Recordings,
        settings: PrivacySettings,
        *,
        key: bytes,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._records = records
        self._recordings = recordings
        self._settings = settings
        self._key = key
        self._now = now

    # -- by time -------------------------------------------------------------------

    def run(self, *, dry: bool = False, who: str = "system") -> dict[str, int]:
        """Delete what is over its time; returns how much of each kind (with ``dry``: how much it would be)."""
        now, days = self._now(), self._settings
        report = {"recordings": 0, "recording_bytes": 0, "events": 0, "drafts": 0, "complaints": 0, "replies": 0, "texts": 0}
        for call in list(self._recordings.older_than(now - days.recordings_days * DAY_S)):
            report["recordings"] += 1
            if not dry:
                report["recording_bytes"] += self._recordings.delete(call)
        running = set(self._records.calls_in_progress())
        table = EventRow.__table__
        old = table.c.at < now - days.words_days * DAY_S
        report["events"] = self._blank(old, dry=dry, keep=running)
        case = ComplaintRow.__table__
        with self._records.writing() as connection:
            drafts = case.c.number.is_(None) & (case.c.created_at < now - days.drafts_days * DAY_S)
            report["drafts"] = self._count(connection, case, drafts)
            replies = ReplyRow.__table__.c.at < now - KEPT_S
            report["replies"] = self._count(connection, ReplyRow.__table__, replies)
            stale = TextRow.__table__.c.until < now  # whoever was to send it is gone
            report["texts"] = self._count(connection, TextRow.__table__, stale)
            if not dry:
                connection.execute(delete(TextRow.__table__).where(stale))
                connection.execute(delete(case).where(drafts))
                connection.execute(delete(ReplyRow.__table__).where(replies))
            changed = now - days.complaints_days * DAY_S
            over = select(case.c.id, case.c.form, case.c.filed_at, case.c.changed_at, case.c.number).where(
                case.c.number.is_not(None), case.c.filed_at < changed, case.c.phone.is_not(None) | case.c.caller.is_not(None)
            )
            for row in connection.execute(over).all():
                if max(row.filed_at, row.changed_at or 0) < changed:
                    report["complaints"] += 1
                    if not dry:
                        self._blank_case(connection, row)
            if not dry and (report["events"] or report["complaints"]):
                words.scrub(connection)
            if not dry and any(report.values()):
                self._note(connection, who, "retention", "", "", report)
        return report

    def watch(self) -> None:
        """Run once a day, in a thread of its own, for as long as the process lives; one process does it for all."""

        def run() -> None:
            while True:
                day = int(self._now() // DAY_S)
                try:
                    if Repeats(self._records).claim(f"retention {day}"):
                        report = self.run()
                        log.info("retention: %s", ", ".join(f"{name} {count}" for name, count in report.items() if count) or "nothing")
                except Exception as error:  # tomorrow is another day
                    log.error("retention failed: %s", type(error).__name__)
                time.sleep(LOOK_S)

        threading.Thread(target=run, name="retention", daemon=True).start()

    # -- by person -------------------------------------------------------------------

    def export(self, number: str, who: str) -> dict[str, Any]:
        """Everything that is kept of this number, as JSON's types. Raises ``SubjectError`` when there is nothing."""
        found = self._of(number)
        events = {call: [vars(event) for event in self._records.events(call)] for call in found.calls}
        with self._records.writing() as connection:
            self._note(connection, who, "export", number, "", {"calls": len(found.calls), "complaints": len(found.complaints)})
        return {
            "number": number,
            "complaints": [dict(row._mapping) for row in found.complaints],
            "callbacks": [dict(row._mapping) for row in found.callbacks],
            "calls": events,
            "recordings": {call: self._recordings.streams(call) for call in found.calls},
        }

    def erase(self, number: str, who: str, why: str, *, force: bool = False) -> dict[str, int]:
        """Delete what is kept of this number; returns how much. Raises ``SubjectError``.

        Complaints that are still open refuse it unless ``force``: the caller is owed an answer.
        """
        found = self._of(number)
        running = set(self._records.calls_in_progress()) & set(found.calls)
        if running:
            raise SubjectError("a call of this number is going on; wait until it is over")
        still = [row.number for row in found.complaints if row.state not in CLOSED]
        if still and not force:
            raise SubjectError(f"complaints are still open: {', '.join(still)}; close them first, or erase with force and say why")
        table = EventRow.__table__
        report = {"calls": len(found.calls), "complaints": len(found.complaints)}
        report["recording_bytes"] = sum(self._recordings.delete(call) for call in found.calls)
        report["events"] = self._blank(table.c.call_id.in_(found.calls)) if found.calls else 0
        numbers = [row.number for row in found.complaints if row.number]
        with self._records.writing() as connection:
            for row in found.complaints:
                self._blank_case(connection, row)
            for owned, column in ((CallbackRow, "call"), (WrapUpRow, "call")):
                own = owned.__table__
                report[own.name] = connection.execute(delete(own).where(own.c[column].in_(found.calls))).rowcount
            evidence = EvidenceRow.__table__
            report["evidence"] = connection.execute(delete(evidence).where(evidence.c.owner.in_(numbers))).rowcount
            tasks = TaskRow.__table__
            report["tasks"] = connection.execute(delete(tasks).where(tasks.c.number.in_(numbers))).rowcount
            words.scrub(connection)
            texts = TextRow.__table__
            waiting = texts.c.token.in_(found.texts) | texts.c.log_of.in_(found.calls) | texts.c.number.in_(numbers)
            report["texts"] = connection.execute(delete(texts).where(waiting)).rowcount
            drafts = WebDraftRow.__table__
            own = [row.token for row in connection.execute(select(drafts)) if number in str(row.data)]
            report["web_drafts"] = connection.execute(delete(drafts).where(drafts.c.token.in_(own))).rowcount
            # What was answered to the carrier may read a number out; it is kept for retries only.
            replies = ReplyRow.__table__
            report["replies"] = connection.execute(delete(replies).where(replies.c.body != "")).rowcount
            self._note(connection, who, "erase", number, why, report)
        self._scrub()
        return report

    def note(self, who: str, what: str, why: str, report: dict[str, int]) -> None:
        """Write down that personal data were taken along in number (``what``), by whom and why."""
        with self._records.writing() as connection:
            self._note(connection, who, what, "", why, report)

    def entries(self, most: int = 100) -> list[dict[str, Any]]:
        """What was done, newest first."""
        table = PrivacyRow.__table__
        with self._records.reading() as connection:
            return [dict(row._mapping) for row in connection.execute(select(table).order_by(table.c.id.desc()).limit(most))]

    def reveals(self, most: int = 200) -> list[dict[str, Any]]:
        """Looks at hidden values, newest first: when, who, which field of which call, why."""
        table = EventRow.__table__
        query = select(table).where(table.c.kind == "field_revealed").order_by(table.c.id.desc()).limit(most)
        with self._records.reading() as connection:
            return [{"at": row.at, "call": row.call_id, **row.data} for row in connection.execute(query)]

    # -- inside ------------------------------------------------------------------------

    def _of(self, number: str) -> Subject:
        plain = re.sub(r"[\s\-().]", "", number)
        plain = re.sub(r"^(?:\+|00)86", "", plain)
        if not re.fullmatch(r"\+?\d{5,18}", plain):
            raise SubjectError("a phone number is needed, such as 13800138000")
        events, cases, promised = EventRow.__table__, ComplaintRow.__table__, CallbackRow.__table__
        found = Subject()
        with self._records.reading() as connection:
            calls: set[str] = set()
            for row in connection.execute(select(events.c.call_id, events.c.data).where(events.c.kind == "call_started")):
                if row.data["from"].removeprefix("+86") == plain:
                    calls.add(row.call_id)
            given = select(events.c.call_id, events.c.data).where(
                events.c.kind.in_(("field_heard", "field_confirmed", "field_edited"))
            )
            for row in connection.execute(given):
                if row.data["field"] == "phone" and str(row.data["value"]) == plain:
                    calls.add(row.call_id)
            match = cases.c.phone.in_([plain]) | cases.c.caller.in_([plain]) | cases.c.call_id.in_(calls)
            found.complaints = list(connection.execute(select(cases).where(match)))
            found.callbacks = list(connection.execute(select(promised).where(promised.c.call.in_(calls) | (promised.c.number == plain))))
            known = calls | {row.call_id for row in found.complaints} | {row.call for row in found.callbacks}
            found.calls = sorted(known)
            waiting = select(TextRow.token).where(TextRow.phone.in_([plain, f"+86{plain}"]))
            found.texts = list(connection.scalars(waiting))
        if not found.calls and not found.texts:
            raise SubjectError("nothing is kept of this number")
        return found

    def _blank(self, condition: Any, *, dry: bool = False, keep: set[str] = frozenset()) -> int:  # type: ignore[assignment]
        table, count, after = EventRow.__table__, 0, 0
        while True:
            query = (
                select(table.c.id, table.c.call_id, table.c.kind, table.c.data)
                .where(condition, table.c.kind.in_(sorted(KINDS)), table.c.id > after)
                .order_by(table.c.id)
                .limit(BATCH)
            )
            with self._records.reading() as connection:
                rows = connection.execute(query).all()
            if not rows:
                return count
            after = rows[-1].id
            changes = [
                {"at_id": row.id, "to": blank}
                for row in rows
                if row.call_id not in keep and (blank := blanked(row.kind, row.data)) != row.data
            ]
            count += len(changes)
            if not dry and changes:
                with self._records.writing() as connection:
                    for change in changes:
                        connection.execute(update(table).where(table.c.id == change["at_id"]).values(data=change["to"]))
                    # Complaints are no longer found by words that are gone.
                    words.again(connection, {row.call_id for row in rows if row.kind in words.KINDS and row.call_id not in keep})

    @staticmethod
    def _blank_case(connection: Connection, row: Any) -> None:
        table = ComplaintRow.__table__
        words.forget(connection, [row.id])
        values = {"form": blanked_form(row.form), "phone": None, "caller": None}
        connection.execute(update(table).where(table.c.id == row.id).values(**values))

    @staticmethod
    def _count(connection: Connection, table: Any, condition: Any) -> int:
        return len(connection.execute(select(table.c[next(iter(table.primary_key.columns)).name]).where(condition)).all())

    def _note(self, connection: Connection, who: str, what: str, number: str, why: str, report: dict[str, int]) -> None:
        digest = hmac.new(self._key, number.encode(), hashlib.sha256).hexdigest() if number else ""
        shown = live.number(number) if number else ""
        values = {"at": self._now(), "who": who, "what": what, "subject": digest, "shown": shown}
        connection.execute(insert(PrivacyRow).values(**values, why=why[:200], report=report))

    def _scrub(self) -> None:
        """Deleted pages are overwritten too: SQLite leaves the old bytes in the file and in the write-ahead log."""
        with self._records.reading() as connection:
            if connection.dialect.name == "sqlite":
                connection.commit()
                raw = connection.connection.driver_connection
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                raw.execute("VACUUM")
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            else:
                connection.commit()
                with connection.execution_options(isolation_level="AUTOCOMMIT") as auto:
                    auto.execute(text("VACUUM FULL events, complaints, complaint_words, tasks, webhook_replies, texts"))
