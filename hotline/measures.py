"""The measures of a line from its records: pure functions; what the figures mean is said in `simulation.service`.

``offered`` are the requests for a human: calls that came to the queue, each once, whatever became of it. Not offered are
calls that the line makes itself (call-backs: the request was counted when it was made) and calls outside the hours,
which come to no queue. A transfer is no new request. Times are seconds (moments Unix seconds), shares 0..1 and None
where there is nothing to share.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from operator import attrgetter
from typing import Any, NamedTuple

from simulation.service import service

DAY_S = 86_400
REPEAT_S = DAY_S
"""First-call resolution: no repeat human call from the number within 24 h."""
OFTEN = 4
"""Repeat-call rate: calls from numbers that reached a human at least so often in 7 days."""
OFTEN_S = 7 * DAY_S


class Share(NamedTuple):
    """A part of a whole, both counted."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """0..1, None where there is no whole."""
        return self.part / self.whole if self.whole > 0 else None


def handling_s(wrapped_up: dict[str, Any]) -> float:
    """Handling time by a payload of ``wrapped_up``: talk, hold and wrap-up."""
    return wrapped_up["talked_s"] + wrapped_up.get("held_s", 0.0) + wrapped_up["wrapped_s"]


@dataclass(slots=True)
class Call:
    """A call, whether or not it asked for a human."""

    at: float
    number: str = ""
    """Who called, or was called back; '' when withheld."""
    back: bool = False
    """The line called."""
    of: str = ""
    """The call that this one calls back."""
    asked: bool = False
    """For a human: in the queue, or for a call-back or by a message when nobody was there."""
    over: bool = False


@dataclass(slots=True)
class Talk:
    """One agent with one caller; the lengths are None until the wrap-up is over."""

    call: str
    agent: str
    skill: str
    at: float
    talked_s: float | None = None
    held_s: float = 0.0
    wrapped_s: float = 0.0

    @property
    def handled_s(self) -> float | None:
        """Talk, hold and wrap-up."""
        return None if self.talked_s is None else self.talked_s + self.held_s + self.wrapped_s


@dataclass(slots=True)
class Request:
    """A call in the queue for a human: when, for which skill, and how the wait ended."""

    call: str
    at: float
    skill: str
    number: str = ""
    back: bool = False
    """The line called this customer back: nothing is offered by it, but it is a human call."""
    talks: list[Talk] = field(default_factory=list)
    """With one agent after the other."""
    left_at: float | None = None
    """When the caller hung up, or took a call-back or another way out, unanswered."""
    called_back_at: float | None = None
    """When an agent reached the caller by the call-back that was promised."""
    diverted: bool = False
    """Left for a call-back that is still to come, for a message or the menu, not by hanging up."""
    way: str = ""
    """The step by which the queue was left."""
    over: bool = False
    again_at: float | None = None
    """When the caller came to wait again: transferred, or the agent was lost in a hold."""
    again_skill: str = ""

    @property
    def answered_at(self) -> float | None:
        """When the first agent answered, or reached the caller by a call-back."""
        return self.talks[0].at if self.talks else self.called_back_at

    @property
    def waited(self) -> float | None:
        """Seconds until the wait ended, None while it goes on."""
        ended = self.left_at if self.answered_at is None else self.answered_at
        return None if ended is None else max(0.0, ended - self.at)

    @property
    def outcome(self) -> str:
        """answered, abandoned, diverted or waiting."""
        if self.answered_at is not None:
            return "answered"
        if self.left_at is None:
            return "waiting"
        return "diverted" if self.diverted else "abandoned"

    @property
    def waits_since(self) -> float | None:
        """Since when somebody waits here now, for the first agent or for the next one; None: nobody does."""
        if self.over or self.left_at is not None:
            return None
        return self.again_at if self.talks else self.at

    @property
    def waits_for(self) -> str:
        """The skill that is waited for."""
        return self.again_skill or self.skill


class Promise(NamedTuple):
    """A promised call-back; ``how`` it ended: done, left, not_reached or '' while it is open."""

    at: float
    how: str = ""


KINDS = (
    "call_started", "called_back", "queued", "agent_answered", "consulted", "transferred", "returned", "wrapped_up",
    "callback_promised", "callback_closed", "voicemail_left", "moved", "call_ended",
)
"""Kinds of events that requests are made of."""

_PROMISING = ("callback", "confirm", "promise", "voicemail")
"""Steps out of the queue that end in a promise or a message, or else in nothing."""


class Requests:
    """Requests folded from events in the order of the log; each event is taken once."""

    def __init__(self) -> None:
        self.calls: dict[str, Call] = {}
        self.promises: dict[str, Promise] = {}
        self._of_call: dict[str, Request] = {}
        self._in_order: list[Request] = []

    def take(self, call: str, at: float, kind: str, data: dict[str, Any]) -> None:
        """One event of the call event log; of calls whose beginning was not taken nothing is counted."""
        if kind == "call_started":
            self.calls[call] = Call(at, data["from"])
            return
        known = self.calls.get(call)
        if known is None:
            return
        match kind:
            case "called_back":
                known.back, known.of = True, data["of"]
            case "callback_promised":
                known.asked = True
                self.promises[call] = Promise(at)
            case "callback_closed" if call in self.promises:
                self.promises[call] = self.promises[call]._replace(how=data["how"])
                self._closed(call, at)
            case "agent_answered" if known.of in self._of_call:
                first = self._of_call[known.of]
                first.called_back_at = first.called_back_at or at
            case "voicemail_left":
                known.asked = True
            case "call_ended":
                known.over = True
        request = self._of_call.get(call)
        if kind == "queued" and request is None:
            known.asked = True
            self._begin(Request(call, at, data["queue"], known.number, known.back))
        elif kind == "agent_answered" and request is None and known.back:
            asked = self._of_call.get(known.of)
            request = self._begin(Request(call, at, asked.skill if asked else "", known.number, True))
            _take(request, at, kind, data)
        elif request is not None:
            _take(request, at, kind, data)

    def _begin(self, request: Request) -> Request:
        self._of_call[request.call] = request
        insort(self._in_order, request, key=attrgetter("at"))
        return request

    def _closed(self, call: str, at: float) -> None:
        """A promise is over: nobody was reached, or else an agent's answer has told so before."""
        request = self._of_call.get(call)
        if request is not None and request.diverted and request.answered_at is None:
            request.left_at, request.diverted = at, False

    def of(self, call: str) -> Request | None:
        """The request that this call made, if it made one."""
        return self._of_call.get(call)

    def forget(self, before: float) -> None:
        """Drop what began before this moment."""
        old = [call for call, _ in takewhile(lambda one: one[1].at < before, self.calls.items())]
        for call in old:
            del self.calls[call]
            self.promises.pop(call, None)
            self._of_call.pop(call, None)
        if old:
            self._in_order = [one for one in self._in_order if one.call in self.calls]

    def all(self) -> list[Request]:
        """Every request, oldest first."""
        return list(self._in_order)

    def since(self, at: float) -> list[Request]:
        """Requests from this moment on, oldest first."""
        return self._in_order[bisect_left(self._in_order, at, key=attrgetter("at")) :]


