"""The engine: SimPy, driven lean.

A call is a row number, not a process. Only arrivals, ends of service and staff changes are events;
waiting, giving up and being picked are list operations. `simulate` runs one replication and returns
its `Record`; it computes no statistics. What makes it fast, and why:

* One function with local names: a closure's variable costs a fraction of an attribute's look-up, and
  this code runs a million times a second.
* The event objects are reused (one for each busy agent, one for all arrivals) and pushed on SimPy's own
  heap: making a `Timeout` costs more than handling it. SimPy's `step` runs them unchanged.
* An arrival before the next scheduled event needs no event: the clock is set and the call handled at
  once. Only the first arrival behind another event is pushed.
* Patience is settled when an agent picks the call. Models in which the exact moment of giving up matters
  to others (limited places or trunks, redials, call-backs) run in `simulation.watched` instead.
"""

from __future__ import annotations

from collections import deque
from dataclasses import fields
from heapq import heappush

import numpy as np
from simpy import Environment
from simpy.events import NORMAL, Event

from simulation import record as r
from simulation.calls import CONTAINED, TO_AGENT, Calls, Streams
from simulation.record import FOREVER, Record
from simulation.routing import agent_choice, call_choice
from simulation.rows import finish
from simulation.run_model import RunModel
from simulation.staff import Staff
from simulation.watched import Watched, needs_watch

NAN = float("nan")


def simulate(model: RunModel, replication: int, *, watched: bool = False) -> Record:
    """Run one replication. The same model, seed and replication give the same record everywhere.

    watched: run with every caller watched even where the model does not need it (slower, same record).
    """
    streams = Streams(model, replication)
    if watched or needs_watch(model):
        return Watched(model, streams).run()
    calls = streams.calls()
    settled = None
    if calls.path.any():
        # Without trunks nobody notices what happens in the menu, so who does not come out of it is no event.
        settled = _rows(calls, calls.path != TO_AGENT)
        calls = _rows(calls, calls.path == TO_AGENT)
    return _plain(model, streams, calls, settled)


