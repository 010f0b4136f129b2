"""A caller in the hands of agents: talk, hold, consult, join, hand over, transfer. (contact, event) → (contact, to do). Pure.

The caller is always in exactly one place. The two meet in ``talk`` (the carrier's queue joined them). From the first
hold on, agents' phones are in a conference, the ``room``, and the caller is moved between it and ``hold``; so an agent
and a consulted partner talk in the room while the caller is on hold, and all three do when the caller is let in.
No event leaves a caller with nobody: an agent lost during a hold puts the caller at the head of the ``queue`` again,
a partner who goes gives the caller back, an agent who goes while a partner is there leaves the call to the partner.
Times are Unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

Where = Literal["talk", "room", "hold", "queue", "end"]

TOP_PRIORITY, RETURNED = 10, 11
"""Priorities in the queue, above all that a category may have (9): of whoever was called back or passed on, and,
before them, of who lost an agent."""


class NotNow(ValueError):
    """This cannot be done as things stand; the text is a word for why: no_call, held, not_held, partner, no_partner."""


@dataclass(frozen=True)
class Contact:
    """One caller with one agent, and perhaps a partner who is consulted.

    ``talk_s`` and ``hold_s`` are the agent's, up to ``since``, when the caller came to the present place.
    """

    call: str
    agent: str
    since: float
    place: Where = "talk"
    partner: str = ""
    inside: bool = False
    """True once the partner has taken the call."""
    talk_s: float = 0.0
    hold_s: float = 0.0
    began: float = 0.0
    """When the consulting of the present partner began."""
    skill: str = ""
    """Skill for which the caller waited, or is to wait when the place is ``queue``, there with this priority."""
    priority: int = 0

    @property
    def over(self) -> bool:
        """True when no agent has the caller any more."""
        return not self.agent


# -- events ------------------------------------------------------------------------


@dataclass(frozen=True)
class Hold:
    """The agent wants the caller to wait for a moment."""


@dataclass(frozen=True)
class Retrieve:
    """The agent talks with the caller again; a partner is sent away."""


@dataclass(frozen=True)
class Consult:
    """The agent asks a colleague, who is rung, while the caller is on hold."""

    partner: str


@dataclass(frozen=True)
class Inside:
    """The partner has taken the call."""


@dataclass(frozen=True)
class Join:
    """The caller is let in: all three talk."""


@dataclass(frozen=True)
class HandOver:
    """The agent leaves the call to the partner."""


@dataclass(frozen=True)
class Transfer:
    """The agent passes the caller on to a skill, with a note for whoever takes the call next."""

    skill: str
    note: str = ""


@dataclass(frozen=True)
class HangUp:
    """The agent ends the call."""


@dataclass(frozen=True)
class Gone:
    """This agent's phone is off, whoever wanted it."""

    agent: str


@dataclass(frozen=True)
class NotMoved:
    """The carrier could not put the caller on hold: they are still at this place."""

    place: Where


@dataclass(frozen=True)
class CallerGone:
    """The caller has hung up."""


Event = Hold | Retrieve | Consult | Inside | Join | HandOver | Transfer | HangUp | Gone | CallerGone | NotMoved


# -- what is to be done --------------------------------------------------------------


@dataclass(frozen=True)
class Move:
    """The caller is to be where the contact now says."""


@dataclass(frozen=True)
class Ring:
    """This agent is to be rung."""

    agent: str


@dataclass(frozen=True)
class Drop:
    """This agent's phone is to be hung up."""

    agent: str


@dataclass(frozen=True)
class Handled:
    """This agent is done with the caller and wraps up: length of talk and hold, seconds."""

    agent: str
    talk_s: float
    hold_s: float


@dataclass(frozen=True)
class Note:
    """An event for the call's log."""

    kind: str
    data: tuple[tuple[str, Any], ...]


Do = Move | Ring | Drop | Handled | Note


def step(contact: Contact, event: Event, now: float) -> tuple[Contact, tuple[Do, ...]]:
    """What comes of this event. Raises ``NotNow`` for what an agent cannot do as things stand."""
    if contact.over:
        if isinstance(event, CallerGone | Gone | Inside | NotMoved):
            return contact, ()
        raise NotNow("no_call")
    match event:
        case Hold():
            return _hold(contact, now)
        case Retrieve():
            return _retrieve(contact, now)
        case Consult():
            return _consult(contact, event.partner, now)
        case Inside():
            return (replace(contact, inside=True), ()) if contact.partner else (contact, ())
        case Join():
            if not contact.inside or contact.place != "hold":
                raise NotNow("no_partner")
            joined = _placed(contact, "room", now)
            return joined, (_note("consulted", contact, partner=contact.partner, how="joined"), Move())
        case HandOver():
            if not contact.inside:
                raise NotNow("no_partner")
            after, todo = _to_partner(contact, now)
            return after, (*todo, Drop(contact.agent))
        case Transfer():
            return _transfer(contact, event, now)
        case HangUp():
            if contact.place == "hold":
                raise NotNow("held")
            after, todo = _done(contact, "end", now)
            return after, (Move(), *todo, *_drops(contact))
        case Gone():
            return _gone(contact, event, now)
        case NotMoved():
            if contact.place != "hold":
                return contact, ()
            alone, sent = _alone(contact, "returned", now)
            return _placed(alone, event.place, now), (*sent, _note("retrieved", contact))
        case CallerGone():
            after, todo = _done(contact, "end", now)
            return after, (*todo, *_drops(contact))
    raise TypeError(type(event).__name__)


