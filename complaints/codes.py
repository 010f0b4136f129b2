"""Codes by SMS: whoever reads the one that was sent has the phone in hand.

A code is asked for *about* something (a draft to file, a complaint to follow up) and, once answered,
opens just that for a while. Code, phone and address are kept as keyed hashes only.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, ColumnElement, delete, func, insert, select, update

from complaints.limits import WebSettings
from hotline.records import Records
from hotline.tables import CodeRow

DAY_S, HOUR_S = 86_400, 3_600
DIGITS = 6
FILE, FOLLOW = "file", "follow"


class CodeError(Exception):
    """A code is not sent or not taken; ``reason``: too_soon, too_often, wrong, over. Carries no number."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Asked:
    """A code that was asked for: ``token`` is for the browser that asked, ``code`` for the phone alone.

    ``send`` is False when nothing is to be sent; the browser must not notice the difference. ``until``: Unix time to which it is good.
    """

    token: str
    code: str
    send: bool
    until: float = 0.0


Tell = Callable[[Connection, Asked], None]
"""Writes the message that carries a code, in the transaction of the code."""


class Codes:
    """The codes. ``secret`` keys the hashes; ``wrong_tries`` are those a day at the status page."""

    def __init__(
        self, records: Records, secret: bytes, settings: WebSettings = WebSettings(), *,
        wrong_tries: int = 6, now: Callable[[], float] = time.time,
    ) -> None:
        self._records = records
        self._secret = secret
        self._settings = settings
        self._wrong_tries = wrong_tries
        self._now = now

    def to_file(self, draft: str, phone: str, address: str, tell: Tell = lambda connection, asked: None) -> Asked:
        """A code that lets ``draft`` be filed. Raises ``CodeError`` (too_soon, too_often)."""
        with self._records.writing() as connection:
            self._clean(connection)
            self._general(connection, address)
            since = self._last(connection, phone)
            if since is not None and self._now() - since < self._settings.code_gap_s:
                raise CodeError("too_soon")
            if self._sent(connection, phone) >= self._settings.codes_a_day:
                raise CodeError("too_often")
            asked = self._new(connection, FILE, draft, phone, address, send=True)
            tell(connection, asked)
        return asked

    def to_follow(self, number: str, phone: str | None, address: str, tell: Tell = lambda connection, asked: None) -> Asked:
        """A code that opens the complaint ``number``; ``phone`` None: what was given fits no complaint.

        What is refused depends only on what was typed and from where, never on whether it fits: six
        asks a day that no right code followed, for one number or from one address. Raises ``CodeError`` (too_often).
        """
        with self._records.writing() as connection:
            self._clean(connection)
            self._general(connection, address)
            fruitless = [CodeRow.purpose == FOLLOW, CodeRow.passed_at.is_(None), CodeRow.at > self._now() - DAY_S]
            for same in (CodeRow.place == self._hash("place", address), CodeRow.about == number):
                if self._count(connection, same, *fruitless) >= self._wrong_tries:
                    raise CodeError("too_often")
            send = phone is not None and self._sent(connection, phone) < self._settings.codes_a_day
            asked = self._new(connection, FOLLOW, number, phone or f"nobody {number}", address, send=send)
            tell(connection, asked)
        return asked

    def answer(self, token: str, purpose: str, code: str, phone: str | None = None) -> str:
        """What the code opens (draft or number); with ``phone`` only if it was sent there.

        Raises ``CodeError``: wrong, or over (expired, used, too many tries, another phone).
        """
        with self._records.writing() as connection:
            row = connection.execute(select(CodeRow).where(CodeRow.token == _digest(token))).first()
            fresh = row is not None and row.at > self._now() - self._settings.code_minutes * 60
            elsewhere = row is not None and phone is not None and row.phone != self._hash("phone", phone)
            used = row is None or row.passed_at is not None or row.purpose != purpose or row.tries >= self._settings.code_tries
            if used or elsewhere or not fresh:
                raise CodeError("over")
            own = CodeRow.token == row.token
            right = hmac.compare_digest(row.code, self._hash(token, _plain(code)))
            if right and row.real:
                connection.execute(update(CodeRow).where(own).values(passed_at=self._now()))
                return row.about
            connection.execute(update(CodeRow).where(own).values(tries=row.tries + 1))
            over = row.tries + 1 >= self._settings.code_tries
        raise CodeError("over" if over else "wrong")

    def opened(self, token: str, purpose: str) -> str | None:
        """What this token opens now, or None; a visit ends by itself."""
        since = self._now() - self._settings.visit_minutes * 60
        query = select(CodeRow.about).where(CodeRow.token == _digest(token), CodeRow.purpose == purpose, CodeRow.passed_at > since)
        with self._records.reading() as connection:
            return connection.scalar(query)

    def admit(self, number: str) -> str:
        """A token that opens a complaint to whoever has just filed it by a code."""
        with self._records.writing() as connection:
            asked = self._new(connection, FOLLOW, number, f"filed {number}", "", send=False)
            connection.execute(update(CodeRow).where(CodeRow.token == _digest(asked.token)).values(passed_at=self._now()))
        return asked.token

    def close(self, token: str) -> None:
        """End a visit."""
        with self._records.writing() as connection:
            connection.execute(update(CodeRow).where(CodeRow.token == _digest(token)).values(passed_at=0.0))

    # -- inside ------------------------------------------------------------------

    def _new(self, connection: Connection, purpose: str, about: str, phone: str, address: str, *, send: bool) -> Asked:
        token, code = secrets.token_urlsafe(24), f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        connection.execute(
            insert(CodeRow).values(
                token=_digest(token), purpose=purpose, about=about, phone=self._hash("phone", phone),
                place=self._hash("place", address), code=self._hash(token, code), at=self._now(), tries=0,
                real=send, passed_at=None,
            )
        )
        return Asked(token, code, send, self._now() + self._settings.code_minutes * 60)

    def _general(self, connection: Connection, address: str) -> None:
        hour = CodeRow.at > self._now() - HOUR_S
        if self._count(connection, hour, CodeRow.place == self._hash("place", address)) >= self._settings.codes_an_hour:
            raise CodeError("too_often")
        if self._count(connection, hour, CodeRow.real) >= self._settings.codes_in_all:
            raise CodeError("too_often")

    def _sent(self, connection: Connection, phone: str) -> int:
        own = CodeRow.phone == self._hash("phone", phone)
        return self._count(connection, own, CodeRow.real, CodeRow.at > self._now() - DAY_S)

    def _last(self, connection: Connection, phone: str) -> float | None:
        return connection.scalar(select(func.max(CodeRow.at)).where(CodeRow.phone == self._hash("phone", phone), CodeRow.real))

    def _count(self, connection: Connection, *conditions: ColumnElement[bool]) -> int:
        return connection.scalar(select(func.count()).select_from(CodeRow).where(*conditions)) or 0

    def _clean(self, connection: Connection) -> None:
        connection.execute(delete(CodeRow).where(CodeRow.at < self._now() - DAY_S))

    def _hash(self, what: str, value: str) -> str:
        return hmac.new(self._secret, f"{what}\0{value}".encode(), hashlib.sha256).hexdigest()


def _plain(code: str) -> str:
    """The digits of a code as it was typed, full width or spaced."""
    return "".join(str(int(char)) for char in code if char.isdecimal())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
