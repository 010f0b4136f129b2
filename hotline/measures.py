"""The measures of a line from its records: pure functions, the definitions of queueing practice.

``offered`` are calls that asked for a human. Shares are 0..1 and None where nothing was offered, times seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

DAY_S = 86_400
REPEAT_S = DAY_S
"""First-call resolution: no repeat human call from the number within 24 h."""
OFTEN = 4
"""Repeat-call rate: calls from numbers that reached a human at least so often in 7 days."""
OFTEN_S = 7 * DAY_S


@dataclass
class Request:
    """A call that asked for a human: when, for which skill, and how the wait ended. Unix seconds."""

    call: str
    at: float
    skill: str
    number: str = ""
    """Who called; '' when the number was withheld."""
    answered_at: float | None = None
    agent: str = ""
    left_at: float | None = None
    """When the caller hung up, or took a call-back or another way out, unanswered."""
    diverted: bool = False
    """Left for a call-back or a message, not by hanging up."""
    talked_s: float | None = None
    wrapped_s: float | None = None

    @property
    def waited(self) -> float | None:
        """Seconds until the wait ended, None while it goes on."""
        ended = self.answered_at if self.answered_at is not None else self.left_at
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
    def handled_s(self) -> float | None:
        """Talk, hold and wrap-up, None until the wrap-up is over."""
        return None if self.talked_s is None else self.talked_s + (self.wrapped_s or 0.0)


KINDS = (
    "call_started", "queued", "agent_answered", "wrapped_up", "callback_promised", "voicemail_left", "moved", "call_ended",
)
"""Kinds of events that requests are made of."""


class Requests:
    """Requests folded from events in the order of the log; each event is taken once."""

    def __init__(self) -> None:
        self.of_call: dict[str, Request] = {}
        self._numbers: dict[str, str] = {}
        self.calls: dict[str, float] = {}
        """Every call → when it started."""

    def take(self, call: str, at: float, kind: str, data: dict[str, Any]) -> None:
        """One event of the call event log."""
        if kind == "call_started":
            self._numbers[call] = data["from"]
            self.calls[call] = at
            return
        request = self.of_call.get(call)
        if kind == "queued":
            if request is None:
                self.of_call[call] = Request(call, at, data["queue"], self._numbers.get(call, ""))
            elif request.answered_at is None and request.left_at is not None:
                request.left_at, request.diverted = None, False  # back in the queue: the wait goes on
        elif request is None or request.answered_at is not None and kind != "wrapped_up":
            return
        elif kind == "agent_answered":
            request.answered_at, request.agent, request.left_at = at, data["agent"], None
        elif kind == "wrapped_up":
            request.talked_s = (request.talked_s or 0.0) + data["talked_s"] + data.get("held_s", 0.0)
            request.wrapped_s = (request.wrapped_s or 0.0) + data["wrapped_s"]
        elif request.left_at is None:
            if kind in ("callback_promised", "voicemail_left"):
                request.left_at, request.diverted = at, True
            elif kind == "moved" and data["state"].get("step") not in ("queue", None):
                request.left_at, request.diverted = at, True  # out to the menu
            elif kind == "call_ended":
                request.left_at = at

    def forget(self, before: float) -> None:
        """Drop what began before this moment (Unix seconds)."""
        for call in [call for call, at in self.calls.items() if at < before]:
            self.calls.pop(call)
            self._numbers.pop(call, None)
            self.of_call.pop(call, None)

    def all(self) -> list[Request]:
        """Every request, oldest first."""
        return sorted(self.of_call.values(), key=lambda request: request.at)


def summary(requests: Sequence[Request], *, within_s: float = 15.0, short_s: float = 5.0) -> dict[str, Any]:
    """The measures of these requests.

    ``service_level``: answered within ``within_s`` ÷ offered, all of them: at 15 s it is the 15-second
    connection rate. ``service_level_without_short``: without those who left within ``short_s``.
    ``abandonment``: hung up before the answer ÷ offered. ``asa_s``: mean wait of the answered. ``aht_s``: mean of
    talk, hold and wrap-up of the calls that are wrapped up.
    """
    offered = len(requests)
    by = defaultdict(list)
    for request in requests:
        by[request.outcome].append(request)
    quick = sum(1 for one in by["answered"] if (one.waited or 0.0) <= within_s)
    short = sum(1 for one in by["abandoned"] if (one.waited or 0.0) <= short_s)
    handled = [one.handled_s for one in by["answered"] if one.handled_s is not None]
    waits = [one.waited or 0.0 for one in by["answered"]]
    return {
        "offered": offered,
        "answered": len(by["answered"]),
        "abandoned": len(by["abandoned"]),
        "diverted": len(by["diverted"]),
        "waiting": len(by["waiting"]),
        "service_level": _share(quick, offered),
        "service_level_without_short": _share(quick, offered - short),
        "abandonment": _share(len(by["abandoned"]), offered),
        "asa_s": _mean(waits),
        "aht_s": _mean(handled),
    }


def first_call_resolution(requests: Iterable[Request], now: float) -> float | None:
    """Share of human calls that no human call from the same number followed within 24 h.

    Only calls whose 24 h are over count; withheld numbers are left out.
    """
    times = _by_number(requests)
    settled = repeated = 0
    for moments in times.values():
        for at, following in zip(moments, [*moments[1:], None], strict=True):
            if now - at < REPEAT_S:
                continue
            settled += 1
            repeated += following is not None and following - at <= REPEAT_S
    return _share(settled - repeated, settled)


def repeat_call_rate(requests: Iterable[Request], now: float) -> float | None:
    """Share of answered calls of the last 7 days from numbers that reached a human at least 4 times in them."""
    recent = [one for one in requests if one.answered_at is not None and one.number and now - one.at <= OFTEN_S]
    times = _by_number(recent)
    often = sum(len(moments) for moments in times.values() if len(moments) >= OFTEN)
    return _share(often, len(recent))


def per_interval(requests: Iterable[Request], start: float, interval_s: float, count: int) -> list[list[Request]]:
    """Requests by the interval in which they asked: ``count`` intervals from ``start`` (Unix seconds)."""
    found: list[list[Request]] = [[] for _ in range(count)]
    for request in requests:
        place = int((request.at - start) // interval_s)
        if 0 <= place < count:
            found[place].append(request)
    return found


STAFFED = ("available", "ringing", "busy", "wrap_up")
BUSY = ("busy", "wrap_up")


def agent_day(changes: Sequence[tuple[str, float]], start: float, end: float) -> dict[str, Any]:
    """An agent's day from state changes ``(state, at)`` in order: seconds in each state between start and end.

    A change before ``start`` says what the day began with. ``occupancy``: busy (talk, hold, wrap-up) ÷ staffed.
    """
    seconds: dict[str, float] = defaultdict(float)
    spans: list[tuple[str, float, float]] = []
    for place, (state, at) in enumerate(changes):
        until = changes[place + 1][1] if place + 1 < len(changes) else end
        low, high = max(at, start), min(until, end)
        if high > low:
            seconds[state] += high - low
            spans.append((state, low, high))
    staffed = sum(seconds.get(state, 0.0) for state in STAFFED)
    return {
        "seconds": dict(seconds),
        "spans": spans,
        "staffed_s": staffed,
        "occupancy": sum(seconds.get(state, 0.0) for state in BUSY) / staffed if staffed > 0 else None,
    }


def _by_number(requests: Iterable[Request]) -> dict[str, list[float]]:
    times: dict[str, list[float]] = defaultdict(list)
    for request in requests:
        if request.answered_at is not None and request.number:
            times[request.number].append(request.at)
    return {number: sorted(moments) for number, moments in times.items()}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