def _plain(model: RunModel, streams: Streams, calls: Calls, settled: Calls | None) -> Record:
    env = Environment()
    # SimPy's own heap and counter; its tuple layout (time, priority, number, event) is what `step` reads.
    heap, number = env._queue, env._eid.__next__
    n = len(calls.at)
    # Lists, because one NumPy scalar at a time is slow.
    kind, at, hold = calls.type.tolist(), calls.at.tolist(), (calls.talk + calls.wrap).tolist()
    message = np.asarray([t.message_after for t in model.types])[calls.type]
    deadline = (calls.at + np.minimum(calls.patience, message)).tolist()
    start, group, out = [NAN] * n, [-1] * n, [0] * n

    groups = range(len(model.groups))
    queues = [deque() for _ in model.types]
    staff = Staff(model, streams, env, queues, deadline, out)
    free, over, stamps = staff.free, staff.over, staff.stamps
    choose = agent_choice(model, streams, free, stamps)
    handling = [None if (g.handling == 1).all() else g.handling.tolist() for g in model.groups]
    idle_events: list[list[Event]] = [[] for _ in groups]

    def ender(g: int):
        pick, spare, factor = call_choice(model, g, queues, at, deadline, out), idle_events[g], handling[g]
        # One list of callbacks for all events of the group: SimPy takes an event's list away when it runs it.
        callbacks: list = []

        def end(event: Event) -> None:
            """An agent of group g has finished: next call, home, or idle."""
            t = env._now
            if over[g]:
                staff.leave(g, t)
                spare.append(event)
                if staff.closing:
                    staff.let_go(t)
                return
            i = pick(t)
            if i < 0:
                free[g] += 1
                if stamps is not None:
                    stamps[g].append(t)
                spare.append(event)
                if staff.closing:
                    staff.let_go(t)
                return
            start[i] = t
            group[i] = g
            event.callbacks = callbacks
            heappush(heap, (t + (hold[i] if factor is None else hold[i] * factor[kind[i]]), NORMAL, number(), event))

        callbacks.append(end)
        return callbacks, pick

    built = [ender(g) for g in groups]
    ends, picks = [callbacks for callbacks, _ in built], [pick for _, pick in built]

    def begin(i: int, g: int, t: float) -> None:
        """An agent of group g, free until now, answers row i."""
        free[g] -= 1
        start[i] = t
        group[i] = g
        event = idle_events[g].pop() if idle_events[g] else _event(env)
        event.callbacks = ends[g]
        factor = handling[g]
        heappush(heap, (t + (hold[i] if factor is None else hold[i] * factor[kind[i]]), NORMAL, number(), event))

    def pick_up(g: int, t: float) -> None:
        """Agents of group g have come: give them waiting calls."""
        while free[g]:
            i = picks[g](t)
            if i < 0:
                break
            if stamps is not None:
                stamps[g].popleft()
            begin(i, g, t)

    upcoming = 0

    def arrive(event: Event) -> None:
        """Handle arrivals until something else is due first."""
        nonlocal upcoming
        i = upcoming
        t = env._now
        while True:
            k = kind[i]
            g = choose(k)
            if g < 0:
                queues[k].append(i)
            else:
                begin(i, g, t)
            i += 1
            if i == n:
                break
            t = at[i]
            if heap and heap[0][0] <= t:
                event.callbacks = arrivals
                heappush(heap, (t, NORMAL, number(), event))
                break
            env._now = t
        upcoming = i

    arrivals = [arrive]
    staff.pick_up = pick_up
    staff.expect_from_menu(calls)
    staff.schedule()
    if n:
        first = _event(env)
        first.callbacks = arrivals
        heappush(heap, (at[0], NORMAL, number(), first))
    env.run(until=model.grid.close if model.after_close == "stop" else None)

    # The functions above refer to each other, so their columns would live on until the garbage collector
    # comes by, and memory would grow with the number of replications: empty them as soon as they are arrays.
    columns = start, deadline, group, out, kind, at, hold
    started, deadline = np.asarray(start, float), np.asarray(deadline, float)
    group, out = np.asarray(group, int), np.asarray(out, int)
    for column in (*columns, heap):
        column.clear()
    # Who was still in a queue at the end: run to the end, everyone whose patience is not unlimited gave up.
    last = model.grid.close if model.after_close == "stop" else FOREVER
    out[np.isnan(started) & (out == r.UNDECIDED) & (deadline <= last) & (deadline < FOREVER)] = r.ABANDONED
    gone = np.where(out == r.ABANDONED, deadline, NAN)
    closes = np.asarray([b for _, b in model.grid.spans])
    cut = out == r.CUT_OFF
    gone[cut] = np.maximum(closes[np.searchsorted(closes, calls.dial[cut], side="right")], calls.at[cut])
    out[(out == r.ABANDONED) & (message < calls.patience)] = r.MESSAGE
    factor = np.asarray([h if h is not None else [1.0] * len(model.types) for h in handling])[group, calls.type]
    columns = {
        "type": calls.type, "kind": np.zeros(n, np.int8), "parent": np.full(n, -1), "dial": calls.dial, "at": calls.at,
        "left_menu": calls.at, "start": started, "talked": started + calls.talk * factor,
        "end": started + (calls.talk + calls.wrap) * factor, "group": group, "gone": gone, "promised": np.full(n, NAN),
        "outcome": out, "returned": np.zeros(n, bool),
    }
    return finish(model, columns if settled is None else _with_settled(columns, settled), staff, number())


def _event(env: Environment) -> Event:
    event = Event(env)
    event._ok = True
    event._value = None
    return event


def _rows(calls: Calls, which: np.ndarray) -> Calls:
    return Calls(*(getattr(calls, f.name)[which] for f in fields(calls)))


def _with_settled(columns: dict[str, np.ndarray], settled: Calls) -> dict[str, np.ndarray]:
    """The columns with rows for the calls that the menu settled."""
    n = len(settled.at)
    rows = {
        "type": settled.type, "kind": np.zeros(n, np.int8), "parent": np.full(n, -1), "dial": settled.dial,
        "left_menu": settled.at, "group": np.full(n, -1), "returned": np.zeros(n, bool),
        "outcome": np.where(settled.path == CONTAINED, r.CONTAINED, r.IVR_LEFT),
    }
    return {name: np.concatenate([value, rows.get(name, np.full(n, NAN))]) for name, value in columns.items()}
