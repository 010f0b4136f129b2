"""Who gets whom: waiting calls and agents → assignments, positions, estimated waits. Pure.

The rule: the highest priority first, within it the longest wait; of the agents
with the skill, the one who has been available longest. Times are seconds on one
clock, whichever it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

AgentState = Literal["available", "ringing", "busy", "wrap_up", "break", "offline"]

ON_DUTY = frozenset({"available", "ringing", "busy", "wrap_up"})
"""States of an agent who takes calls, now or soon."""

OCCUPIED = ("wrap_up", "busy", "ringing")
"""States of an agent who takes the next call later; who is in wrap-up is likely free first."""


@dataclass(frozen=True)
class Entry:
    """A call that waits. ``since``: when its wait began.

    ``callback``: the caller has hung up and keeps the place in the order. ``order`` decides between equal times.
    """

    call: str
    skill: str
    priority: int = 0
    since: float = 0.0
    callback: bool = False
    order: int = 0

    @property
    def rank(self) -> tuple[int, float, int, str]:
        """Its place in the order: the smallest is served first."""
        return -self.priority, self.since, self.order, self.call


@dataclass(frozen=True)
class Agent:
    """An agent; ``since``: when the present state began."""

    name: str
    skills: frozenset[str]
    state: AgentState = "available"
    since: float = 0.0


def assign(entries: Iterable[Entry], agents: Iterable[Agent]) -> list[tuple[Entry, Agent]]:
    """Whom to connect with whom now."""
    free = sorted((agent for agent in agents if agent.state == "available"), key=lambda one: (one.since, one.name))
    pairs = []
    for entry in sorted(entries, key=lambda one: one.rank):
        agent = next((agent for agent in free if entry.skill in agent.skills), None)
        if agent is not None:
            free.remove(agent)
            pairs.append((entry, agent))
    return pairs


def ahead(entry: Entry, entries: Iterable[Entry], agents: Iterable[Agent]) -> list[Entry]:
    """Those who compete with ``entry`` for an agent on duty and are served before it, in order."""
    rivals = {entry.skill}
    for agent in agents:
        if agent.state in ON_DUTY and entry.skill in agent.skills:
            rivals |= agent.skills
    before = (one for one in entries if one.call != entry.call and one.skill in rivals and one.rank < entry.rank)
    return sorted(before, key=lambda one: one.rank)


def position(entry: Entry, entries: Iterable[Entry], agents: Iterable[Agent]) -> int:
    """Place in the order among those who compete for the same agents, from 1."""
    return len(ahead(entry, entries, agents)) + 1


def estimate(entry: Entry, entries: Iterable[Entry], agents: Sequence[Agent], aht_s: float) -> float | None:
    """Seconds until ``entry`` is served, if all that is known goes on as it is; None: no such agent is on duty.

    The calls ahead are given to the agents as they become free. Of ``n`` occupied agents one
    becomes free every ``aht_s / n`` seconds, and whoever takes a call has it for ``aht_s``.
    """
    duty = [agent for agent in agents if agent.state in ON_DUTY]
    mine = [agent for agent in duty if entry.skill in agent.skills]
    if not mine:
        return None
    others = [agent for agent in duty if entry.skill not in agent.skills]
    free_at = _free_at(mine, aht_s) | _free_at(others, aht_s)
    skills = {agent.name: agent.skills for agent in duty}
    for one in [*ahead(entry, entries, duty), entry]:
        able = [name for name in free_at if one.skill in skills[name]]
        if not able:
            continue
        first = min(able, key=lambda name: free_at[name])
        served_at = free_at[first]
        free_at[first] += aht_s
    return served_at


def _free_at(agents: Sequence[Agent], aht_s: float) -> dict[str, float]:
    """When each agent is free, in seconds from now."""
    occupied = [agent for agent in agents if agent.state in OCCUPIED]
    occupied.sort(key=lambda one: (OCCUPIED.index(one.state), one.since, one.name))
    every_s = aht_s / max(len(occupied), 1)
    free_at = {agent.name: 0.0 for agent in agents if agent.state == "available"}
    return free_at | {agent.name: every_s * number for number, agent in enumerate(occupied, start=1)}
