"""The agents at work: states, the calls by which they are rung, how long calls take. The floor holds the lock."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from ivr.distribution import Agent
from ivr.duty import Duty, Roster
from ivr.ports import Records
from ivr.script import Script

ENOUGH, RECENT = 10, 50
"""From so many handled calls on their average counts instead of the assumed one; of the newest so many."""

GRACE_S = 15.0
"""A phone has been rung to the end, and the carrier has told so, this long after ``ring_s``."""


class Crew:
    """The agents of the configuration, as last kept. Every change is kept at once."""

    def __init__(self, script: Script, roster: Roster, records: Records, now: Callable[[], float]) -> None:
        self._queue = script.queue
        self._roster = roster
        self._records = records
        self._now = now
        self._numbers = {agent.name: agent.number for agent in script.agents}
        self._skills = {agent.name: frozenset(agent.skills) for agent in script.agents}
        kept = {duty.name: duty for duty in roster.duties()}
        self._duties = {name: kept.get(name) or Duty(name, since=now()) for name in self._numbers}
        self._handled = deque(roster.handling_times(RECENT)[::-1], maxlen=RECENT)

    def __iter__(self) -> Iterator[Duty]:
        return iter(self._duties.values())

    def __getitem__(self, name: str) -> Duty:
        return self._duties[name]

    def number(self, duty: Duty) -> str:
        """What the carrier rings."""
        return self._numbers[duty.name]

    def agents(self) -> list[Agent]:
        """All of them in the distribution's terms."""
        return [Agent(duty.name, self._skills[duty.name], duty.state, duty.since) for duty in self]

    def shown(self) -> list[dict[str, Any]]:
        """All of them for the desk, without numbers."""
        return [
            {
                "name": duty.name,
                "skills": sorted(self._skills[duty.name]),
                "state": duty.state,
                "since": duty.since,
                "wish": duty.wish,
                "reason": duty.reason,
            }
            for duty in self
        ]

    def rung(self) -> set[str]:
        """The callers for whom somebody is rung or with whom somebody talks."""
        return {duty.call for duty in self if duty.offer and duty.queue}

    def of_offer(self, offer: str) -> Duty | None:
        """The agent who is rung for a caller, or to help with one, under this token."""
        return next((duty for duty in self if offer and duty.offer == offer and (duty.queue or duty.helps)), None)

    def of_leg(self, leg: str) -> Duty | None:
        """The agent whose phone has this call."""
        return next((duty for duty in self if leg and duty.leg == leg), None)

    def aht_s(self) -> float:
        """Average handling time: talk, hold and wrap-up, seconds."""
        return statistics.fmean(self._handled) if len(self._handled) >= ENOUGH else float(self._queue.aht_s)

    def late_at(self, duty: Duty) -> float | None:
        """When a wrap-up ends, or a phone of which nothing is known has rung long enough."""
        if duty.state == "wrap_up":
            if duty.over_at and self._queue.wrap_up_until_saved:
                return None
            return duty.since + self._queue.wrap_up_s
        if duty.state == "ringing" and (duty.queue or duty.helps) and not duty.leg:
            return duty.since + self._queue.ring_s + GRACE_S
        return None

    # -- changes -------------------------------------------------------------------

    def keep(self, duty: Duty) -> None:
        """Keep what was changed."""
        self._roster.keep(duty)

    def enter(self, duty: Duty, state: str) -> None:
        """A new state begins."""
        duty.state, duty.since = state, self._now()
        self.keep(duty)

    def swap(self, duty: Duty, call: str) -> None:
        """This agent gets this caller; whoever was rung for them gets the other one."""
        for other in self:
            if other is not duty and other.call == call and other.offer:
                other.call = duty.call
                self.keep(other)
        duty.call = call

    def free(self, duty: Duty) -> None:
        """The agent has no call any more: available, or what was asked for meanwhile."""
        duty.offer = duty.leg = duty.queue = duty.call = duty.helps = ""
        duty.joined_at = None
        state, duty.wish = duty.wish or "available", ""
        duty.reason = duty.reason if state == "break" else ""
        self.enter(duty, state)

    def release(self, token: str) -> None:
        """The agent who was kept for this call-back is free for it, or for others."""
        for duty in self:
            if token and duty.offer == token:
                self.free(duty)

    def wrap_up(self, duty: Duty, talk_s: float, hold_s: float) -> None:
        """The conversation is over; so long they talked, and so long the caller was on hold."""
        duty.talked_s, duty.held_s, duty.over_at = round(talk_s, 1), round(hold_s, 1), self._now()
        duty.offer = duty.leg = duty.queue = duty.helps = ""
        duty.joined_at = None
        self.enter(duty, "wrap_up")

    def wrapped(self, duty: Duty) -> None:
        """Note the end of the wrap-up, when it was one after a conversation."""
        if duty.over_at:
            wrapped_s = round(self._now() - duty.over_at, 1)
            self._handled.append(duty.talked_s + duty.held_s + wrapped_s)
            wrapped = {
                "agent": duty.name, "talked_s": duty.talked_s, "held_s": duty.held_s, "wrapped_s": wrapped_s
            }  # fmt: skip
            self._records.append(duty.call, ("wrapped_up", wrapped))
        duty.call, duty.talked_s, duty.held_s, duty.over_at = "", 0.0, 0.0, 0.0
