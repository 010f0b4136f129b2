"""Who may sign in: users, their passwords (Argon2) and their sessions, beside the records.

A session is a random token in the browser's cookie; only its hash is kept here, so that it can be
ended from here (sign-out, idle time, a user switched off) and a copy of the database opens no door.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from hotline.access import ROLES
from hotline.records import Records
from hotline.tables import SessionRow, UserRow

LEAST_PASSWORD = 10
# A session ends after this however busy it is: the next shift signs in anew.
LONGEST_SESSION_S = 14 * 3600
_NAME = re.compile(r"[\w.@-]{1,32}")
_TOUCHED_S = 20.0


class UserError(Exception):
    """A user cannot be made or changed; the text says why and what to do."""


@dataclass(frozen=True)
class User:
    """Somebody who may sign in; ``role`` is one of ``ROLES``, ``lang`` '' or the language chosen."""

    id: int
    name: str
    role: str
    lang: str
    active: bool


class Users:
    """The tables ``users`` and ``sessions``. Thread-safe. ``now`` gives Unix seconds; ``idle_s`` ends a session."""

    def __init__(self, records: Records, *, idle_s: float = 1800.0, now: Callable[[], float] = time.time) -> None:
        self.records = records
        self._idle_s = idle_s
        self._now = now
        self._hasher = PasswordHasher()
        # Compared with when there is no such user, so that the time taken does not tell.
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    # -- users -----------------------------------------------------------------

    def add(self, name: str, role: str, password: str) -> User:
        """A new user. Raises ``UserError`` for a name taken or unfit, an unknown role, a weak password."""
        if not _NAME.fullmatch(name):
            raise UserError("name: 1 to 32 letters, digits, '.', '-', '_' or '@' are needed, without spaces")
        if role not in ROLES:
            raise UserError(f"role: one of {', '.join(ROLES)} is needed (found {role!r})")
        values = {"name": name, "login": name.casefold(), "role": role, "password": self._hash(name, password)}
        try:
            with self.records.writing() as connection:
                connection.execute(insert(UserRow).values(**values, lang="", active=True, created_at=self._now()))
        except IntegrityError:
            raise UserError(f"name: there is a user {name} already; choose another or set a new password") from None
        found = self.named(name)
        assert found is not None
        return found

    def set_password(self, name: str, password: str) -> None:
        """A new password; it ends the user's sessions. Raises ``UserError``."""
        self._change(name, password=self._hash(name, password))
        self._end_sessions(name)

    def set_active(self, name: str, active: bool) -> None:
        """Switch a user off (which ends the sessions) or on again. Raises ``UserError``."""
        self._change(name, active=active)
        if not active:
            self._end_sessions(name)

    def set_lang(self, name: str, lang: str) -> None:
        """The language the user reads. Raises ``UserError``."""
        self._change(name, lang=lang)

    def named(self, name: str) -> User | None:
        """The user with this name, however its letters are written, or None."""
        with self.records.reading() as connection:
            row = connection.execute(select(UserRow).where(UserRow.login == name.casefold())).first()
        return _user(row) if row else None

    def all(self) -> list[User]:
        """Everybody, by name."""
        with self.records.reading() as connection:
            return [_user(row) for row in connection.execute(select(UserRow).order_by(UserRow.login))]

    def check(self, name: str, password: str) -> User | None:
        """The user whose name and password these are, or None (also for one who is switched off)."""
        with self.records.reading() as connection:
            row = connection.execute(select(UserRow).where(UserRow.login == name.casefold())).first()
        try:
            self._hasher.verify(row.password if row else self._nobody, password)
        except (VerifyMismatchError, InvalidHashError):
            return None
        return _user(row) if row and row.active else None

    # -- sessions --------------------------------------------------------------

    def open_session(self, user: User) -> str:
        """A new session; returns its token, which is kept nowhere else."""
        token, now = secrets.token_urlsafe(32), self._now()
        with self.records.writing() as connection:
            connection.execute(delete(SessionRow).where(SessionRow.seen_at < now - self._idle_s))
            connection.execute(
                insert(SessionRow).values(token=_digest(token), user_id=user.id, created_at=now, seen_at=now)
            )
        return token

    def session(self, token: str) -> User | None:
        """Whose session this is, or None when it has ended."""
        now = self._now()
        query = (
            select(UserRow)
            .join(SessionRow, SessionRow.user_id == UserRow.id)
            .where(
                SessionRow.token == _digest(token),
                SessionRow.seen_at >= now - self._idle_s,
                SessionRow.created_at >= now - LONGEST_SESSION_S,
                UserRow.active,
            )
        )
        with self.records.reading() as connection:
            row = connection.execute(query).first()
        return _user(row) if row else None

    def touch(self, token: str) -> None:
        """The user did something: the idle time begins anew (written at most every 20 s)."""
        now, digest = self._now(), _digest(token)
        table = SessionRow.__table__
        with self.records.reading() as connection:
            seen = connection.scalar(select(table.c.seen_at).where(table.c.token == digest))
        if seen is not None and now - _TOUCHED_S > seen >= now - self._idle_s:
            with self.records.writing() as connection:
                connection.execute(table.update().where(table.c.token == digest).values(seen_at=now))

    def end_session(self, token: str) -> None:
        """Sign out."""
        with self.records.writing() as connection:
            connection.execute(delete(SessionRow).where(SessionRow.token == _digest(token)))

    # -- inside ------------------------------------------------------------------

    def _hash(self, name: str, password: str) -> str:
        if len(password) < LEAST_PASSWORD:
            raise UserError(f"password: at least {LEAST_PASSWORD} characters are needed")
        if name.casefold() in password.casefold():
            raise UserError("password: it must not contain the name")
        if len(set(password)) < 5:
            raise UserError("password: at least five different characters are needed")
        return self._hasher.hash(password)

    def _change(self, name: str, **values: object) -> None:
        table = UserRow.__table__
        with self.records.writing() as connection:
            changed = connection.execute(table.update().where(table.c.login == name.casefold()).values(**values))
        if not changed.rowcount:
            raise UserError(f"there is no user {name}; python -m hotline user list shows who there is")

    def _end_sessions(self, name: str) -> None:
        own = select(UserRow.id).where(UserRow.login == name.casefold()).scalar_subquery()
        with self.records.writing() as connection:
            connection.execute(delete(SessionRow).where(SessionRow.user_id == own))

    def count(self) -> int:
        """How many users there are."""
        with self.records.reading() as connection:
            return connection.scalar(select(func.count()).select_from(UserRow)) or 0


def _user(row: object) -> User:
    return User(row.id, row.name, row.role, row.lang, row.active)  # type: ignore[attr-defined]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
