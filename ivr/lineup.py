"""The callers who wait, in the carrier's order. The floor holds the lock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ivr.call import restored
from ivr.distribution import Entry
from ivr.duty import Callback
from ivr.ports import Records
from ivr.twiml import queue_name


BEHIND = 1_000_000_000
"""Place of a call that the carrier does not have in its queue yet."""


@dataclass
class Waiting:
    """A caller in the queue."""

    entry: Entry
    since: float
    """When the wait began, Unix seconds; for a customer called back, the first wait."""
    here: bool = False
    """True while the call is in the carrier's queue: before, it hears what comes before the queue."""
    told: float | None = None
    """The wait that was estimated when it began, seconds."""
    taken: bool = False
    """True once it was connected to an agent."""


class Lineup:
    """Waiting callers by the SID of their call."""

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}
        self._arrivals = 0

    def __contains__(self, sid: str) -> bool:
        return sid in self._waiting

    def get(self, sid: str) -> Waiting | None:
        """This caller, or None."""
        return self._waiting.get(sid)

    def add(self, sid: str, skill: str, priority: int, since: float, now: float) -> None:
        """A caller begins to wait."""
        self._waiting[sid] = Waiting(Entry(sid, skill, priority, now, order=BEHIND), since)

    def arrive(self, waiting: Waiting, now: float) -> bool:
        """The carrier has the call in its queue: behind all others, unless it was there and its agent was lost.

        True when it had never been there before.
        """
        first, waiting.here = waiting.entry.order == BEHIND, True
        if not waiting.taken:
            self._arrivals += 1
            waiting.entry = replace(waiting.entry, since=now, order=self._arrivals)
        waiting.taken = False
        return first

    def pop(self, sid: str) -> Waiting | None:
        """The caller waits no longer."""
        return self._waiting.pop(sid, None)

    def in_queue(self, queue: str) -> list[Waiting]:
        """Those whom the carrier has in its queue of this name, the head first."""
        there = [one for one in self._waiting.values() if one.here]
        found = [one for one in there if queue_name(one.entry.skill, one.entry.priority) == queue]
        return sorted(found, key=lambda one: one.entry.order)

    def ready(self, rung: set[str]) -> list[Entry]:
        """Those who can be connected and for whom nobody is rung."""
        return [one.entry for one in self._waiting.values() if one.here and one.entry.call not in rung]

    def unserved(self, rung: set[str]) -> list[Entry]:
        """The same with those who hear what comes before the queue."""
        return [one.entry for one in self._waiting.values() if not one.taken and one.entry.call not in rung]

    def waiting(self) -> list[Waiting]:
        """All who wait for an agent, also while one is rung for them."""
        return [one for one in self._waiting.values() if not one.taken]

    def restore(self, records: Records, callback_of: Callable[[str], Callback | None]) -> None:
        """Take in those who were waiting when the process ended, in the order in which they arrived."""
        for sid in records.calls_in_progress():
            events = records.events(sid)
            call = restored(sid, events)
            if call is None or call.ended or call.answered or call.state.step != "queue" or call.queued_at is None:
                continue
            callback = callback_of(sid)
            since = call.queued_at if callback is None else callback.since
            entry = Entry(sid, call.state.skill, call.state.priority, call.queued_at, order=BEHIND)
            waiting = Waiting(entry, since)
            for event in events:
                if event.kind == "queued" and event.at >= call.queued_at and event.data["position"] is not None:
                    waiting.here, waiting.told = True, event.data.get("estimate_s")
                    waiting.entry = replace(waiting.entry, since=event.at)
                    break
            self._waiting[sid] = waiting
        for waiting in sorted(self._waiting.values(), key=lambda one: one.entry.since):
            if waiting.here:
                self._arrivals += 1
                waiting.entry = replace(waiting.entry, order=self._arrivals)
