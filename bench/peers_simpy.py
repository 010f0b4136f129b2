"""M/M/n+M as a SimPy user writes it: a process for each call, `request | timeout`, waits collected in a list."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field

import simpy


@dataclass
class Waits:
    """What a run collects: waits of the answered and of those who hung up (minutes)."""

    answered: list[float] = field(default_factory=list)
    abandoned: list[float] = field(default_factory=list)

    def summary(self, within: float = 1 / 3) -> dict[str, float]:
        """Figures comparable with those of our engine; times in seconds."""
        calls = len(self.answered) + len(self.abandoned)
        return {
            "abandonment": len(self.abandoned) / calls,
            "asa": 60 * sum(self.answered) / max(1, len(self.answered)),
            "service_level": sum(wait <= within for wait in self.answered) / calls,
        }


def run(
    calls: int = 100_000, agents: int = 50, load: float = 48.0, patience: float = 2.0, seed: int = 1
) -> tuple[int, float, dict[str, float]]:
    """(calls, seconds of CPU time, summary) of `calls` arrivals; `load` calls a minute of mean 1 minute, mean `patience` minutes."""
    rng = random.Random(seed)
    env = simpy.Environment()
    desk = simpy.Resource(env, capacity=agents)
    waits = Waits()

    def call():
        arrived = env.now
        with desk.request() as turn:
            found = yield turn | env.timeout(rng.expovariate(1 / patience))
            if turn not in found:
                waits.abandoned.append(env.now - arrived)
                return
            waits.answered.append(env.now - arrived)
            yield env.timeout(rng.expovariate(1.0))

    def arrivals():
        for _ in range(calls):
            yield env.timeout(rng.expovariate(load))
            env.process(call())

    env.process(arrivals())
    began = time.process_time()
    env.run()
    took = time.process_time() - began
    return calls, took, waits.summary()
