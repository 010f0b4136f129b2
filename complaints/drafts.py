"""What a caller has written into the web form and not filed yet: kept for a day, so that a reload loses nothing.

Only the browser that began a draft has its token; the database has the token's hash.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update

from complaints.evidence import DRAFT
from complaints.filing import LONGEST
from hotline.records import Records
from hotline.tables import WebDraftRow

FIELDS = ("what", "category", "phone", "name", "amount", "occurred", "location")
LONGEST_FIELD = 200
KEPT_S = 86_400
MOST = 100_000
"""Drafts at one time; who fills a database must not fill it with these."""


class DraftsFull(Exception):
    """There are too many drafts just now."""


@dataclass(frozen=True)
class Draft:
    """A draft: ``name`` is what evidence and codes call it, ``data`` field → what was typed, as it was typed."""

    name: str
    data: dict[str, Any]


class Drafts:
    """The drafts in the database."""

    def __init__(self, records: Records, *, now: Callable[[], float] = time.time) -> None:
        self._records = records
        self._now = now

    def begin(self) -> tuple[str, Draft]:
        """A new draft and its token. Raises ``DraftsFull``."""
        token = secrets.token_urlsafe(24)
        with self._records.writing() as connection:
            connection.execute(delete(WebDraftRow).where(WebDraftRow.at < self._now() - KEPT_S))
            if len(connection.scalars(select(WebDraftRow.token).limit(MOST)).all()) >= MOST:
                raise DraftsFull
            connection.execute(insert(WebDraftRow).values(token=_digest(token), data={}, at=self._now()))
        return token, Draft(_name(token), {})

    def draft(self, token: str) -> Draft | None:
        """The draft of this browser, or None when there is none (any more)."""
        query = select(WebDraftRow.data).where(WebDraftRow.token == _digest(token), WebDraftRow.at > self._now() - KEPT_S)
        with self._records.reading() as connection:
            data = connection.scalar(query)
        return None if data is None else Draft(_name(token), data)

    def save(self, token: str, data: Mapping[str, Any]) -> None:
        """Keep what is in the form now."""
        with self._records.writing() as connection:
            connection.execute(
                update(WebDraftRow).where(WebDraftRow.token == _digest(token)).values(data=tidy(data), at=self._now())
            )

    def end(self, token: str) -> None:
        """It was filed."""
        with self._records.writing() as connection:
            connection.execute(delete(WebDraftRow).where(WebDraftRow.token == _digest(token)))


def tidy(data: Mapping[str, Any]) -> dict[str, Any]:
    """Only the form's fields, no longer than they may be; strings, and a list of wishes."""
    kept: dict[str, Any] = {}
    for name in FIELDS:
        value = data.get(name)
        if isinstance(value, str) and value:
            kept[name] = value.replace("\x00", "").replace("\r\n", "\n")[: LONGEST if name == "what" else LONGEST_FIELD]
    wishes = data.get("resolution")
    if isinstance(wishes, list):
        kept["resolution"] = [one[:32] for one in wishes[:10] if isinstance(one, str) and one.isprintable()]
    return kept


def _name(token: str) -> str:
    return DRAFT + _digest(token)[:40]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
