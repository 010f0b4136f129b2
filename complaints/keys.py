"""Keys of other programs (app, social media, counter): made by command line, shown once, kept as their hash."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import insert, select, update

from complaints.scopes import CHANNELS, SCOPES, USUAL
from hotline.records import Records
from hotline.tables import ApiKeyRow

_FORM = re.compile(r"hk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_SEEN_S = 60.0


class KeysError(Exception):
    """A key cannot be made or changed; the text says why and what to do."""


@dataclass(frozen=True)
class Key:
    """A program that may use the API: its name, channel, what it may do, requests a minute; times are Unix seconds."""

    id: str
    name: str
    channel: str
    scopes: tuple[str, ...]
    per_minute: int
    created_at: float
    revoked_at: float | None
    seen_at: float | None


class Keys:
    """The keys in the database."""

    def __init__(self, records: Records, *, now: Callable[[], float] = time.time) -> None:
        self._records = records
        self._now = now

    def add(self, name: str, channel: str, scopes: tuple[str, ...] = USUAL, per_minute: int = 120) -> str:
        """A new key; the text returned is kept nowhere else. Raises ``KeysError``."""
        if not re.fullmatch(r"[\w.-]{1,32}", name):
            raise KeysError("name: 1 to 32 letters, digits, dots, dashes or underscores are needed")
        if channel not in CHANNELS:
            raise KeysError(f"channel: one of {', '.join(CHANNELS)} is needed")
        if unknown := [scope for scope in scopes if scope not in SCOPES]:
            raise KeysError(f"scope {unknown[0]}: there is none; there are {', '.join(SCOPES)}")
        if not scopes or not 1 <= per_minute <= 100_000:
            raise KeysError("at least one scope and 1 to 100000 requests a minute are needed")
        key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        with self._records.writing() as connection:
            if connection.scalar(select(ApiKeyRow.id).where(ApiKeyRow.name == name)) is not None:
                raise KeysError(f"there is a key {name} already; revoke it and choose another name")
            connection.execute(
                insert(ApiKeyRow).values(
                    id=key_id, name=name, channel=channel, digest=_digest(secret), scopes=sorted(set(scopes)),
                    per_minute=per_minute, created_at=self._now(), revoked_at=None, seen_at=None,
                )
            )
        return f"hk_{key_id}_{secret}"

    def check(self, text: str) -> Key | None:
        """The key that this text is, or None (also for one that was revoked)."""
        found = _FORM.fullmatch(text)
        if found is None:
            return None
        with self._records.reading() as connection:
            row = connection.execute(select(ApiKeyRow).where(ApiKeyRow.id == found[1])).first()
        if row is None or row.revoked_at is not None or not hmac.compare_digest(row.digest, _digest(found[2])):
            return None
        if row.seen_at is None or row.seen_at < self._now() - _SEEN_S:
            with self._records.writing() as connection:
                connection.execute(update(ApiKeyRow).where(ApiKeyRow.id == row.id).values(seen_at=self._now()))
        return _key(row)

    def all(self) -> list[Key]:
        """Every key, by name."""
        with self._records.reading() as connection:
            return [_key(row) for row in connection.execute(select(ApiKeyRow).order_by(ApiKeyRow.name))]

    def revoke(self, name: str) -> None:
        """From now on this key opens nothing. Raises ``KeysError``."""
        with self._records.writing() as connection:
            own = update(ApiKeyRow).where(ApiKeyRow.name == name, ApiKeyRow.revoked_at.is_(None))
            if not connection.execute(own.values(revoked_at=self._now())).rowcount:
                raise KeysError(f"there is no key {name} in use; python -m hotline key list shows which there are")


def _key(row: object) -> Key:
    return Key(
        row.id, row.name, row.channel, tuple(row.scopes), row.per_minute,  # type: ignore[attr-defined]
        row.created_at, row.revoked_at, row.seen_at,  # type: ignore[attr-defined]
    )


def _digest(secret: str) -> str:
    # 256 random bits need no slow hash: there is nothing to guess.
    return hashlib.sha256(secret.encode()).hexdigest()