def _take(request: Request, at: float, kind: str, data: dict[str, Any]) -> None:
    waiting = not request.talks and not request.over
    match kind:
        case "queued":
            _queued(request, at, data["queue"])
        case "agent_answered":
            request.talks.append(Talk(request.call, data["agent"], request.waits_for, at))
            request.left_at, request.diverted, request.again_at = None, False, None
        case "consulted" if data["how"] == "took_over" and request.talks:
            request.talks.append(Talk(request.call, data["partner"], request.waits_for, at))
        case "transferred" | "returned":
            request.again_at, request.again_skill = at, data["skill"]
        case "wrapped_up":
            talk = next((one for one in request.talks if one.agent == data["agent"] and one.talked_s is None), None)
            if talk is not None:
                talk.talked_s, talk.held_s = data["talked_s"], data.get("held_s", 0.0)
                talk.wrapped_s = data["wrapped_s"]
        case "callback_promised" | "voicemail_left" if waiting:
            request.left_at, request.diverted, request.way = request.left_at or at, True, ""
        case "callback_promised" | "voicemail_left":
            request.again_at = None
        case "moved" if waiting and request.left_at is None:
            step = data["state"].get("step")
            if step not in ("queue", "gone", None):  # gone: hung up, which call_ended tells
                request.left_at, request.diverted, request.way = at, True, step
        case "call_ended" if not request.over:
            request.over = True
            if waiting and (request.left_at is None or request.way in _PROMISING):
                request.left_at, request.diverted = at, False  # what was begun came to nothing


def _queued(request: Request, at: float, skill: str) -> None:
    if not request.talks:
        request.left_at, request.diverted, request.way = None, False, ""  # back in the queue: the wait goes on
    elif request.again_at is not None:
        request.again_skill = skill
    elif request.talks[-1].talked_s is None:
        last = request.talks.pop()  # the agent was lost before the two could talk
        if request.talks:
            request.again_at, request.again_skill = last.at, skill
    else:
        request.again_at, request.again_skill = at, skill


