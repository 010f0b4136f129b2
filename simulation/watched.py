"""The flow of calls when each caller must be watched: places, trunks, redials, call-backs, transfers, returns.

Same rules, streams and records as the lean engine (`simulation.engine`), which a test compares row by
row. Here every caller who waits has a timer, because others feel the moment of giving up.
"""

from __future__ import annotations

from collections import deque
from heapq import heappush

from simpy import Environment
from simpy.events import NORMAL, Event

from simulation import record as r
from simulation.calls import (
    AGAIN_PATIENCE, BEHIND_PATIENCE, CALL_BACK, CONTAINED, MOVED_PATIENCE, MOVED_TALK, MOVED_WRAP, REACHED, REDIAL, REDIAL_DELAY, TO_AGENT, TRANSFER, Streams,
)
from simulation.record import Record
from simulation.routing import agent_choice, call_choice
from simulation.rows import Rows
from simulation.run_model import RunModel
from simulation.staff import Staff

MOST_BANDS = 100


def needs_watch(model: RunModel) -> bool:
    """The exact moment at which a caller gives up, or a call ends, matters to others."""
    return (
        model.trunks is not None or model.places is not None
        or any(g.returns for g in model.groups)
        or (model.after_close == "disconnect" and any(t.ivr for t in model.types))
        or any(
            t.places is not None or t.patience_behind or t.redial or t.call_back or t.transfers or any(after for _, after in t.groups)
            for t in model.types
        )
    )


