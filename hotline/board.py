"""What the wallboard shows: the measures of today, kept up with the log, and the alerts that come of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from agent_assist.form import Heard
from agent_assist.line import Line
from agent_assist.sound import spell
from hotline import measures
from hotline.hub import Hub
from hotline.measures import OFTEN_S, Request, Requests
from hotline.records import Records
from hotline.tables import AgentStateRow, AlertRow, ComplaintRow, EventRow

log = logging.getLogger(__name__)

HALF_HOUR_S = 1800
LOOK_S = 2.0
BATCH = 2000
ALERTS_SHOWN = 50


class WallboardSettings(BaseModel):
    """``[wallboard]``: targets and what raises an alert. Seconds and shares."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    within_s: float = Field(default=15, gt=0, le=3600, description="the connection rate counts answers within this")
    target: float = Field(default=0.85, gt=0, le=1, description="target of the connection rate")
    abandonment: float = Field(default=0.05, gt=0, le=1, description="most abandonment")
    short_s: float = Field(default=5, ge=0, le=60, description="whoever leaves within this is a short abandon")
    longest_wait_s: float = Field(default=60, gt=0, le=3600, description="a longer wait raises an alert")
    least_offered: int = Field(default=5, ge=1, description="requests in a half hour before its rate raises an alert")
    words: dict[str, list[str]] = Field(default={}, description="words that raise an alert, by language")


@dataclass(frozen=True)
class Alert:
    """Something a supervisor should look at; ``what``: word, wait, rate, nobody. ``at``: Unix seconds."""

    id: int
    what: str
    at: float
    call: str
    detail: str
    acknowledged_by: str
    acknowledged_at: float | None


