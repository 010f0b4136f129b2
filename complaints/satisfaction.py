"""Satisfaction: after a complaint is closed its caller is asked by text message, 1 to 5; the reply is counted once.

What a reply says is the business of ``complaints.replies``; whoever replies TD, STOP or 退订 is not asked again.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import insert, select

from complaints.reception import Reception, lang_of
from complaints.replies import read
from hotline.records import Records
from hotline.tables import ComplaintRow, OptOutRow

REPLY_WITHIN_S = 14 * 86_400.0


class Satisfaction:
    """Asks and counts. ``now``: Unix seconds."""

    def __init__(
        self, records: Records, reception: Reception, *, now: Callable[[], float],
    ) -> None:  # fmt: skip
        self._records, self._reception, self._now = records, reception, now

    def ask(self, number: str) -> bool:
        """Ask the caller of a closed complaint, once; False when nobody is to be asked."""
        found, phone, table = self._records.complaint(number), self._reception.phone_of(number), ComplaintRow.__table__
        if found is None or found.state != "closed" or phone is None:
            return False
        with self._records.writing() as connection:
            if connection.scalar(select(OptOutRow.phone).where(OptOutRow.phone == phone)):
                return False
            mine = table.update().where(table.c.number == number, table.c.asked_at.is_(None))
            if not connection.execute(mine.values(asked_at=self._now())).rowcount:
                return False
            self._reception.texts.put(connection, phone, "sms_satisfaction", lang_of(found.form), {"number": number}, log_of=found.call_id)
        self._reception.texts.go()
        return True

    def replied(self, from_: str, text: str) -> tuple[str, str]:
        """Take a reply; (prompt to answer with, language). A mark belongs to the newest question to that number, once."""
        phone, reply, table = from_.removeprefix("+86"), read(text), ComplaintRow.__table__
        with self._records.writing() as connection:
            asked = select(table.c.id, table.c.satisfaction, table.c.form).where(
                (table.c.phone == phone) | (table.c.phone.is_(None) & (table.c.caller == phone)), table.c.asked_at >= self._now() - REPLY_WITHIN_S
            )
            row = connection.execute(asked.order_by(table.c.asked_at.desc()).limit(1)).first()
            lang = lang_of(row.form) if row else "en" if text.isascii() and any(map(str.isalpha, text)) else "zh"
            if reply.stop:
                if not connection.scalar(select(OptOutRow.phone).where(OptOutRow.phone == phone)):
                    connection.execute(insert(OptOutRow).values(phone=phone, at=self._now()))
                return "sms_stopped", lang
            if row is None:
                return "sms_unasked", lang
            if reply.mark is None:
                return "sms_mark_missed", lang
            if row.satisfaction is None:
                connection.execute(table.update().where(table.c.id == row.id, table.c.satisfaction.is_(None)).values(satisfaction=reply.mark))
        return "sms_mark_taken", lang
