"""What the wallboard shows: the measures of today, kept up with the log, and the alerts that come of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from hotline import measures
from hotline.agents_day import AgentDay, States, agents_day
from hotline.alerts import HALF_HOUR_S, Alerts, Due, WallboardSettings, Words, due
from hotline.hub import Hub
from hotline.measures import DAY_S, OFTEN_S, Request, Requests, Share
from hotline.records import Records
from hotline.tables import ComplaintRow, EventRow

log = logging.getLogger(__name__)

LOOK_S = 2.0
BATCH = 2000
SLOW_S = 60.0
"""Measures over days are counted again after this."""
MISSED_S = 600.0
"""What was said while no process looked is looked through this far back."""


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
        self.alerts = Alerts(records)
        self.words = Words(settings.words)
        self.agents = agents
        self._now = now
        self._lock = threading.Lock()
        self._requests = Requests()
        self._states = States(records)
        self._seen: int | None = None
        self._said: list[tuple[str, float, str]] = []  # call, at, words: not yet looked through
        self._slow: tuple[float, Share, Share] | None = None  # counted when; first-call resolution, repeat calls
        self._told: tuple[Any, dict[str, Any]] | None = None

    # -- what is shown -------------------------------------------------------------

    def date(self) -> date:
        """Today, in the operator's zone."""
        return datetime.fromtimestamp(self._now(), self.zone).date()

    def day(self, day: date | None = None) -> tuple[float, float]:
        """Begin and end of a day (today) in the operator's zone, Unix seconds: 23 to 25 hours where clocks change."""
        day = day or self.date()
        begin = datetime.combine(day, time(), self.zone).timestamp()
        return begin, datetime.combine(day + timedelta(days=1), time(), self.zone).timestamp()

    def state(self) -> dict[str, Any]:
        """Everything on the wallboard, JSON-ready. Nobody's number is in it; counted once a second, whoever asks."""
        now, agents = self._now(), self.agents()
        begin, end = self.day()
        alerts = [asdict(alert) for alert in self.alerts.shown(begin)]
        with self._lock:
            self._read()
            self._states.read(begin)
            present = (int(now), self._seen, self._states.seen, [(one["name"], one["state"]) for one in agents])
            if self._told is None or self._told[0] != present:
                self._told = (present, self._count(now, begin, end, agents))
            return self._told[1] | {"alerts": alerts}

    def requests(self) -> list[Request]:
        """The requests of today, and those of the day before, of which some may still wait; as they are now."""
        begin, _ = self.day()
        with self._lock:
            self._read()
            return [replace(one, talks=list(one.talks)) for one in self._requests.since(begin - DAY_S)]

    def agents_day(self, day: date | None = None) -> list[AgentDay]:
        """The day of every agent, up to now if it is today."""
        begin, end = self.day(day)
        names = [agent["name"] for agent in self.agents()]
        return agents_day(self._records, names, begin, max(begin, min(end, self._now())))

    def _count(self, now: float, begin: float, end: float, agents: list[dict[str, Any]]) -> dict[str, Any]:
        today = [one for one in self._requests.since(begin) if one.at < end]
        waiting = [one for one in self._requests.since(begin - DAY_S) if one.waits_since is not None]
        started = [call for call in self._requests.calls.values() if begin <= call.at < end]
        contained = measures.containment(started)
        promises = self._requests.promises.values()
        resolved, often = self._over_days(now)
        skills = sorted({one.skill for one in today} | {one.waits_for for one in waiting})
        count = round((end - begin) / HALF_HOUR_S)
        return {
            "now": now,
            "targets": {"connection_rate": self.settings.target, "abandonment": self.settings.abandonment,
                        "within_s": self.settings.within_s, "short_s": self.settings.short_s,
                        "longest_wait_s": self.settings.longest_wait_s, "longest_queue": self.settings.longest_queue},
            "today": self._summary(today) | {
                "calls": sum(not call.back for call in started),
                "containment": contained.value,
                "contained": contained,
                "first_call_resolution": resolved.value,
                "resolved": resolved,
                "repeat_call_rate": often.value,
                "often": often,
                "promised": sum(begin <= one.at < end for one in promises),
                "promises_open": sum(not one.how for one in promises),
                "filed": self._filed(begin, end),
            },
            "waiting": len(waiting),
            "longest_wait_s": _longest(waiting, now),
            "intervals": [
                {"at": begin + place * HALF_HOUR_S, **self._summary(found)}
                for place, found in enumerate(measures.per_interval(today, begin, HALF_HOUR_S, count))
            ],
            "skills": [
                {
                    "skill": skill,
                    **self._summary([one for one in today if one.skill == skill]),
                    "waiting": sum(one.waits_for == skill for one in waiting),
                    "longest_wait_s": _longest([one for one in waiting if one.waits_for == skill], now),
                    "available": sum(one["state"] == "available" and skill in one["skills"] for one in agents),
                }
                for skill in skills
            ],
            "agents": self._agents_now(agents, today, begin, min(now, end)),
        }  # fmt: skip

    def _agents_now(
        self, agents: list[dict[str, Any]], today: Sequence[Request], begin: float, now: float
    ) -> list[dict[str, Any]]:
        talks: dict[str, list[measures.Talk]] = {}
        for one in today:
            for talk in one.talks:
                talks.setdefault(talk.agent, []).append(talk)
        shown = []
        for agent in agents:
            own = talks.get(agent["name"], [])
            handled = [talk.handled_s for talk in own if talk.handled_s is not None]
            shown.append(
                {
                    **{name: agent[name] for name in ("name", "state", "since", "skills")},
                    "reason": agent.get("reason", ""),
                    "handled": len(own),
                    "aht_s": sum(handled) / len(handled) if handled else None,
                    "occupancy": measures.agent_day(self._states.of(agent["name"]), begin, now)["occupancy"],
                    "call": own[-1].call if own and agent["state"] == "busy" and own[-1].talked_s is None else "",
                }
            )
        return shown

    # -- alerts ----------------------------------------------------------------------

    def acknowledge(self, alert: int, who: str) -> bool:
        """A supervisor has seen it; False when there is none or somebody was first."""
        return self.alerts.acknowledge(alert, who, self._now())

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
        agents, now = self.agents(), self._now()
        with self._lock:
            self._read()
            half_hour = now // HALF_HOUR_S * HALF_HOUR_S
            counted = [
                one
                for one in self._requests.since(now - DAY_S)
                if one.at >= half_hour or one.waits_since is not None
            ]
            found = list(due(counted, agents, self.settings, now))
            said, self._said = self._said, []
        for call, at, text in said:
            for word in self.words.within(text):
                self.alerts.put(Due(f"word {call} {word}", "word", call, word), at)
        for one in found:
            self.alerts.put(one, now)

    def breached(self, number: str, answer_due: str) -> None:
        """A complaint was not answered by the day it was due."""
        found = self._records.complaint(number)
        call = found.call_id if found else ""
        self.alerts.put(Due(f"breach {number} {answer_due}", "breach", call or "", number), self._now())

    # -- inside, with the lock held ------------------------------------------------------

    def _read(self) -> None:
        """Take the events since the last look; what was said in them waits for ``look``."""
        table = EventRow.__table__
        query = select(table.c.id, table.c.call_id, table.c.at, table.c.kind, table.c.data)
        since = self._now() - OFTEN_S - DAY_S
        if self._seen is None:
            self._seen = self._begin(since)
        while True:
            fresh = query.where(table.c.id > self._seen, table.c.kind.in_((*measures.KINDS, "utterance")))
            with self._records.reading() as connection:
                rows = connection.execute(fresh.order_by(table.c.id).limit(BATCH)).all()
            for row in rows:
                self._seen = row.id
                self._take(row)
            if len(rows) < BATCH:
                break
        self._requests.forget(since)

    def _begin(self, since: float) -> int:
        """Take what happened before today: without the steps of the menu, of which a log mostly consists."""
        table = EventRow.__table__
        begin, _ = self.day()
        kinds = [kind for kind in measures.KINDS if kind != "moved"]
        query = select(table.c.id, table.c.call_id, table.c.at, table.c.kind, table.c.data)
        with self._records.reading() as connection:
            last = select(table.c.id).where(table.c.kind == "call_started", table.c.at < begin)
            until = connection.scalar(last.order_by(table.c.at.desc(), table.c.id.desc()).limit(1))
            old = query.where(table.c.kind.in_(kinds), table.c.at >= since, table.c.id <= (until or 0))
            for row in connection.execution_options(yield_per=BATCH).execute(old.order_by(table.c.id)):
                self._take(row)
        return until or 0

    def _take(self, row: Any) -> None:
        if row.kind != "utterance":
            self._requests.take(row.call_id, row.at, row.kind, row.data)
        elif row.at >= self._now() - MISSED_S and row.data.get("who", "caller") == "caller":
            self._said.append((row.call_id, row.at, row.data["text"]))

    def _over_days(self, now: float) -> tuple[Share, Share]:
        if self._slow is None or not 0 <= now - self._slow[0] < SLOW_S:
            everything = self._requests.all()
            resolved = measures.first_call_resolution(everything, now)
            self._slow = (now, resolved, measures.repeat_call_rate(everything, now))
        return self._slow[1:]

    def _summary(self, found: Sequence[Request]) -> dict[str, Any]:
        return measures.summary(found, within_s=self.settings.within_s, short_s=self.settings.short_s)

    def _filed(self, begin: float, end: float) -> int:
        query = select(func.count()).where(ComplaintRow.filed_at >= begin, ComplaintRow.filed_at < end)
        with self._records.reading() as connection:
            return connection.scalar(query) or 0


def _longest(waiting: Sequence[Request], now: float) -> float | None:
    since = min((one.waits_since for one in waiting if one.waits_since is not None), default=None)
    return None if since is None else max(now - since, 0.0)