class Board:
    """The measures of this moment. Thread-safe; ``agents`` tells the agents' states, ``now`` Unix seconds."""

    def __init__(
        self,
        records: Records,
        settings: WallboardSettings,
        *,
        zone: str,
        agents: Callable[[], list[dict[str, Any]]],
        now: Callable[[], float],
    ) -> None:
        self._records = records
        self.settings = settings
        self.zone = ZoneInfo(zone)
        self._agents = agents
        self._now = now
        self._lock = threading.Lock()
        self._requests = Requests()
        self._seen: int | None = None
        self._lang: dict[str, str] = {}
        self._said: list[tuple[str, float, str, str]] = []  # call, at, words, language: not yet looked through
        self._words = [
            (word, lang, spell(Line(Heard(word, lang=lang)).chars) if lang == "zh" else word.lower())
            for lang, words in settings.words.items()
            for word in words
        ]

    # -- what is shown -------------------------------------------------------------

    def today(self) -> tuple[float, float]:
        """Begin and end of the operator's day, Unix seconds: 23 to 25 hours where clocks change."""
        day = datetime.fromtimestamp(self._now(), self.zone).date()
        begin = datetime.combine(day, time(), self.zone).timestamp()
        return begin, datetime.combine(day + timedelta(days=1), time(), self.zone).timestamp()

    def state(self) -> dict[str, Any]:
        """Everything on the wallboard, JSON-ready. Nobody's number is in it."""
        with self._lock:
            self._read()
            everything = self._requests.all()
            calls = dict(self._requests.calls)
        now, (begin, end) = self._now(), self.today()
        today = [one for one in everything if begin <= one.at < end]
        waiting = [one for one in everything if one.outcome == "waiting"]
        started = [call for call, at in calls.items() if begin <= at < end]
        asked = {one.call for one in today}
        count = round((end - begin) / HALF_HOUR_S)
        intervals = [
            {"at": begin + place * HALF_HOUR_S, **self._summary(found)}
            for place, found in enumerate(measures.per_interval(today, begin, HALF_HOUR_S, count))
        ]
        agents = self._agents()
        handled = {agent["name"]: [one for one in today if one.agent == agent["name"]] for agent in agents}
        return {
            "now": now,
            "targets": {"connection_rate": self.settings.target, "abandonment": self.settings.abandonment,
                        "within_s": self.settings.within_s, "longest_wait_s": self.settings.longest_wait_s},
            "today": self._summary(today) | {
                "calls": len(started),
                "containment": (len(started) - len(asked & set(started))) / len(started) if started else None,
                "first_call_resolution": measures.first_call_resolution(everything, now),
                "repeat_call_rate": measures.repeat_call_rate(everything, now),
                "filed": self._filed(begin),
            },
            "waiting": len(waiting),
            "longest_wait_s": max((now - one.at for one in waiting), default=None),
            "intervals": intervals,
            "skills": [
                {
                    "skill": skill,
                    **self._summary([one for one in today if one.skill == skill]),
                    "longest_wait_s": max((now - one.at for one in waiting if one.skill == skill), default=None),
                }
                for skill in sorted({one.skill for one in today} | {one.skill for one in waiting})
            ],
            "agents": [
                {
                    **{name: agent[name] for name in ("name", "state", "since", "skills")},
                    "handled": len(handled[agent["name"]]),
                    "aht_s": self._summary(handled[agent["name"]])["aht_s"],
                    "occupancy": self.day_of(agent["name"], begin, min(now, end))["occupancy"],
                    "call": self._talking(everything, agent) if agent["state"] == "busy" else "",
                }
                for agent in agents
            ],
            "alerts": [asdict(alert) for alert in self.alerts()],
        }  # fmt: skip

    def day_of(self, agent: str, begin: float, end: float) -> dict[str, Any]:
        """An agent's states between two moments (``measures.agent_day``)."""
        table = AgentStateRow.__table__
        before = (
            select(table.c.state, table.c.at)
            .where(table.c.agent == agent, table.c.at < begin)
            .order_by(table.c.id.desc())
            .limit(1)
        )
        during = (
            select(table.c.state, table.c.at)
            .where(table.c.agent == agent, table.c.at >= begin, table.c.at < end)
            .order_by(table.c.id)
        )
        with self._records.reading() as connection:
            changes = [(row.state, row.at) for query in (before, during) for row in connection.execute(query)]
        return measures.agent_day(changes, begin, max(begin, end))

    def handled_by(self, agent: str, begin: float, end: float) -> list[Request]:
        """Requests that this agent answered between two moments (of the last seven days)."""
        with self._lock:
            self._read()
            return [one for one in self._requests.all() if one.agent == agent and begin <= one.at < end]

    # -- alerts ----------------------------------------------------------------------

    def alerts(self) -> list[Alert]:
        """The newest alerts of today, newest first."""
        table = AlertRow.__table__
        query = select(table).where(table.c.at >= self.today()[0]).order_by(table.c.id.desc()).limit(ALERTS_SHOWN)
        with self._records.reading() as connection:
            return [
                Alert(row.id, row.what, row.at, row.call_id, row.detail, row.acknowledged_by, row.acknowledged_at)
                for row in connection.execute(query)
            ]

    def acknowledge(self, alert: int, who: str) -> bool:
        """A supervisor has seen it; False when there is none or somebody was first."""
        table = AlertRow.__table__
        change = table.update().where(table.c.id == alert, table.c.acknowledged_by == "")
        with self._records.writing() as connection:
            return bool(connection.execute(change.values(acknowledged_by=who, acknowledged_at=self._now())).rowcount)

    def watch(self, hub: Hub) -> None:
        """Keep up with the log and raise alerts, in a thread of its own, for as long as the process lives."""

        def run() -> None:
            with hub.listening() as ear:
                while True:
                    try:
                        self.look()
                    except Exception as error:  # an alert that fails must not be the last one
                        log.error("alerts could not be looked at: %s", type(error).__name__)
                    ear.wait(LOOK_S)

        threading.Thread(target=run, name="wallboard", daemon=True).start()

    def look(self) -> None:
        """Take what is new in the log and raise what there is to raise, each thing once whoever looks."""
        with self._lock:
            self._read()
            everything = self._requests.all()
            said, self._said = self._said, []
        for call, at, text, lang in said:
            for word in self.words_in(text, lang):
                self._raise(f"word {call} {word}", "word", at, call, word)
        now = self._now()
        states = {}
        for agent in self._agents():
            for skill in agent["skills"]:
                states.setdefault(skill, set()).add(agent["state"])
        half_hour = int(now // HALF_HOUR_S)
        for one in everything:
            if one.outcome != "waiting":
                continue
            if now - one.at > self.settings.longest_wait_s:
                self._raise(f"wait {one.call}", "wait", now, one.call, one.skill)
            if not states.get(one.skill, set()) & set(measures.STAFFED):
                self._raise(f"nobody {one.skill} {half_hour}", "nobody", now, one.call, one.skill)
        recent = [one for one in everything if one.at >= half_hour * HALF_HOUR_S]
        told = self._summary([one for one in recent if one.outcome != "waiting"])
        rate = told["service_level"]
        if rate is not None and told["offered"] >= self.settings.least_offered and rate < self.settings.target:
            self._raise(f"rate {half_hour}", "rate", now, "", f"{rate:.0%}")

    def breached(self, number: str, due: str) -> None:
        """A complaint was not answered by the day it was due."""
        found = self._records.complaint(number)
        self._raise(f"breach {number} {due}", "breach", self._now(), found.call_id if found else "", number)

    def words_in(self, text: str, lang: str) -> list[str]:
        """The words of ``[wallboard] words`` in an utterance: Mandarin by sound, English as written."""
        found = []
        line = Line(Heard(text, lang=lang))
        for word, of, pattern in self._words:
            if of != lang:
                continue
            heard = line.sound if lang == "zh" else f" {line.chars} "
            if (pattern if lang == "zh" else f" {pattern} ") in (heard if lang == "zh" else _plain(heard)):
                found.append(word)
        return found

    # -- inside ----------------------------------------------------------------------

    def _read(self) -> None:
        """Take the events since the last look; what was said in them waits for ``look``."""
        table = EventRow.__table__
        since = self._now() - OFTEN_S - measures.DAY_S
        fresh = self._seen is None
        if fresh:
            self._seen = 0
        while True:
            query = select(table.c.id, table.c.call_id, table.c.at, table.c.kind, table.c.data).where(
                table.c.id > self._seen, table.c.kind.in_((*measures.KINDS, "utterance", "prompt"))
            )
            if fresh:  # nothing older is counted, and words of the past raise nothing now
                query = query.where(table.c.at >= since, table.c.kind.not_in(("utterance", "prompt")))
            with self._records.reading() as connection:
                rows = connection.execute(query.order_by(table.c.id).limit(BATCH)).all()
            for row in rows:
                self._seen = row.id
                if row.kind == "utterance":
                    self._said.append((row.call_id, row.at, row.data["text"], self._lang.get(row.call_id, "zh")))
                elif row.kind == "prompt":
                    self._lang[row.call_id] = row.data["lang"]
                else:
                    self._requests.take(row.call_id, row.at, row.kind, row.data)
                    if row.kind == "call_ended":
                        self._lang.pop(row.call_id, None)
            if len(rows) < BATCH:
                break
        self._requests.forget(since)

    def _summary(self, found: Sequence[Request]) -> dict[str, Any]:
        return measures.summary(found, within_s=self.settings.within_s, short_s=self.settings.short_s)

    def _filed(self, begin: float) -> int:
        query = select(func.count()).select_from(ComplaintRow).where(ComplaintRow.filed_at >= begin)
        with self._records.reading() as connection:
            return connection.scalar(query) or 0

    @staticmethod
    def _talking(requests: Sequence[Request], agent: dict[str, Any]) -> str:
        own = [one for one in requests if one.agent == agent["name"] and one.talked_s is None]
        return own[-1].call if own else ""

    def _raise(self, key: str, what: str, at: float, call: str, detail: str) -> None:
        table = AlertRow.__table__
        with self._records.reading() as connection:
            if connection.scalar(select(table.c.id).where(table.c.key == key)) is not None:
                return
        values = {"key": key, "what": what, "at": at, "call_id": call, "detail": detail}
        try:
            with self._records.writing() as connection:
                connection.execute(insert(table).values(**values, acknowledged_by="", acknowledged_at=None))
        except IntegrityError:
            pass  # another process was first


def _plain(text: str) -> str:
    return "".join(char if char.isalnum() else " " for char in text)
