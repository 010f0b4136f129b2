"""A multi-skill day as a SimPy user writes it: agents in a FilterStore, each call takes one who has the skill.

The day is ContactCenters' SimpleMSK example: 3 call types, 2 groups, 3 periods of 2 hours, day-to-day
busyness, who waits at closing is served. A free agent's call is the one that has waited longest; a free
agent is the first idle in the store (a FilterStore has no preference between groups).
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

import simpy

PERIOD = 120.0
RATES = ((4.2, 5.3, 3.2), (5.1, 4.3, 4.8), (6.3, 5.2, 4.8))  # calls a minute by type and period
SERVICE = (0.5, 0.6, 0.4)  # calls a minute by period
IMPATIENCE = (0.3, 0.4, 0.2)
AGENTS = ((12, 18, 9), (15, 20, 11))
SKILLS = (frozenset({0, 1}), frozenset({1, 2}))
BUSYNESS = 28.7


@dataclass(eq=False)
class Agent:
    """An agent of a group."""

    group: int


class Day:
    """One day: agents come and go, calls come, wait, are answered or hang up."""

    def __init__(self, rng: random.Random):
        self.rng, self.env = rng, simpy.Environment()
        self.idle = simpy.FilterStore(self.env)
        self.leaving = [0, 0]
        self.answered: list[tuple[int, int, float]] = []
        self.abandoned: list[tuple[int, int, float]] = []
        self.busy = [0.0, 0.0]
        busyness = rng.gammavariate(BUSYNESS, 1 / BUSYNESS)
        self.env.process(self.shifts())
        for kind in range(3):
            self.env.process(self.arrivals(kind, busyness))

    def shifts(self):
        """Staff of each period; who is on a call at its end finishes it."""
        for period in range(3):
            for group, agents in enumerate(AGENTS):
                before = agents[period - 1] if period else 0
                for _ in range(agents[period] - before):
                    yield self.idle.put(Agent(group))
                for _ in range(before - agents[period]):
                    free = next((agent for agent in self.idle.items if agent.group == group), None)
                    if free is None:
                        self.leaving[group] += 1
                    else:
                        self.idle.items.remove(free)
            yield self.env.timeout(PERIOD)

    def arrivals(self, kind: int, busyness: float):
        """Poisson calls of a type, period by period."""
        for period in range(3):
            rate = RATES[kind][period] * busyness
            end = (period + 1) * PERIOD
            while True:
                gap = self.rng.expovariate(rate)
                if self.env.now + gap >= end:
                    yield self.env.timeout(end - self.env.now)
                    break
                yield self.env.timeout(gap)
                self.env.process(self.call(kind, period))

    def call(self, kind: int, period: int):
        """One call."""
        arrived = self.env.now
        turn = self.idle.get(lambda agent: kind in SKILLS[agent.group])
        found = yield turn | self.env.timeout(self.rng.expovariate(IMPATIENCE[period]))
        if turn not in found:
            turn.cancel()
            self.abandoned.append((kind, period, self.env.now - arrived))
            return
        agent = found[turn]
        self.answered.append((kind, period, self.env.now - arrived))
        handling = self.rng.expovariate(SERVICE[period])
        self.busy[agent.group] += handling
        yield self.env.timeout(handling)
        if self.leaving[agent.group]:
            self.leaving[agent.group] -= 1
        else:
            yield self.idle.put(agent)


def run(days: int = 20, seed: int = 1) -> tuple[int, float, dict[str, float]]:
    """(calls, seconds of CPU time, summary) of so many days."""
    rng = random.Random(seed)
    began = time.process_time()
    answered, abandoned = [], []
    for _ in range(days):
        day = Day(rng)
        day.env.run()
        answered += day.answered
        abandoned += day.abandoned
    calls = len(answered) + len(abandoned)
    summary = {
        "answered": len(answered) / days,
        "abandoned": len(abandoned) / days,
        "service_level": sum(wait <= 1 / 3 for _, _, wait in answered) / calls,
        "asa": 60 * sum(wait for _, _, wait in answered) / len(answered),
    }
    return calls, time.process_time() - began, summary