def summary(requests: Iterable[Request], *, within_s: float = 15.0, short_s: float = 5.0) -> dict[str, Any]:
    """The measures of these requests (the line's own calls are left out but for their handling time).

    The figures are those of `simulation.service` with T = ``within_s``: at 15 s the service level is the 15-second
    connection rate. ``quick`` are answered within T, ``short`` hung up within ``short_s``. ``aht_s``: mean of talk, hold
    and wrap-up of the conversations that are wrapped up (``handled``), each agent's by itself.
    """
    waits: dict[str, list[float]] = defaultdict(list)
    handled = []
    for one in requests:
        handled.extend(talk.handled_s for talk in one.talks if talk.handled_s is not None)
        if not one.back:
            waits[one.outcome].append(one.waited or 0.0)
    others = len(waits["diverted"]) + len(waits["waiting"])
    told = service(waits["answered"], waits["abandoned"], others, within_s=within_s, short_s=short_s)
    return {
        "offered": told.offered,
        **{outcome: len(waits[outcome]) for outcome in ("answered", "abandoned", "diverted", "waiting")},
        "quick": told.within,
        "short": told.short,
        "handled": len(handled),
        "service_level": told.service_level,
        "service_level_without_short": told.service_level_without_short,
        "abandonment": told.abandonment,
        "asa_s": told.asa_s,
        "aht_s": _mean(handled),
    }


def containment(calls: Iterable[Call]) -> Share:
    """Calls that ended without asking for a human ÷ calls that ended or asked; a call still in the menu is neither."""
    decided = [call for call in calls if not call.back and (call.asked or call.over)]
    return Share(sum(not call.asked for call in decided), len(decided))


def first_call_resolution(requests: Iterable[Request], now: float) -> Share:
    """Human calls that no human call from the same number followed within 24 h ÷ human calls whose 24 h are over.

    A call-back is a human call and no repetition: it was the line that called. Withheld numbers are left out.
    """
    settled = repeated = 0
    for calls in _by_number(requests).values():
        following: float | None = None
        for one in reversed(calls):
            if now - one.at >= REPEAT_S:
                settled += 1
                repeated += following is not None and following - one.at <= REPEAT_S
            if not one.back:
                following = one.at
    return Share(settled - repeated, settled)


def repeat_call_rate(requests: Iterable[Request], now: float) -> Share:
    """Human calls of the last 7 days from numbers that reached a human at least 4 times in them ÷ all of these calls."""
    recent = [one for one in requests if one.talks and one.number and not one.back and now - one.at <= OFTEN_S]
    counts = [len(calls) for calls in _by_number(recent).values()]
    return Share(sum(count for count in counts if count >= OFTEN), len(recent))


def per_interval(requests: Iterable[Request], start: float, interval_s: float, count: int) -> list[list[Request]]:
    """Requests by the interval in which they asked: ``count`` intervals from ``start``."""
    found: list[list[Request]] = [[] for _ in range(count)]
    for request in requests:
        place = int((request.at - start) // interval_s)
        if 0 <= place < count:
            found[place].append(request)
    return found


STAFFED = ("available", "ringing", "busy", "wrap_up")
BUSY = ("busy", "wrap_up")


class Change(NamedTuple):
    """An agent's state from a moment on; ``reason``: of a break."""

    state: str
    at: float
    reason: str = ""


class Span(NamedTuple):
    """A state of an agent from ``at`` for ``length`` seconds."""

    state: str
    at: float
    length: float
    reason: str = ""


def agent_day(changes: Sequence[Change], start: float, end: float) -> dict[str, Any]:
    """An agent's day from state changes in order: spans and seconds by state between start and end.

    A change before ``start`` says what the day began with. ``occupancy``: busy (talk, hold, wrap-up) ÷ staffed.
    """
    seconds: dict[str, float] = defaultdict(float)
    spans: list[Span] = []
    for place, change in enumerate(changes):
        until = changes[place + 1].at if place + 1 < len(changes) else end
        low, high = max(change.at, start), min(until, end)
        if high > low:
            seconds[change.state] += high - low
            spans.append(Span(change.state, low, high - low, change.reason))
    staffed = sum(seconds.get(state, 0.0) for state in STAFFED)
    return {
        "seconds": dict(seconds),
        "spans": spans,
        "staffed_s": staffed,
        "occupancy": sum(seconds.get(state, 0.0) for state in BUSY) / staffed if staffed > 0 else None,
    }


def _by_number(requests: Iterable[Request]) -> dict[str, list[Request]]:
    found: dict[str, list[Request]] = defaultdict(list)
    for request in sorted(requests, key=attrgetter("at")):
        if request.talks and request.number:
            found[request.number].append(request)
    return found


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
