"""Waiting callers, in named queues, first come first served."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from ivr.carrier.call import Call, sid
from ivr.carrier.document import DialQueue

LARGEST = 1000
"""Twilio's default for the most callers in one queue."""


class QueueFull(Exception):
    """The queue takes no more callers."""


@dataclass(eq=False)
class Member:
    """A caller in a queue; ``taken_by`` is the leg that took it out, by the verb ``how``.

    ``gone``: the caller went before the two were connected.
    """

    call: Call
    queue: Queue
    since: float = field(default_factory=time.monotonic)
    taken_by: Call | None = None
    how: DialQueue | None = None
    connected: bool = False
    gone: bool = False

    @property
    def waited(self) -> int:
        """Seconds in the queue, whole."""
        return int(time.monotonic() - self.since)


class Queue:
    """One queue. Positions count from 1."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sid = sid("QU")
        self._lock = threading.Lock()
        self._members: list[Member] = []
        self._takers: list[Call] = []
        self._waits = 0.0
        self._left = 0

    def join(self, call: Call) -> Member:
        """Put the call at the end. Raises ``QueueFull``."""
        with self._lock:
            if len(self._members) >= LARGEST:
                raise QueueFull
            member = Member(call, self)
            self._members.append(member)
            takers = list(self._takers)
        for taker in takers:
            taker.poke()
        return member

    def leave(self, member: Member) -> None:
        """Take the member out, wherever it stands."""
        with self._lock:
            if member.connected:
                return
            member.gone = True
            self._count(member)
            taker = member.taken_by
            if member in self._members:
                self._members.remove(member)
        if taker is not None:
            taker.poke()

    def take(self, taker: Call, how: DialQueue) -> Member | None:
        """The head, taken out for ``taker``; None when nobody waits."""
        with self._lock:
            if not self._members:
                return None
            member = self._members.pop(0)
            member.taken_by, member.how = taker, how
        member.call.queue_taken = True
        member.call.poke()
        return member

    def connect(self, member: Member) -> Call | None:
        """Connect a taken member to its taker, who is returned; None when the taker is gone meanwhile."""
        with self._lock:
            taker = member.taken_by
            if taker is None:
                return None
            member.connected = True
            self._count(member)
        member.call.peer, taker.peer = taker, member.call
        taker.poke()
        return taker

    def give_back(self, member: Member) -> None:
        """The taker is gone: a member not yet connected stands at the head again."""
        with self._lock:
            if member.connected or member.gone:
                return
            member.taken_by = member.how = None
            self._members.insert(0, member)
            takers = list(self._takers)
        member.call.poke()
        for taker in takers:
            taker.poke()

    def empty(self) -> bool:
        """True when nobody waits."""
        return not self._members

    def watch(self, taker: Call) -> None:
        """Wake ``taker`` whenever somebody joins, until ``unwatch``."""
        with self._lock:
            self._takers.append(taker)

    def unwatch(self, taker: Call) -> None:
        """Stop waking it."""
        with self._lock:
            self._takers.remove(taker)

    def params(self, member: Member) -> dict[str, str]:
        """What the waiting document's webhook is told."""
        with self._lock:
            position = self._members.index(member) + 1 if member in self._members else 0
            size = len(self._members)
            average = int(self._waits / self._left) if self._left else 0
        return {
            "QueueSid": self.sid,
            "QueuePosition": str(position),
            "QueueTime": str(member.waited),
            "AvgQueueTime": str(average),
            "CurrentQueueSize": str(size),
        }

    def _count(self, member: Member) -> None:
        self._waits += time.monotonic() - member.since
        self._left += 1


class Queues:
    """The account's queues, made when first named."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[str, Queue] = {}

    def named(self, name: str) -> Queue:
        """The queue of this name."""
        with self._lock:
            return self._queues.setdefault(name, Queue(name))
