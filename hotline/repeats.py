"""Repeats: a request that comes twice is answered as the first time, and what is to be done once is done once.

Kept in the records, so that all processes of the line agree.
"""

from __future__ import annotations

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from hotline.records import Records
from hotline.tables import ReplyRow

KEPT_S = 86_400
"""A carrier retries within minutes; a day leaves room for a queue that was stuck."""


class Repeats:
    """What was answered and claimed lately, by token."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def answer(self, token: str) -> str | None:
        """What was answered to this idempotency token, or None."""
        with self._records.reading() as connection:
            return connection.scalar(select(ReplyRow.body).where(ReplyRow.token == token))

    def keep(self, token: str, body: str) -> None:
        """Remember the answer to an idempotency token; the first answer stays."""
        now = self._records.now()
        try:
            with self._records.writing() as connection:
                connection.execute(delete(ReplyRow).where(ReplyRow.at < now - KEPT_S))
                connection.execute(insert(ReplyRow).values(token=token, body=body, at=now))
        except IntegrityError:
            pass  # the same request arrived twice at once; the first answer is kept

    def claim(self, token: str) -> bool:
        """True for the first who asks; what has been claimed stays so for a day."""
        now = self._records.now()
        with self._records.writing() as connection:
            connection.execute(delete(ReplyRow).where(ReplyRow.at < now - KEPT_S))
            if connection.scalar(select(ReplyRow.at).where(ReplyRow.token == token)) is not None:
                return False
            connection.execute(insert(ReplyRow).values(token=token, body="", at=now))
        return True

    def release(self, token: str) -> None:
        """Give a claim back: what it stood for did not happen."""
        with self._records.writing() as connection:
            connection.execute(delete(ReplyRow).where(ReplyRow.token == token))