class Watched:
    """One replication. Rows are numbers; `self.rows` holds their columns."""

    def __init__(self, model: RunModel, streams: Streams):
        self.model, self.streams, self.types = model, streams, model.types
        self.env = Environment()
        self.heap, self.number = self.env._queue, self.env._eid.__next__
        self.rows = rows = Rows(model, streams)
        self.queues = [deque() for _ in model.types]
        self.staff = Staff(model, streams, self.env, self.queues, rows.deadline, rows.out)
        self.free, self.over, self.stamps = self.staff.free, self.staff.over, self.staff.stamps
        self.choose = agent_choice(model, streams, self.free, self.stamps)
        self.picks = [call_choice(model, g, self.queues, rows.since, rows.deadline, rows.out) for g in range(len(model.groups))]
        self.handling = [g.handling.tolist() for g in model.groups]
        self.waiting = [0] * len(model.types)
        self.lines = 0
        self.in_menu = 0
        # Calls in progress of groups that return them, newest last: the newest goes back first.
        self.serving: list[dict[int, Event]] = [{} for _ in model.groups]
        self.upcoming = 0
        self.fresh = len(rows.type)

    def run(self) -> Record:
        """Run to the end and return what happened."""
        model, rows, staff = self.model, self.rows, self.staff
        staff.pick_up, staff.interrupt, staff.cut = self._pick_up, self._interrupt, self._cut
        staff.in_menu = lambda: self.in_menu > 0
        staff.expect_from_menu(rows.calls)
        staff.schedule()
        self.meets = rows.dial if model.trunks is not None else rows.left_menu
        if self.fresh:
            self._later(self.meets[0], self._arrive, 0)
        self.env.run(until=model.grid.close if model.after_close == "stop" else None)
        self.heap.clear()
        return rows.record(staff, self.number())

    def _later(self, t: float, what, about) -> Event:
        event = Event(self.env)
        event._ok = True
        event._value = about
        event.callbacks = [what]
        heappush(self.heap, (t, NORMAL, self.number(), event))
        return event

    # -- in ---------------------------------------------------------------------------------------------

    def _arrive(self, event: Event) -> None:
        i, t = event._value, self.env._now
        if i + 1 < self.fresh:
            self._later(self.meets[i + 1], self._arrive, i + 1)
        if self.model.trunks is not None:
            self._dial(i, t)
        elif self.rows.path[i] == TO_AGENT:
            self._enter(i, t)

    def _dial(self, i: int, t: float) -> None:
        rows = self.rows
        if self.model.trunks is not None:
            if self.lines >= self.model.trunks:
                self._fail(i, t, r.NO_LINE)
                return
            self.lines += 1
        if rows.left_menu[i] > t:
            self.in_menu += 1
            self._later(rows.left_menu[i], self._leave_menu, i)
        else:
            self._leave_menu_now(i, t)

    def _leave_menu(self, event: Event) -> None:
        self.in_menu -= 1
        self._leave_menu_now(event._value, self.env._now)

    def _leave_menu_now(self, i: int, t: float) -> None:
        if self.rows.path[i] == TO_AGENT:
            self._enter(i, t)
            if self.staff.closing:
                self.staff.let_go(t)
        else:
            self.rows.out[i] = r.CONTAINED if self.rows.path[i] == CONTAINED else r.IVR_LEFT
            self._release(t)

    def _enter(self, i: int, t: float) -> None:
        """Row i asks for an agent."""
        rows, k = self.rows, self.rows.type[i]
        if self.types[k].patience_behind:
            self._meet_queue(i, k, t)
        rows.ask(i, t)
        g = self.choose(k)
        if g >= 0:
            self.free[g] -= 1
            self._begin(i, g, t)
            return
        if self.staff.shut:
            rows.out[i], rows.gone[i] = r.CUT_OFF, t
            self._release(t)
            return
        places = self.types[k].places
        if (places is not None and self.waiting[k] >= places) or (self.model.places is not None and sum(self.waiting) >= self.model.places):
            self._fail(i, t, r.NO_PLACE)
            self._release(t)
            return
        self.waiting[k] += 1
        self.queues[k].append(i)
        if rows.deadline[i] < r.FOREVER:
            self._later(rows.deadline[i], self._give_up, i)
        back = self.types[k].call_back
        if back is not None:
            self._later(t + back.after, self._offer_call_back, i)
        for g, after in self.types[k].groups:
            if after > 0:
                self._later(t + after, self._reach, (i, g))

    def _meet_queue(self, i: int, k: int, t: float) -> None:
        """The patience of row i, by how many wait already."""
        rows, waiting = self.rows, sum(self.waiting)
        band = sum(least <= waiting for least, _ in self.types[k].patience_behind)
        if band:
            kind, of = self.types[k], self.types[k].patience_behind[band - 1][1]
            # Each band has draws of its own for each attempt, so a call's do not depend on what others do.
            value = self.streams.later(BEHIND_PATIENCE, rows.key[i], rows.index[i], (rows.attempt[i] + rows.leg[i]) * MOST_BANDS + band, of)
            rows.patience[i] = value if kind.patience_factor is None else value * kind.patience_factor[self._bin(t)]

    # -- waiting ----------------------------------------------------------------------------------------

    def _on_line(self, i: int) -> bool:
        """Row i waits in a queue, caller on the line."""
        rows = self.rows
        return not rows.out[i] and rows.group[i] < 0 and rows.promised[i] != rows.promised[i]

    def _give_up(self, event: Event) -> None:
        i, t = event._value, self.env._now
        if not self._on_line(i):
            return
        rows = self.rows
        rows.out[i], rows.gone[i] = r.MESSAGE if rows.to_message[i] else r.ABANDONED, t
        self.waiting[rows.type[i]] -= 1
        if not rows.to_message[i]:
            self._redial(i, t, "after_abandon")
        self._release(t)

    def _reach(self, event: Event) -> None:
        """Row i has waited long enough for group g too."""
        (i, g), t = event._value, self.env._now
        if self._on_line(i) and self.free[g]:
            self.queues[self.rows.type[i]].remove(i)
            self.waiting[self.rows.type[i]] -= 1
            self._take_idle(g)
            self._begin(i, g, t)

    def _offer_call_back(self, event: Event) -> None:
        i, t = event._value, self.env._now
        if not self._on_line(i):
            return
        rows = self.rows
        back = self.types[rows.type[i]].call_back
        if self.streams.later(CALL_BACK, rows.key[i], rows.index[i], rows.attempt[i]) < back.accept:
            rows.promised[i], rows.deadline[i] = t, r.FOREVER
            self.waiting[rows.type[i]] -= 1
            self._release(t)

    def _fail(self, i: int, t: float, code: int) -> None:
        """The line turns row i away."""
        rows = self.rows
        rows.out[i], rows.gone[i] = code, t
        if code != r.CLOSED:
            self._redial(i, t, "after_blocked")

    def _redial(self, i: int, t: float, why: str) -> None:
        rows = self.rows
        k = rows.type[i]
        redial = self.types[k].redial
        if redial is None or rows.attempt[i] >= redial.attempts:
            return
        key, index, attempt = rows.key[i], rows.index[i], rows.attempt[i]
        if self.streams.later(REDIAL, key, index, attempt) >= getattr(redial, why):
            return
        dial = t + self.streams.later(REDIAL_DELAY, key, index, attempt, redial.delay)
        # The same errand, so the same handling.
        j = rows.add(r.REDIALLED, i, k, dial)
        rows.attempt[j] = attempt + 1
        rows.left_menu[j] = dial + rows.stay(i)
        rows.patience[j] = rows.patience[i] if redial.same_patience else self._patience(k, AGAIN_PATIENCE, key, index, attempt + 1, dial)
        self._later(dial, self._redialled, j)

    def _redialled(self, event: Event) -> None:
        i, t = event._value, self.env._now
        if any(a <= t < b for a, b in self.model.grid.spans):
            self._dial(i, t)
        else:
            self._fail(i, t, r.CLOSED)

    def _patience(self, k: int, purpose: int, key: int, index: int, attempt: int, t: float) -> float:
        kind = self.types[k]
        if kind.patience is None:
            return r.FOREVER
        value = self.streams.later(purpose, key, index, attempt, kind.patience)
        return value if kind.patience_factor is None else value * kind.patience_factor[self._bin(t)]

    def _bin(self, t: float) -> int:
        grid = self.model.grid
        return min(max(int(grid.bins(t)), 0), len(grid.labels) - 1)

    # -- service ----------------------------------------------------------------------------------------

    def _take_idle(self, g: int) -> None:
        self.free[g] -= 1
        if self.stamps is not None:
            self.stamps[g].popleft()

    def _begin(self, i: int, g: int, t: float) -> None:
        """An agent of group g, no longer counted as free, takes row i."""
        rows = self.rows
        rows.start[i] = t
        rows.group[i] = g
        factor = self.handling[g][rows.type[i]]
        rows.talked[i] = t + rows.talk[i] * factor
        rows.end[i] = t + (rows.talk[i] + rows.wrap[i]) * factor
        if rows.end[i] > rows.talked[i]:
            event = self._later(rows.talked[i], self._talked, i)
        else:
            event = self._later(rows.end[i], self._finish, i)
        if self.model.groups[g].returns:
            self.serving[g][i] = event

    def _talked(self, event: Event) -> None:
        i, t = event._value, self.env._now
        self.serving[self.rows.group[i]].pop(i, None)
        self._caller_done(i, t)
        self._later(self.rows.end[i], self._wrapped, i)

    def _finish(self, event: Event) -> None:
        i, t = event._value, self.env._now
        self.serving[self.rows.group[i]].pop(i, None)
        self._caller_done(i, t)
        self._agent_done(self.rows.group[i], t)

    def _wrapped(self, event: Event) -> None:
        self._agent_done(self.rows.group[event._value], self.env._now)

    def _caller_done(self, i: int, t: float) -> None:
        """The talk is over: transfer, or hang up."""
        rows = self.rows
        transfers = self.types[rows.type[i]].transfers
        if transfers:
            left = self.streams.later(TRANSFER, rows.key[i], rows.index[i], rows.leg[i])
            for to, probability in transfers:
                left -= probability
                if left < 0:
                    self._transfer(i, to, t)
                    return
        # A call-back does not hold a line of callers.
        if rows.promised[i] != rows.promised[i]:
            self._release(t)

    def _transfer(self, i: int, to: int, t: float) -> None:
        rows, kind = self.rows, self.types[to]
        j = rows.add(r.TRANSFERRED, i, to, t)
        rows.leg[j] = rows.leg[i] + 1
        rows.key[j] = kind.key ^ (rows.key[i] * 2654435761 % 2**32)
        key, index, leg = rows.key[j], rows.index[j], rows.leg[j]
        talk_factor = 1.0 if kind.talk_factor is None else kind.talk_factor[self._bin(t)]
        rows.talk[j] = self.streams.later(MOVED_TALK, key, index, leg, kind.talk) * talk_factor
        rows.wrap[j] = 0.0 if kind.wrap_up is None else self.streams.later(MOVED_WRAP, key, index, leg, kind.wrap_up)
        rows.patience[j] = self._patience(to, MOVED_PATIENCE, key, index, leg, t)
        if self.model.trunks is not None and rows.promised[i] == rows.promised[i]:
            self.lines += 1
        self._enter(j, t)

    def _agent_done(self, g: int, t: float) -> None:
        """An agent of group g is free: home, next call, or idle."""
        if self.over[g]:
            self.staff.leave(g, t)
        else:
            i = self.picks[g](t)
            if i >= 0:
                self._picked(i, g, t)
                return
            self.free[g] += 1
            if self.stamps is not None:
                self.stamps[g].append(t)
        if self.staff.closing:
            self.staff.let_go(t)

    def _picked(self, i: int, g: int, t: float) -> None:
        """Row i comes off its queue, an agent of group g is taken."""
        rows = self.rows
        if rows.promised[i] == rows.promised[i]:
            self._call_back(i, g, t)
            return
        if rows.kind[i] != r.RETURNED:
            self.waiting[rows.type[i]] -= 1
        self._begin(i, g, t)

    def _call_back(self, i: int, g: int, t: float) -> None:
        rows = self.rows
        back = self.types[rows.type[i]].call_back
        rows.tries[i] += 1
        if self.streams.later(REACHED, rows.key[i], rows.index[i], rows.tries[i]) < back.reached:
            self._begin(i, g, t)
            return
        j = rows.add(r.RING, i, rows.type[i], t)
        rows.at[j] = rows.start[j] = t
        rows.talked[j] = rows.end[j] = t + back.ring
        rows.group[j] = g
        self._later(t + back.ring, self._wrapped, j)
        if rows.tries[i] < back.tries:
            # Off the queue until the next try; `_again` puts the row back where it was: at the head.
            self._later(t + back.ring + back.retry_after, self._again, i)
        else:
            rows.out[i], rows.gone[i] = r.CALL_BACK_LOST, t

    def _again(self, event: Event) -> None:
        i, t = event._value, self.env._now
        k = self.rows.type[i]
        g = self.choose(k)
        if g >= 0:
            self.free[g] -= 1
            self._call_back(i, g, t)
        elif any(a <= t < b for a, b in self.model.grid.spans):
            self.queues[k].appendleft(i)
        else:
            self.rows.out[i], self.rows.gone[i] = r.CALL_BACK_LOST, t

    # -- staff and lines --------------------------------------------------------------------------------

    def _pick_up(self, g: int, t: float) -> None:
        while self.free[g]:
            i = self.picks[g](t)
            if i < 0:
                break
            self._take_idle(g)
            self._picked(i, g, t)

    def _interrupt(self, g: int, number: int, t: float) -> None:
        """Agents of group g whose time is over return their calls to the head of the queue; wrap-up is finished."""
        rows, staff = self.rows, self.staff
        back = []
        while number and self.serving[g]:
            i, event = self.serving[g].popitem()
            event.callbacks = []
            factor = self.handling[g][rows.type[i]]
            j = rows.add(r.RETURNED, i, rows.type[i], t)
            rows.talk[j], rows.leg[j], rows.attempt[j] = (rows.talked[i] - t) / factor, rows.leg[i], rows.attempt[i]
            rows.at[j], rows.since[j], rows.patience[j] = t, rows.since[i], r.FOREVER
            rows.talked[i] = rows.end[i] = t
            rows.returned[i] = True
            number -= 1
            back.append(j)
        staff.finishing(g, number, t)
        for j in back:
            other = self.choose(rows.type[j])
            if other >= 0:
                self.free[other] -= 1
                self._begin(j, other, t)
            else:
                self.queues[rows.type[j]].appendleft(j)

    def _cut(self, i: int, t: float) -> None:
        """Row i was still waiting at closing."""
        rows = self.rows
        rows.gone[i] = t
        if rows.promised[i] == rows.promised[i]:
            rows.out[i] = r.CALL_BACK_LOST
            return
        if rows.kind[i] != r.RETURNED:
            self.waiting[rows.type[i]] -= 1
        self._release(t)

    def _release(self, t: float) -> None:
        """A caller is off the line."""
        if self.model.trunks is not None:
            self.lines -= 1
        if self.staff.closing:
            self.staff.let_go(t)
