"""Today on the live line: calls so far, who waits, who is on duty, from the wallboard's requests; for the planner's reforecast."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import select

from hotline.measures import BUSY, DAY_S, KINDS, STAFFED, Request, Requests
from hotline.quantities import Refused
from hotline.records import Records
from hotline.tables import EventRow
from simulation.rest_of_day import Busy, Now, Waiting
from simulation.run_model import RunModel
from simulation.service import Service, service
from simulation.today import Day

PRESENT_S = 90.0
"""The agents' states are those of this moment: they say nothing of one longer ago."""


class LiveDay:
    """The line's day so far. ``requests`` tells those of today and all that wait; ``agents`` as the floor tells them; ``now`` Unix seconds."""

    def __init__(self, requests: Callable[[], Sequence[Request]], agents: Callable[[], list[dict[str, Any]]], zone: str, now: Callable[[], float]) -> None:
        self._requests, self._agents, self._zone, self._now = requests, agents, ZoneInfo(zone), now

    def today(self) -> date:
        """The date, where the line is."""
        return datetime.fromtimestamp(self._now(), self._zone).date()

    def clock(self) -> float:
        """Seconds after midnight, as the clock shows them."""
        return self._of_day(self._now())

    def _of_day(self, at: float) -> float:
        moment = datetime.fromtimestamp(at, self._zone)
        return moment.hour * 3600.0 + moment.minute * 60.0 + moment.second + moment.microsecond / 1e6

    def _day(self, at: float) -> date:
        return datetime.fromtimestamp(at, self._zone).date()

    def seen(self, day: Day, at: float, *, within_s: float, short_s: float) -> tuple[dict[str, np.ndarray], Now, Service, dict[str, int]]:
        """(calls by type and interval, the line, the figures so far, agents on a break by group) at ``at`` seconds after midnight, not later than now."""
        moment = self._now() - (self.clock() - at)
        today = self._day(moment)
        own = [one for one in self._requests() if not one.back and one.at < moment]
        counts: dict[str, np.ndarray] = {}
        waits: dict[str, list[float]] = {"answered": [], "abandoned": [], "others": []}
        for one in own:
            if self._day(one.at) != today:
                continue
            row = counts.setdefault(one.skill, np.zeros(len(day.starts)))
            place = int((self._of_day(one.at) - day.starts[0]) // day.interval)
            if 0 <= place < len(row):
                row[place] += 1
            ended = one.left_at if one.answered_at is None else one.answered_at
            kind = one.outcome if ended is not None and ended <= moment else "waiting"
            waits[kind if kind in waits else "others"].append(one.waited or 0.0)
        told = service(waits["answered"], waits["abandoned"], len(waits["others"]), within_s=within_s, short_s=short_s)
        model = day.model
        usual = max(day.expected, key=lambda name: float(day.expected[name].sum()))
        of_type = lambda skill: skill if skill in day.expected else usual  # noqa: E731
        waiting = [Waiting(of_type(one.skill), moment - since) for one in own if (since := _waits_at(one, moment)) is not None]
        if self._now() - moment > PRESENT_S:
            return counts, Now(at, {}, waiting, ()), told, {}
        present: dict[str, int] = {g.name: 0 for g in model.groups}
        off = dict(present)
        busy = []
        for agent in self._agents():
            group = group_of(model, agent["skills"])
            if group is None:
                continue
            if agent["state"] in STAFFED:
                present[group] += 1
            if agent["state"] in BUSY:
                busy.append(Busy(group, max(0.0, moment - agent["since"])))
            off[group] += agent["state"] == "break"
        return counts, Now(at, present, waiting, busy), told, off


def group_of(model: RunModel, skills: Sequence[str]) -> str | None:
    """The group of the model that an agent with these skills belongs to: the only one, or the first that serves one of them."""
    if len(model.groups) == 1:
        return model.groups[0].name
    for skill in skills:
        for group in model.groups:
            if group.name == skill or skill in [model.types[k].name for k in group.types]:
                return group.name
    return None


def _waits_at(one: Request, moment: float) -> float | None:
    """Since when somebody waited here at that moment; None: nobody did."""
    ended = one.left_at if one.answered_at is None else one.answered_at
    if ended is None or ended > moment:
        return None if one.over and ended is None else one.at
    return one.waits_since if one.talks and one.waits_since is not None and one.waits_since <= moment else None


def told(figures: Service) -> dict[str, Any]:
    """Counts and shares, JSON-ready."""
    return asdict(figures) | {name: getattr(figures, name) for name in ("service_level", "service_level_without_short", "abandonment", "asa_s")}


def requests_since(records: Records, at: float) -> list[Request]:
    """The requests of the calls that began from this moment on, Unix seconds."""
    table, requests = EventRow.__table__, Requests()
    query = select(table.c.call_id, table.c.at, table.c.kind, table.c.data).where(table.c.kind.in_(KINDS), table.c.at >= at).order_by(table.c.id)
    with records.reading() as connection:
        for row in connection.execute(query):
            requests.take(row.call_id, row.at, row.kind, row.data)
    return requests.all()


def open_line() -> LiveDay:
    """The live line of the settings, read from its records. Refused where there is none."""
    import time

    from sqlalchemy.exc import SQLAlchemyError

    from hotline import settings
    from hotline.roster import Roster

    try:
        found = settings.load()
    except settings.SettingsError as error:
        raise Refused(str(error)) from None
    records = Records(found.database_url)
    skills: Mapping[str, Sequence[str]] = {one.name: one.skills for one in found.script.agents}
    try:
        requests = requests_since(records, time.time() - 2 * DAY_S)
        agents = [{"name": duty.name, "state": duty.state, "since": duty.since, "skills": skills.get(duty.name, ())} for duty in Roster(records).duties()]
    except SQLAlchemyError:
        raise Refused("the line's records cannot be read: has the line run here? DATABASE_URL or HOTLINE_VAR says where they are; --calls takes a file") from None
    finally:
        records.close()
    return LiveDay(lambda: requests, lambda: agents, found.line.timezone, time.time)
