"""What agents search complaints by, checked, and the words that they are found by. Pure.

Words are compared as they sound (``agent_assist.articles.tokens``), so that what a recogniser misheard is found too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pypinyin import lazy_pinyin

from agent_assist import live
from agent_assist.articles import tokens
from complaints.filing import phone_of

MOST_TOKENS = 4000
"""Tokens of one complaint that are indexed; a call of an hour has fewer."""
MOST_ASKED = 12
"""Tokens of a search; more add nothing."""
LATEST_DUE = 60
"""Days ahead that a deadline can be asked for."""

_HAN = re.compile(r"[㐀-鿿]+")
_NUMBER = re.compile(r"20\d{6,12}")
_WORDY = ("name", "location")


class Query(BaseModel):
    """A search for complaints; what is empty asks nothing.

    ``q`` is one box for a complaint number (or its day), a phone number, or words. ``state`` is one state or ``open``; ``due`` is
    ``any`` (a deadline runs), ``overdue``, or within how many days. ``mine``: those that whoever asks took up or answered last
    and that are not over. With ``due`` the soonest deadline comes first, else the newest.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: str = Field(default="", max_length=100)
    state: Literal["", "open", "filed", "in_progress", "answered", "accepted", "escalated", "regulator", "closed", "withdrawn"] = ""
    due: str = Field(default="", pattern=r"^(any|overdue|\d{1,2})?$")
    category: str = Field(default="", max_length=40)
    channel: str = Field(default="", max_length=16)
    department: str = Field(default="", max_length=32)
    mine: Literal["", "yes"] = ""

    @field_validator("due")
    @classmethod
    def _near(cls, due: str) -> str:
        if due.isdecimal() and int(due) > LATEST_DUE:
            raise ValueError(f"at most {LATEST_DUE} days ahead")
        return due

    @property
    def number(self) -> str:
        """The complaint number, or its beginning (at least the day), that the box holds; '' for anything else."""
        plain = re.sub(r"[\s\-]", "", self.q)
        return plain if _NUMBER.fullmatch(plain) and _day(plain[:8]) else ""

    @property
    def phone(self) -> str:
        """The phone number that the box holds; '' for anything else."""
        if self.number or re.sub(r"[\d\s\-+().]", "", self.q):
            return ""
        plain = phone_of(self.q)
        return plain if 7 <= len(plain) <= 18 else ""

    @property
    def words(self) -> tuple[str, ...]:
        """Tokens of the words in the box; one that ends with * stands for all that begin so."""
        if self.number or self.phone:
            return ()
        return tuple(dict.fromkeys([*tokens(self.q), *(f"{one}*" for one in _single(self.q))]))[:MOST_ASKED]

    @property
    def nothing(self) -> bool:
        """Does the box hold something that nothing can be found by (signs, a single letter)?"""
        return bool(self.q.strip()) and not (self.number or self.phone or self.words)

    @property
    def private(self) -> bool:
        """Does it hold somebody's number, which is kept nowhere?"""
        return bool(self.phone) or live.show(self.q).text != "".join(self.q.split()) and "*" in live.show(self.q).text


def _day(text: str) -> bool:
    try:
        date.fromisoformat(f"{text[:4]}-{text[4:6]}-{text[6:8]}")
    except ValueError:
        return False
    return True


def _single(text: str) -> list[str]:
    """Sounds of Han characters that stand alone: no pair of neighbours says them."""
    alone = [piece for piece in _HAN.findall(text) if len(piece) == 1]
    return [sound for one in alone for sound in lazy_pinyin(one, errors="ignore") if sound.isascii() and sound.isalpha()]


def indexed(form: Mapping[str, Any], texts: Iterable[str]) -> str:
    """What a complaint is found by: its form's story, name and place, and ``texts`` (said, noted, answered).

    Numbers of persons are hidden first; the last character of each stretch of Mandarin stands alone too.
    """
    fields = form.get("fields", {})
    named = [str(value) for name in _WORDY if (value := (fields.get(name) or {}).get("value"))]
    found: list[str] = []
    for text in (form.get("description") or "", *named, *texts):
        plain = live.show(text).text
        found += tokens(plain)
        last = [piece[-1] for piece in _HAN.findall(plain)]
        found += [sound for sound in lazy_pinyin("".join(last), errors="ignore") if sound.isascii() and sound.isalpha()]
        if len(found) > MOST_TOKENS:
            break
    return " ".join(dict.fromkeys(found[:MOST_TOKENS]))
