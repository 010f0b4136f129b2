"""The agents' day: who was in which state and handled which calls, for any day of the records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from hotline import measures
from hotline.measures import Change, Requests, Span, Talk
from hotline.records import Records
from hotline.tables import AgentRow, AgentStateRow, EventRow

AROUND_S = 4 * 3600
"""Calls that begin so long before midnight may be answered after it, and be wrapped up so long after the next."""


class States:
    """Every agent's states since some moment, kept up with the table ``agent_states``."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._seen = -1
        self._changes: dict[str, list[Change]] = {}

    @property
    def seen(self) -> int:
        """Id of the newest change that is known."""
        return self._seen

    def read(self, since: float) -> None:
        """Take what is new, and forget what was before ``since`` but for the state that the agent had then."""
        table = AgentStateRow.__table__
        if self._seen < 0:
            self._changes, self._seen = _changes(self._records, since)
        query = select(table).where(table.c.id > self._seen).order_by(table.c.id)
        with self._records.reading() as connection:
            for row in connection.execute(query):
                self._seen = row.id
                self._changes.setdefault(row.agent, []).append(Change(row.state, row.at, row.reason))
        for changes in self._changes.values():
            while len(changes) > 1 and changes[1].at <= since:
                del changes[0]

    def of(self, agent: str) -> Sequence[Change]:
        """This agent's changes."""
        return self._changes.get(agent, [])


@dataclass(frozen=True)
class AgentDay:
    """One agent's day; lengths in seconds. ``talk_s`` is the time in calls without the holds, consulting included."""

    name: str
    spans: list[Span]
    seconds: dict[str, float]
    staffed_s: float
    talk_s: float
    hold_s: float
    occupancy: float | None
    talks: list[Talk]
    aht_s: float | None
    missed: int


def agents_day(records: Records, names: Sequence[str], begin: float, end: float) -> list[AgentDay]:
    """The day of each of these agents and of whoever else was at work, between two moments (Unix seconds)."""
    changes, _ = _changes(records, begin, end)
    talks, missed = _calls(records, begin, end)
    others = sorted(({name for name, found in changes.items() if _worked(found, begin)} | set(talks)) - set(names))
    days = []
    for name in (*names, *others):
        told = measures.agent_day(changes.get(name, []), begin, end)
        own = talks.get(name, [])
        handled = [talk.handled_s for talk in own if talk.handled_s is not None]
        held = sum(talk.held_s for talk in own)
        days.append(
            AgentDay(
                name,
                told["spans"],
                told["seconds"],
                told["staffed_s"],
                max(told["seconds"].get("busy", 0.0) - held, 0.0),
                held,
                told["occupancy"],
                own,
                sum(handled) / len(handled) if handled else None,
                missed.get(name, 0),
            )
        )
    return days


def _worked(changes: Sequence[Change], begin: float) -> bool:
    return any(change.at >= begin or change.state != "offline" for change in changes)


def _changes(records: Records, begin: float, end: float | None = None) -> tuple[dict[str, list[Change]], int]:
    """Changes from the state that each agent had at ``begin``, and the id of the newest."""
    table, agents = AgentStateRow.__table__, AgentRow.__table__
    # By agent, so that the index leads there however long the records are.
    own = select(table.c.id).where(table.c.agent == agents.c.name, table.c.at < begin)
    before = select(own.order_by(table.c.at.desc(), table.c.id.desc()).limit(1).scalar_subquery()).select_from(agents)
    during = select(table).where(table.c.agent.in_(select(agents.c.name)), table.c.at >= begin)
    if end is not None:
        during = during.where(table.c.at < end)
    found: dict[str, list[Change]] = defaultdict(list)
    newest = 0
    with records.reading() as connection:
        ids = [one for one in connection.scalars(before) if one is not None]
        for query in (select(table).where(table.c.id.in_(ids)), during):
            for row in connection.execute(query.order_by(table.c.id)):
                found[row.agent].append(Change(row.state, row.at, row.reason))
                newest = max(newest, row.id)
    return dict(found), newest


def _calls(records: Records, begin: float, end: float) -> tuple[dict[str, list[Talk]], dict[str, int]]:
    """By agent the conversations that began between two moments, and how many rings were missed."""
    table = EventRow.__table__
    kinds = [kind for kind in (*measures.KINDS, "agent_missed") if kind != "moved"]
    query = select(table.c.call_id, table.c.at, table.c.kind, table.c.data).where(
        table.c.kind.in_(kinds), table.c.at >= begin - AROUND_S, table.c.at < end + AROUND_S
    )
    requests = Requests()
    missed: dict[str, int] = defaultdict(int)
    with records.reading() as connection:
        for row in connection.execute(query.order_by(table.c.id)):
            if row.kind != "agent_missed":
                requests.take(row.call_id, row.at, row.kind, row.data)
            elif begin <= row.at < end:
                missed[row.data["agent"]] += 1
    talks: dict[str, list[Talk]] = defaultdict(list)
    for request in requests.all():
        for talk in request.talks:
            if begin <= talk.at < end:
                talks[talk.agent].append(talk)
    return {name: sorted(own, key=lambda one: one.at) for name, own in talks.items()}, missed


def totals(day: AgentDay) -> dict[str, Any]:
    """The day in figures, as in the export: seconds, occupancy 0..1 or None."""
    return {
        "staffed_s": day.staffed_s,
        **{f"{state}_s": day.seconds.get(state, 0.0) for state in ("available", "ringing")},
        "talk_s": day.talk_s,
        "hold_s": day.hold_s,
        **{f"{state}_s": day.seconds.get(state, 0.0) for state in ("wrap_up", "break")},
        "occupancy": day.occupancy,
        "handled": len(day.talks),
        "aht_s": day.aht_s,
        "missed": day.missed,
    }
