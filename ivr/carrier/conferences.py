"""Conferences: calls in a room of a name, each of which hears all the others."""

from __future__ import annotations

import threading

import numpy as np

from ivr.carrier import sound
from ivr.carrier.call import Call, sid
from ivr.carrier.document import DialConference


class ConferenceFull(Exception):
    """The conference takes no more participants."""


class Conference:
    """One room. ``members`` is replaced, never changed, so that the clock's thread may read it at any time."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sid = sid("CF")
        self.members: tuple[Call, ...] = ()
        self.started = False
        self.over = False

    def heard(self, leg: Call, said: dict[Call, bytes]) -> bytes | None:
        """What this participant hears now of what all ``said``, μ-law; None when there is nobody to hear."""
        if not self.started:
            return None
        frames = [frame for other in self.members if other is not leg and (frame := said.get(other))]
        if len(frames) < 2:
            return frames[0] if frames else None
        mixed = np.sum([sound.decode(frame).astype(np.int32) for frame in frames], axis=0)
        return sound.encode(np.clip(mixed, -32768, 32767).astype(np.int16))


class Conferences:
    """The account's conferences: made when first named, gone with the last participant."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._conferences: dict[str, Conference] = {}

    def enter(self, call: Call, verb: DialConference) -> Conference:
        """This call takes part. Raises ``ConferenceFull``."""
        with self._lock:
            conference = self._conferences.setdefault(verb.name, Conference(verb.name))
            if len(conference.members) >= verb.most:
                raise ConferenceFull
            conference.members += (call,)
            conference.started = conference.started or verb.starts
            call.conference = conference
            members = conference.members
        _wake(members)
        return conference

    def leave(self, call: Call, conference: Conference, *, ends: bool) -> None:
        """This call takes part no longer; with ``ends`` nobody does."""
        with self._lock:
            members = conference.members
            conference.members = tuple(one for one in members if one is not call)
            conference.over = conference.over or ends or not conference.members
            call.conference = None
            if conference.over and self._conferences.get(conference.name) is conference:
                del self._conferences[conference.name]
        _wake(members)


def _wake(members: tuple[Call, ...]) -> None:
    for member in members:
        member.poke()
