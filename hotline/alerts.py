"""Alerts: what a supervisor should look at, raised once, on record until somebody has seen it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from agent_assist.form import Heard
from agent_assist.line import Line
from agent_assist.sound import spell
from hotline.measures import STAFFED, Request, summary
from hotline.records import Records
from hotline.tables import AlertRow

HALF_HOUR_S = 1800
SHOWN = 50

# A number as it is written and as it is said.
_DIGITS = str.maketrans("0123456789〇○幺两", "零一二三四五六七八九零零一二")


class WallboardSettings(BaseModel):
    """``[wallboard]``: targets and what raises an alert. Seconds and shares."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    within_s: float = Field(default=15, gt=0, le=3600, description="the connection rate counts answers within this")
    target: float = Field(default=0.85, gt=0, le=1, description="target of the connection rate")
    abandonment: float = Field(default=0.05, gt=0, le=1, description="most abandonment")
    short_s: float = Field(default=5, ge=0, le=60, description="whoever leaves within this is a short abandon")
    longest_wait_s: float = Field(default=60, gt=0, le=3600, description="a longer wait raises an alert")
    longest_queue: int = Field(default=10, ge=1, description="more callers who wait for a skill raise an alert")
    least_offered: int = Field(default=5, ge=1, description="requests in a half hour before its rate raises an alert")
    words: dict[str, list[str]] = Field(default={}, description="words of callers that raise an alert, by language")


class Due(NamedTuple):
    """Something to be raised, once under this key. ``what``: word, wait, queue, rate, nobody or breach; ``detail``: of what."""

    key: str
    what: str
    call: str
    detail: str


@dataclass(frozen=True)
class Alert:
    """Something that was raised. Moments in Unix seconds; ``acknowledged_by`` is '' until somebody has seen it."""

    id: int
    what: str
    at: float
    call: str
    detail: str
    acknowledged_by: str
    acknowledged_at: float | None


class Words:
    """The words of ``[wallboard] words``: Mandarin as it sounds, English as it is written, in any of its endings."""

    def __init__(self, words: Mapping[str, Sequence[str]]) -> None:
        self._sounds = [(word, _sound(word)) for word in words.get("zh", ())]
        self._written = [
            (word, re.compile(rf"\b{re.escape(word.lower())}(?:s|es|'s)?\b"))
            for lang, listed in words.items()
            if lang != "zh"
            for word in listed
        ]

    def within(self, text: str) -> list[str]:
        """Those that are said in this utterance, of whichever language: callers mix them."""
        sound, written = _sound(text), text.lower()
        found = [word for word, pattern in self._sounds if pattern in sound]
        return found + [word for word, pattern in self._written if pattern.search(written)]


def due(
    requests: Sequence[Request], agents: Sequence[Mapping], settings: WallboardSettings, now: float
) -> Iterator[Due]:
    """What the waits call for at this moment.

    ``requests``: those of the present half hour and all that wait; ``agents``: with ``state`` and ``skills``. Waits
    raise once a call; a queue, a skill without anybody at work and the connection rate once a half hour.
    """
    half_hour = int(now // HALF_HOUR_S)
    at_work = {skill for agent in agents if agent["state"] in STAFFED for skill in agent["skills"]}
    queues: dict[str, list[Request]] = {}
    for one in requests:
        if one.waits_since is not None:
            queues.setdefault(one.waits_for, []).append(one)
            if now - one.waits_since > settings.longest_wait_s:
                yield Due(f"wait {one.call}", "wait", one.call, one.waits_for)
    for skill, waiting in queues.items():
        if skill not in at_work:
            yield Due(f"nobody {skill} {half_hour}", "nobody", waiting[0].call, skill)
        if len(waiting) > settings.longest_queue:
            yield Due(f"queue {skill} {half_hour}", "queue", "", skill)
    recent = [one for one in requests if one.at >= half_hour * HALF_HOUR_S and one.outcome != "waiting"]
    told = summary(recent, within_s=settings.within_s)
    rate = told["service_level"]
    if rate is not None and told["offered"] >= settings.least_offered and rate < settings.target:
        yield Due(f"rate {half_hour}", "rate", "", f"{rate:.0%}")


class Alerts:
    """The table ``alerts``. Thread-safe; whichever process is first raises one, and a supervisor who is first has seen it."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._raised: set[str] = set()

    def shown(self, since: float) -> list[Alert]:
        """The newest since this moment, newest first."""
        table = AlertRow.__table__
        query = select(table).where(table.c.at >= since).order_by(table.c.id.desc()).limit(SHOWN)
        with self._records.reading() as connection:
            return [
                Alert(row.id, row.what, row.at, row.call_id, row.detail, row.acknowledged_by, row.acknowledged_at)
                for row in connection.execute(query)
            ]

    def acknowledge(self, alert: int, who: str, at: float) -> bool:
        """A supervisor has seen it; False when there is none or somebody was first."""
        table = AlertRow.__table__
        change = table.update().where(table.c.id == alert, table.c.acknowledged_by == "")
        with self._records.writing() as connection:
            return bool(connection.execute(change.values(acknowledged_by=who, acknowledged_at=at)).rowcount)

    def put(self, one: Due, at: float) -> None:
        """Raise it, unless it was raised before."""
        if one.key in self._raised:
            return
        table = AlertRow.__table__
        values = {"key": one.key, "what": one.what, "at": at, "call_id": one.call, "detail": one.detail}
        with self._records.reading() as connection:
            known = connection.scalar(select(table.c.id).where(table.c.key == one.key)) is not None
        if not known:
            try:
                with self._records.writing() as connection:
                    connection.execute(insert(table).values(**values, acknowledged_by="", acknowledged_at=None))
            except IntegrityError:
                pass  # another process was first
        self._raised.add(one.key)


def _sound(text: str) -> str:
    return spell(Line(Heard(text, lang="zh")).chars.translate(_DIGITS))