def _hold(contact: Contact, now: float) -> tuple[Contact, tuple[Do, ...]]:
    if contact.place == "hold":
        raise NotNow("held")
    return _placed(contact, "hold", now), (_note("held", contact), Move())


def _retrieve(contact: Contact, now: float) -> tuple[Contact, tuple[Do, ...]]:
    if contact.place != "hold":
        raise NotNow("not_held")
    after, sent = _alone(contact, "returned", now)
    return _placed(after, "room", now), (*sent, _note("retrieved", contact), Move())


def _consult(contact: Contact, partner: str, now: float) -> tuple[Contact, tuple[Do, ...]]:
    if contact.partner:
        raise NotNow("partner")
    if partner == contact.agent:
        raise NotNow("no_partner")
    held: tuple[Do, ...] = ()
    if contact.place != "hold":
        contact, held = _hold(contact, now)
    asked = _note("consulted", contact, partner=partner, how="asked")
    return replace(contact, partner=partner, inside=False, began=now), (*held, asked, Ring(partner))


def _transfer(contact: Contact, event: Transfer, now: float) -> tuple[Contact, tuple[Do, ...]]:
    alone, sent = _alone(contact, "returned", now)
    after, todo = _done(alone, "queue", now)
    after = replace(after, skill=event.skill, priority=TOP_PRIORITY)
    told = _note("transferred", contact, skill=event.skill, note=event.note)
    # In talk, the agent's phone is told to hang up by the document that follows when the caller is taken away.
    drop = () if contact.place == "talk" else (Drop(contact.agent),)
    return after, (*sent, told, Move(), *todo, *drop)


def _gone(contact: Contact, event: Gone, now: float) -> tuple[Contact, tuple[Do, ...]]:
    if event.agent == contact.partner:
        how = "left" if contact.inside else "missed"
        after, _ = _alone(contact, how, now)
        told = _note("consulted", contact, partner=contact.partner, how=how)
        if contact.place != "hold":
            return after, (told,)
        return _placed(after, "room", now), (told, _note("retrieved", contact), Move())
    if event.agent != contact.agent:
        return contact, ()
    if contact.inside:
        return _to_partner(contact, now)
    alone, sent = _alone(contact, "returned", now)
    if contact.place == "hold":
        after, todo = _done(alone, "queue", now)
        after = replace(after, priority=RETURNED)
        return after, (*sent, _note("returned", contact, skill=contact.skill), Move(), *todo)
    after, todo = _done(alone, "end", now)
    # In talk, the end of the agent's call is the end of the caller's by the carrier's own hand.
    return after, (*sent, *todo, *(() if contact.place == "talk" else (Move(),)))


def _to_partner(contact: Contact, now: float) -> tuple[Contact, tuple[Do, ...]]:
    """The partner has the call from now on."""
    alone = _placed(contact, contact.place, now)
    handled = Handled(alone.agent, alone.talk_s, alone.hold_s)
    after = Contact(contact.call, contact.partner, now, "room", skill=contact.skill)
    told = _note("consulted", contact, partner=contact.partner, how="took_over")
    move = (Move(),) if contact.place == "hold" else ()
    return after, (told, *move, handled)


def _alone(contact: Contact, how: str, now: float) -> tuple[Contact, tuple[Do, ...]]:
    """Without the partner, who is sent away."""
    if not contact.partner:
        return contact, ()
    told = _note("consulted", contact, partner=contact.partner, how=how)
    return replace(contact, partner="", inside=False, began=0.0), (told, Drop(contact.partner))


def _drops(contact: Contact) -> tuple[Do, ...]:
    """The phones that are in the room; the one in talk is told by its next document."""
    agents = [contact.partner] if contact.partner else []
    agents += [contact.agent] if contact.place != "talk" else []
    return tuple(Drop(agent) for agent in agents)


def _done(contact: Contact, place: Where, now: float) -> tuple[Contact, tuple[Do, ...]]:
    """No agent has the caller any more."""
    last = _placed(contact, contact.place, now)
    after = replace(last, place=place, agent="", partner="", inside=False)
    return after, (Handled(contact.agent, last.talk_s, last.hold_s),)


def _placed(contact: Contact, place: Where, now: float) -> Contact:
    """At this place from now on; the time at the last one is counted."""
    spent = max(now - contact.since, 0.0)
    if contact.place == "hold":
        return replace(contact, place=place, since=now, hold_s=contact.hold_s + spent)
    return replace(contact, place=place, since=now, talk_s=contact.talk_s + spent)


def _note(kind: str, contact: Contact, **data: Any) -> Note:
    return Note(kind, (("agent", contact.agent), *data.items()))
