"""Agents on duty: levels that change, agents who finish a call after their time, and closing."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
from simpy import Environment
from simpy.events import URGENT, Event

from simulation.calls import SHRINKAGE, TO_AGENT, Calls, Streams
from simulation.record import ABANDONED, CUT_OFF
from simulation.run_model import RunModel


class Staff:
    """Counts of agents by group, changed by shifts and by the flow of calls.

    free: idle agents, which the flow takes and gives back. over: agents who finish a call after their
    time. level: agents on duty. Agents of a group are alike, so counts are enough.
    """

    def __init__(self, model: RunModel, streams: Streams, env: Environment, queues: list[deque], deadline: list[float], out: list[int]):
        n = len(model.groups)
        self.model, self.streams, self.env, self.queues = model, streams, env, queues
        self.deadline, self.out = deadline, out
        self.free, self.over, self.level = [0] * n, [0] * n, [0] * n
        self.stamps = [deque() for _ in range(n)] if model.agent_choice == "longest_idle" else None
        self.closing = False
        # Closed with everyone cut off: who still comes out of the menu finds nobody.
        self.shut = False
        self.waiting_to_go: list[int | None] = [None] * n
        self.log: list[list[tuple[float, int]]] = [[] for _ in range(n)]
        self.scheduled: list[tuple[np.ndarray, np.ndarray]] = []
        # Until when callers who dialled before a closing may still come out of the menu; for each closing, and now.
        self.menu_ends = [0.0] * len(model.grid.spans)
        self.last_from_menu = 0.0
        self.in_menu: Callable[[], bool] = lambda: False
        self.pick_up: Callable[[int, float], None] = lambda g, t: None
        self.interrupt: Callable[[int, int, float], None] | None = None
        self.cut: Callable[[int, float], None] = lambda i, t: None

    def schedule(self) -> None:
        """Put staff changes and closing times on the clock, as SimPy processes: there are few of them."""
        model = self.model
        if model.after_close != "stop":
            for day, (opening, close) in enumerate(model.grid.spans):
                # Urgent: closing comes before the staff change of the same moment, or nobody would stay for the queue.
                self._at(opening, self._open)
                self._at(close, lambda event, day=day: self._close(day))
        for g, group in enumerate(model.groups):
            share = self.streams.generator(SHRINKAGE, group.key).random() if group.shrinkage else 0.0
            # Rounded by chance with one draw for the whole run: the mean is exact and more paid agents are never fewer present.
            levels = np.floor(group.present * (1 - group.shrinkage) + share + 1e-9).astype(int)
            self.scheduled.append((group.times, levels.astype(float)))
            self.env.process(self._shifts(g, group.times.tolist(), levels.tolist()))

    def _shifts(self, g: int, times: list[float], levels: list[int]):
        for t, level in zip(times, levels, strict=True):
            if t > self.env.now:
                yield self.env.timeout(t - self.env.now)
            if self.closing and level < self.level[g] and not self._may_leave(g, self.env.now):
                self.waiting_to_go[g] = level
            else:
                self.waiting_to_go[g] = None
                self.set(g, level, self.env.now)

    def _at(self, t: float, what: Callable) -> None:
        event = Event(self.env)
        event._ok = True
        event._value = None
        event.callbacks = [what]
        self.env.schedule(event, URGENT, t - self.env.now)

    def _open(self, event: Event) -> None:
        self.closing = self.shut = False

    def _close(self, day: int) -> None:
        self.last_from_menu = self.menu_ends[day]
        if self.model.after_close == "disconnect":
            self.shut = True
            self._disconnect(self.env.now)
        else:
            self.closing = True
            if self.last_from_menu > self.env.now:
                # A moment later than the last of them, who is an event of that very moment.
                self._at(self.last_from_menu + 1e-6, lambda event: self.let_go(self.env.now))

    def expect_from_menu(self, calls: Calls) -> None:
        """Note until when calls come out of the menu after each closing (without trunks that is known beforehand)."""
        if self.model.trunks is None and len(calls.at):
            for day, (opening, close) in enumerate(self.model.grid.spans):
                mine = (calls.dial >= opening) & (calls.dial < close) & (calls.path == TO_AGENT)
                self.menu_ends[day] = float(calls.at[mine].max(initial=0.0))

    def set(self, g: int, level: int, t: float) -> None:
        """Change the number of agents on duty in a group."""
        more = level - self.level[g]
        self.level[g] = level
        if more > 0:
            # Who is still finishing a call after the old shift stays on first.
            stay = min(more, self.over[g])
            self.over[g] -= stay
            self.free[g] += more - stay
            if self.stamps is not None:
                self.stamps[g].extend([t] * (more - stay))
            self._note(g, t)
            self.pick_up(g, t)
        elif more < 0:
            go = min(-more, self.free[g])
            self.free[g] -= go
            if self.stamps is not None:
                for _ in range(go):
                    self.stamps[g].pop()
            busy = -more - go
            if busy and self.model.groups[g].returns:
                self.interrupt(g, busy, t)
            else:
                self.finishing(g, busy, t)

    def finishing(self, g: int, number: int, t: float) -> None:
        """So many agents of group g finish what they do after their time."""
        self.over[g] += number
        self._note(g, t)

    def leave(self, g: int, t: float) -> None:
        """An agent who finished a call after the shift goes home."""
        self.over[g] -= 1
        self._note(g, t)

    def let_go(self, t: float) -> None:
        """After closing: agents for whom nobody waits any more go home."""
        for g, level in enumerate(self.waiting_to_go):
            if level is not None and self._may_leave(g, t):
                self.waiting_to_go[g] = None
                self.set(g, level, t)

    def busy(self, g: int) -> int:
        """Agents of a group in talk or wrap-up."""
        return self.level[g] + self.over[g] - self.free[g]

    def _may_leave(self, g: int, t: float) -> bool:
        if t <= self.last_from_menu or self.in_menu():
            return False
        stay = self.model.after_close == "stay"
        types = range(len(self.queues)) if stay else self.model.groups[g].types
        if any(self._someone_waits(k, t) for k in types):
            return False
        return not stay or not any(self.busy(i) for i in range(len(self.free)))

    def _someone_waits(self, k: int, t: float) -> bool:
        queue, out, deadline = self.queues[k], self.out, self.deadline
        while queue:
            if not out[queue[0]]:
                if deadline[queue[0]] >= t:
                    return True
                out[queue[0]] = ABANDONED
            queue.popleft()
        return False

    def _disconnect(self, t: float) -> None:
        for queue in self.queues:
            while queue:
                i = queue.popleft()
                if not self.out[i]:
                    self.out[i] = ABANDONED if self.deadline[i] < t else CUT_OFF
                    self.cut(i, t)

    def _note(self, g: int, t: float) -> None:
        self.log[g].append((t, self.level[g] + self.over[g]))

    def steps(self) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """(moments, agents at work or finishing a call from then on) of each group."""
        return tuple((np.asarray([e[0] for e in log]), np.asarray([e[1] for e in log], float)) for log in self.log)
