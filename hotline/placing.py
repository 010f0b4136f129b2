"""Place a recorded call on a running line and show it as it goes.

Two sources tell the story, merged as they happen: the carrier says what the
caller hears and does, the line's event log says what it heard and understood.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import Any

from rich.console import Console

from agent_assist.privacy import mask
from hotline.records import Event, Records
from hotline.running import RunningLine
from hotline.terminal import FIELD_LABELS, shown
from ivr.call import form_of
from ivr.carrier.client import CarrierRefused, place_call

# After the caller's end of the line closed, the last words are still being recognised.
CLOSING_S = 30.0
LOG_POLL_S = 0.1


class CallFailed(Exception):
    """The call could not be placed or broke; the text says why."""


def place(
    running: RunningLine, answers: list[str], caller: str, *, quiet: bool = False, hang_up_after: int | None = None
) -> dict[str, Any]:
    """Place the call, wait for its end and return what the line made of it.

    The result is the form's JSON with ``call``, ``state`` (filed, draft or none),
    ``complaint_number`` and ``transcript``. Raises ``CallFailed``.
    """
    console = Console(highlight=False, quiet=quiet)
    records = Records(running.database_url)
    news: queue.Queue[Any] = queue.Queue()
    try:
        carried = threading.Thread(
            target=_carry, args=(running, answers, caller, hang_up_after, news), name="carried-call", daemon=True
        )
        carried.start()
        call_id = _follow(news, records, console)
        return _outcome(records, call_id)
    finally:
        records.close()


def _carry(
    running: RunningLine, answers: list[str], caller: str, hang_up_after: int | None, news: queue.Queue[Any]
) -> None:
    try:
        for happening in place_call(
            running.carrier_url,
            (running.account_sid, running.auth_token),
            answers,
            from_=caller,
            to=running.number,
            hang_up_after=hang_up_after,
        ):
            news.put(happening)
        news.put(None)
    except Exception as error:  # handed to the thread that waits, which knows what to say
        news.put(error)


def _follow(news: queue.Queue[Any], records: Records, console: Console) -> str:
    call_id, seen, until = "", records.last_id(), float("inf")
    while time.monotonic() < until:
        try:
            happening = news.get(timeout=LOG_POLL_S)
        except queue.Empty:
            happening = {}
        if isinstance(happening, CarrierRefused):
            raise CallFailed(str(happening))
        if isinstance(happening, Exception):
            raise happening
        if happening is None:
            until = time.monotonic() + CLOSING_S
            if not call_id:
                raise CallFailed("the carrier did not say which call it placed")
        elif happening:
            call_id = happening.get("call_sid", call_id)
            _tell_carrier(console, happening)
        for event in records.after(seen):
            seen = event.id
            if event.call_id == call_id:
                _tell_line(console, event)
                if event.kind == "call_ended":
                    return call_id
    raise CallFailed("the line did not close the call in time; its log shows what was kept")


def _tell_carrier(console: Console, happening: dict[str, Any]) -> None:
    match happening["kind"]:
        case "say":
            console.print(f"[cyan]line  [/] {mask(happening['text'])}")
        case "key":
            console.print(f"[magenta]caller[/] presses {'•' * len(happening['keys'])}")
        case "play_answer":
            console.print(f"[magenta]caller[/] speaks ({happening['name']})")
        case "sms":
            console.print(f"[cyan]SMS   [/] {mask(happening['body'])}")
        case "error":
            console.print(f"[red]error [/] {happening['text']}")


def _tell_line(console: Console, event: Event) -> None:
    data = event.data
    match event.kind:
        case "utterance":
            console.print(f"[green]heard [/] {mask(data['text']) or '(digits)'}")
        case "field_heard" | "field_edited":
            label = FIELD_LABELS[data["field"]]
            console.print(f"[yellow]form  [/] {label}: {shown(data['field'], data['value'])} ({data['state']})")
        case "complaint_filed":
            console.print(f"[bold]filed [/] complaint number {data['number']}")
        case "draft_saved":
            console.print("[bold]draft [/] not filed; what was heard is kept as a draft")
        case "error":
            console.print(f"[red]error [/] {data['what']}")


def _outcome(records: Records, call_id: str) -> dict[str, Any]:
    complaint = records.complaint_of_call(call_id)
    events = records.events(call_id)
    form = form_of(events).to_json()
    transcript = [
        {"ask": event.data["ask"], "text": event.data["text"], "start": event.data["start"], "end": event.data["end"]}
        for event in events
        if event.kind == "utterance"
    ]
    return {
        "call": call_id,
        "state": complaint.state if complaint else "none",
        "complaint_number": complaint.number if complaint else None,
        **form,
        "transcript": transcript,
    }
