"""The live line's event log as a history for the planner: the wallboard's requests, each a call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from hotline.measures import KINDS, Request, Requests
from hotline.records import Event, Records
from simulation import history as h
from simulation.history import Builder, Call, History, Report
from simulation.oddities import look


def history(events: Iterable[Event], zone: str) -> tuple[History, Report]:
    """The finished calls of these events (in the order of the log), and what was odd.

    A call asks for an agent when it is queued; its type is the queue (skill). Who is promised a call-back is
    answered when the call-back is, with the wait that the agent's answer tells; a promise still open is left out.
    """
    calls: dict[str, list[Event]] = {}
    requests = Requests()
    for event in events:
        calls.setdefault(event.call_id, []).append(event)
        if event.kind in KINDS:
            requests.take(event.call_id, event.at, event.kind, event.data)
    back = {e.data["of"]: requests.of(call) for call, own in calls.items() for e in own if e.kind == "called_back"}
    builder, report = Builder(), Report(files=["event log"])
    for call_id, own in calls.items():
        if any(e.kind == "called_back" for e in own):
            continue
        report.lines += 1
        request = requests.of(call_id)
        call = _in_menu(own, ZoneInfo(zone)) if request is None else _asked(own, request, back.get(call_id), ZoneInfo(zone))
        if call is None:
            report.left_out += 1
            continue
        if call.wait < 0 or call.talk < 0:
            report.refuse("event log", own[0].id, "a wait or a talk is negative: the clock was set back")
            continue
        builder.add(call)
        report.read += 1
    if report.left_out:
        report.note("unfinished", "calls or promised call-backs still open, or without a beginning", "left out", times=report.left_out)
    table = builder.history()
    look(table, report)
    return table, report


def of_log(records: Records, zone: str) -> tuple[History, Report]:
    """The history of a whole event log."""
    return history(_all(records), zone)


def _all(records: Records) -> Iterator[Event]:
    last = 0
    while events := records.after(last, 5000):
        yield from events
        last = events[-1].id


def _moment(at: float, zone: ZoneInfo) -> float:
    return h.moment(datetime.fromtimestamp(at, zone))


def _in_menu(own: list[Event], zone: ZoneInfo) -> Call | None:
    """A call that asked for no agent; None while it is not over."""
    first = {e.kind: e for e in reversed(own)}
    if "call_started" not in first or "call_ended" not in first:
        return None
    started = first["call_started"]
    done = first["followed_up"].data["action"] if "followed_up" in first else ""
    settled = "complaint_filed" in first or "voicemail_left" in first or done in ("withdraw", "accept")
    outcome = h.CONTAINED if settled else h.LEFT_MENU
    return Call(_moment(started.at, zone), outcome, "menu", menu=first["call_ended"].at - started.at, caller=started.data["from"])


def _asked(own: list[Event], request: Request, back: Request | None, zone: ZoneInfo) -> Call | None:
    """The call of a request, ``back`` being that of its call-back; None while it is not over."""
    first = {e.kind: e for e in reversed(own)}
    promised = "callback_promised" in first and not request.talks
    if "call_started" not in first or "call_ended" not in first or (promised and "callback_closed" not in first and request.called_back_at is None):
        return None
    outcome = {"answered": h.ANSWERED, "abandoned": h.ABANDONED, "diverted": h.BLOCKED}.get(request.outcome)
    if outcome is None:
        return None
    call = Call(
        _moment(request.at, zone), outcome, request.skill, menu=request.at - first["call_started"].at, wait=request.waited or 0.0,
        caller=request.number, queued=True,
    )  # fmt: skip
    if outcome == h.ANSWERED:
        talks = request.talks or (back.talks if back is not None else [])
        call.agent = talks[0].agent if talks else ""
        handled = [talk for talk in talks if talk.talked_s is not None]
        call.talk = sum(talk.talked_s + talk.held_s for talk in handled)
        call.wrap = sum(talk.wrapped_s for talk in handled)
        if not handled:
            # The wrap-up is not on record: what is known is when the call was over.
            call.talk = max(first["call_ended"].at - (request.answered_at or request.at), 0.0)
    return call
