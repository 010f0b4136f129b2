"""Agents on duty where nobody recorded them: inferred from who answers and from who waits.

An agent who talks is on duty. Between two calls of the same agent the queue is the witness: while somebody
waits, an agent on duty would be talking, so a gap in which callers waited was a pause; a gap in which nobody
waited was spent on duty and idle. What the queue does not witness for long (before the first call, after the
last one, around a pause) counts as on duty for at most `most_idle` seconds.
All agents are taken to serve all types. An inference, not a record: everything that shows it says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.history import ANSWERED, History

TURNAROUND = 15.0
"""Longest gap between two calls of an agent, while others wait, that belongs to the work (the next call is put through)."""
WITNESSED = 120.0
"""A gap in which somebody waited for longer than this was a pause; shorter ones are the short breath between calls."""
MOST_IDLE = 1800.0
LONGEST_GAP = 3600.0
"""A longer gap without anybody waiting proves nothing: its two ends count as the ends of a shift do."""
LONGEST_TALK = 2 * 3600.0


@dataclass(frozen=True)
class Duty:
    """Spells on duty: arrays of one length, moments in seconds as in `History`."""

    agent: np.ndarray
    """int: index into the history's agents; −1: a call that was answered by nobody named."""
    start: np.ndarray
    end: np.ndarray

    def agents(self, edges: np.ndarray) -> np.ndarray:
        """Mean number of agents on duty between each two edges (ascending moments): one less than there are edges."""
        # Agent-seconds up to a moment: piecewise linear, steeper by one from each start, flatter from each end.
        moments = np.concatenate([self.start, self.end])
        steps = np.concatenate([np.ones(len(self.start)), -np.ones(len(self.end))])
        order = np.argsort(moments, kind="stable")
        moments, level = moments[order], np.cumsum(steps[order])
        if not len(moments):
            return np.zeros(len(edges) - 1)
        total = np.concatenate([[0.0], np.cumsum(level[:-1] * np.diff(moments))])
        return np.diff(np.interp(edges, moments, total)) / np.diff(edges)


@dataclass(frozen=True)
class Queue:
    """Stretches in which somebody waits."""

    start: np.ndarray
    end: np.ndarray

    def before(self, t: np.ndarray) -> np.ndarray:
        """Seconds up to each moment in which somebody waited."""
        if not len(self.start):
            return np.zeros(len(t))
        moments = np.column_stack([self.start, self.end]).ravel()
        total = np.repeat(np.cumsum(self.end - self.start), 2)
        total[::2] -= self.end - self.start
        return np.interp(t, moments, total)

    def next_start(self, t: np.ndarray) -> np.ndarray:
        """The first moment from each t on at which somebody waits (inf: never)."""
        i = np.searchsorted(self.end, t, side="right")
        starts = np.append(self.start, np.inf)
        return np.maximum(starts[i], t)

    def last_end(self, t: np.ndarray) -> np.ndarray:
        """The last moment up to each t at which somebody waited (−inf: never)."""
        i = np.searchsorted(self.start, t, side="left")
        ends = np.append(-np.inf, self.end)
        return np.minimum(ends[i], t)


def queue(history: History) -> Queue:
    """When somebody waited."""
    waits = history.asked & (history.wait > 0)
    start, end = history.offered[waits], history.offered[waits] + history.wait[waits]
    order = np.argsort(start, kind="stable")
    start, end = start[order], np.maximum.accumulate(end[order])
    if not len(start):
        return Queue(start, end)
    fresh = np.concatenate([[True], start[1:] > end[:-1]])
    last = np.append(np.flatnonzero(fresh)[1:] - 1, len(start) - 1)
    return Queue(start[fresh], end[last])


def infer(history: History, *, most_idle: float = MOST_IDLE) -> Duty:
    """The spells of all agents. Answered calls without a named agent are on duty while they last."""
    waiting = queue(history)
    answered = (history.outcome == ANSWERED) & (history.talk <= LONGEST_TALK)
    start = history.offered + history.wait
    end = start + np.nan_to_num(history.talk) + np.nan_to_num(history.wrap)
    nobody = answered & (history.agent < 0)
    parts = [(np.full(nobody.sum(), -1), start[nobody], end[nobody])]
    for agent in np.unique(history.agent[answered & (history.agent >= 0)]):
        mine = answered & (history.agent == agent)
        spells = _of_agent(start[mine], end[mine], waiting, most_idle)
        parts.append((np.full(len(spells), agent), spells[:, 0], spells[:, 1]))
    return Duty(*(np.concatenate(column) for column in zip(*parts)))


def _of_agent(start: np.ndarray, end: np.ndarray, waiting: Queue, most_idle: float) -> np.ndarray:
    """(start, end) of the spells of one agent with these calls."""
    order = np.argsort(start, kind="stable")
    start, end = start[order], np.maximum.accumulate(end[order])
    gap = np.maximum(start[1:] - end[:-1], 0.0)
    waited = waiting.before(np.maximum(start[1:], end[:-1])) - waiting.before(end[:-1])
    there = (gap <= TURNAROUND) | ((gap <= LONGEST_GAP) & (waited <= WITNESSED))
    # Where the agent was not there throughout: the ends of the gap that no waiting caller speaks against.
    after = np.minimum(waiting.next_start(end), end + most_idle)
    before = np.maximum(waiting.last_end(start), start - most_idle)
    middle = (after[:-1] + before[1:]) / 2
    meets = after[:-1] > before[1:]
    after[:-1][meets], before[1:][meets] = middle[meets], middle[meets]
    begins = np.concatenate([[True], ~there])
    ends = np.concatenate([~there, [True]])
    return np.column_stack([before[begins], after[ends]])


def turnaround(history: History) -> tuple[float, int]:
    """(mean seconds from the end of an agent's call to the next one while somebody waits all the time, gaps seen).

    Longer gaps than TURNAROUND are pauses. nan where there are none.
    """
    waiting = queue(history)
    named = (history.outcome == ANSWERED) & (history.agent >= 0) & (history.talk <= LONGEST_TALK)
    start = (history.offered + history.wait)[named]
    end = start + history.talk[named] + history.wrap[named]
    order = np.lexsort((start, history.agent[named]))
    agent, start, end = history.agent[named][order], start[order], end[order]
    gap = start[1:] - end[:-1]
    near = (agent[1:] == agent[:-1]) & (gap > 0) & (gap <= TURNAROUND)
    if not near.any():
        return float("nan"), 0
    waited = waiting.before(start[1:][near]) - waiting.before(end[:-1][near])
    taken = gap[near][waited >= gap[near] - 1]
    return (float(taken.mean()), len(taken)) if len(taken) else (float("nan"), 0)
