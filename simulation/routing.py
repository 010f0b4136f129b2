"""Who answers, and whom a free agent takes. Each choice is made once per replication into one small function."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from simulation.calls import ROUTING, Streams
from simulation.record import ABANDONED
from simulation.run_model import RunModel


def agent_choice(model: RunModel, streams: Streams, free: list[int], stamps: list[deque] | None) -> Callable[[int], int]:
    """A function of the call type: group with a free agent that answers now, −1 for none.

    free: free agents of each group. stamps: for longest idle, moments since when agents of a group are
    free, oldest first; the chosen agent's is taken off.
    """
    routes = [tuple(g for g, after in t.groups if after == 0) for t in model.types]
    if stamps is not None:
        def longest_idle(k: int) -> int:
            best, since = -1, float("inf")
            for g in routes[k]:
                if free[g] and stamps[g][0] < since:
                    best, since = g, stamps[g][0]
            if best >= 0:
                stamps[best].popleft()
            return best

        return longest_idle
    if model.agent_choice == "random":
        draw = _uniforms(streams)

        def any_free_agent(k: int) -> int:
            route = routes[k]
            total = 0
            for g in route:
                total += free[g]
            if not total:
                return -1
            left = next(draw) * total
            for g in route:
                left -= free[g]
                if left < 0:
                    return g
            return route[-1]

        return any_free_agent
    if all(len(route) == 1 for route in routes):
        only = [route[0] for route in routes]
        return lambda k: only[k] if free[only[k]] else -1

    def listed(k: int) -> int:
        for g in routes[k]:
            if free[g]:
                return g
        return -1

    return listed


def call_choice(model: RunModel, g: int, queues: list[deque], at: list[float], deadline: list[float], out: list[int]) -> Callable[[float], int]:
    """A function of the moment: row that a free agent of group g takes from the queues, −1 for none.

    Rows that gave up meanwhile are taken off on the way and marked.
    """
    types = model.types
    after = {k: dict(types[k].groups)[g] for k in model.groups[g].types}
    tiers: dict[int, list[int]] = {}
    for k in model.groups[g].types:
        tiers.setdefault(types[k].priority, []).append(k)
    order = [tiers[p] for p in sorted(tiers, reverse=True)]

    def first_of(queue: deque) -> Callable[[float], int]:
        pop = queue.popleft

        def pick(t: float) -> int:
            while queue:
                i = pop()
                if out[i]:
                    continue
                if deadline[i] >= t:
                    return i
                out[i] = ABANDONED
            return -1

        return pick

    delayed = any(after.values())
    if not delayed and all(len(tier) == 1 or model.listed_calls for tier in order):
        firsts = [first_of(queues[k]) for tier in order for k in tier]
        if len(firsts) == 1:
            return firsts[0]

        def in_order(t: float) -> int:
            for first in firsts:
                i = first(t)
                if i >= 0:
                    return i
            return -1

        return in_order

    # (queue, head start, delay) of each type, tier by tier.
    plans = [[(queues[k], types[k].head_start, after[k]) for k in tier] for tier in order]
    if model.listed_calls:
        plans = [[entry] for tier in plans for entry in tier]

    def longest_wait(t: float) -> int:
        for plan in plans:
            best = None
            oldest = float("inf")
            for queue, head_start, delay in plan:
                while queue:
                    i = queue[0]
                    if out[i]:
                        queue.popleft()
                    elif deadline[i] < t:
                        out[i] = ABANDONED
                        queue.popleft()
                    else:
                        # The head has waited longest of its type: if it is too early for it, it is for all.
                        # A shade of tolerance: the timer that allows it was computed as at + delay.
                        rank = at[i] - head_start
                        if rank < oldest and t - at[i] >= delay - 1e-9 * (1 + t):
                            best, oldest = queue, rank
                        break
            if best is not None:
                return best.popleft()
        return -1

    return longest_wait


def _uniforms(streams: Streams) -> Iterator[float]:
    generator = streams.generator(ROUTING)
    while True:
        yield from generator.random(4096).tolist()
