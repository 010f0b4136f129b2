"""The live line's event log as a history for the planner: the same definitions as the wallboard's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

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
    for event in events:
        calls.setdefault(event.call_id, []).append(event)
    back = {e.data["of"]: call for call, own in calls.items() for e in own if e.kind == "called_back"}
    builder, report = Builder(), Report(files=["event log"])
    for call_id, own in calls.items():
        if any(e.kind == "called_back" for e in own):
            continue
        report.lines += 1
        call = _call(own, calls.get(back.get(call_id, ""), []), ZoneInfo(zone))
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


def _call(own: list[Event], back: list[Event], zone: ZoneInfo) -> Call | None:
    """The call that these events tell; None while it is not over."""
    first = {e.kind: e for e in reversed(own)}
    if "call_started" not in first or "call_ended" not in first:
        return None

    def at(e: Event) -> float:
        return h.moment(datetime.fromtimestamp(e.at, zone))

    started, ended = at(first["call_started"]), at(first["call_ended"])
    caller = first["call_started"].data["from"]
    if "queued" not in first:
        done = first["followed_up"].data["action"] if "followed_up" in first else ""
        settled = "complaint_filed" in first or "voicemail_left" in first or done in ("withdraw", "accept")
        outcome = h.CONTAINED if settled else h.LEFT_MENU
        return Call(started, outcome, "menu", menu=ended - started, caller=caller)
    queued = at(first["queued"])
    call = Call(queued, h.ABANDONED, first["queued"].data["queue"], menu=queued - started, wait=ended - queued, caller=caller, queued=True)
    promised = "callback_promised" in first
    # What came of the promise is in the call-back's own events.
    told = {e.kind: e for e in reversed(back)} if promised and "agent_answered" not in first else first
    if "agent_answered" in told:
        answered = told["agent_answered"]
        call.outcome, call.wait, call.agent = h.ANSWERED, answered.data["waited_s"], answered.data["agent"]
        if "wrapped_up" in told:
            handled = told["wrapped_up"].data
            call.talk, call.wrap = handled["talked_s"] + handled.get("held_s", 0.0), handled["wrapped_s"]
        else:
            over = told.get("call_ended")
            if over is None:
                return None
            call.talk = max(at(over) - at(answered), 0.0)
        return call
    if "voicemail_left" in first:
        call.outcome = h.BLOCKED
    elif promised and "callback_closed" not in first and not (back and "callback_closed" in told):
        return None
    elif promised:
        left = first.get("callback_closed") or told.get("callback_closed")
        call.wait = at(left) - queued if left else call.wait
    return call
