"""The agent's desk: its page, its live event stream, and what the page asks for.

The stream is the call event log itself: the row id is the event id, so a
browser that comes back says the last one it saw and is sent all that followed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from flask import Blueprint, Response, abort, render_template, request

from agent_assist import live
from agent_assist.live import LogEvent, Viewer
from agent_assist.privacy import mask

HEARTBEAT_S = 15.0
# Rows read from the log at once: a desk that was away all night must not hold a night in memory.
BATCH = 500
LISTED = 20
LONGEST_REASON = 80
REVEALABLE = live.SECRET_FIELDS | {"caller"}


class Case(Protocol):
    """A complaint or draft (``hotline.records.Complaint``); times are Unix seconds."""

    number: str | None
    call_id: str
    form: dict[str, Any]
    created_at: float
    filed_at: float | None


class Log(Protocol):
    """What the desk needs of the records (``hotline.records.Records``)."""

    def append(self, call_id: str, *events: tuple[str, dict[str, Any]]) -> Sequence[LogEvent]: ...
    def events(self, call_id: str) -> Sequence[LogEvent]: ...
    def after(self, event_id: int, limit: int = ...) -> Sequence[LogEvent]: ...
    def last_id(self) -> int: ...
    def calls_in_progress(self) -> Sequence[str]: ...
    def newest(self, state: str, limit: int = ...) -> Sequence[Case]: ...


class Ear(Protocol):
    """One desk's end of the live news (``hotline.hub.Listener``)."""

    def wait(self, seconds: float) -> list[tuple[str, dict[str, Any]]]: ...


class News(Protocol):
    """Where the desk hears that the log grew, and words still being spoken (``hotline.hub.Hub``)."""

    def listening(self) -> AbstractContextManager[Ear]: ...


def desk_blueprint(
    records: Log,
    hub: News,
    *,
    hints: dict[str, Any] | None = None,
    choices: dict[str, Any] | None = None,
    reasons: dict[str, list[str]] | None = None,
    who: Callable[[], str] = lambda: "desk",
    open_session: Callable[[], Callable[[], bool]] = lambda: lambda: True,
    now: Callable[[], float] = time.time,
    heartbeat: float = HEARTBEAT_S,
) -> Blueprint:
    """The desk under ``/desk``.

    The pages need the frame of ``hotline.hall``. ``hints`` says what to ask next, as
    ``{"asks": {category: [question, …]}, "fields": {question: field}, "words": {lang: {question: text}}}``; ``choices``: what
    agents choose from (``agent_assist.agents``), as ``{"breaks": [{"name", "zh", "en"}], "outcomes": …, "skills": […]}``; ``reasons``, by language, are
    offered to whoever looks at a hidden value; ``who`` names the person at the desk in the
    log when a hidden value is looked at; ``open_session`` gives, for this request, a check
    whether its session is still open, without which the stream ends; ``now`` gives Unix seconds; ``heartbeat`` is in seconds.
    """
    desk = Blueprint(
        "desk",
        __name__,
        url_prefix="/desk",
        template_folder="templates",
        static_folder="static",
        static_url_path="/static",
    )

    @desk.get("", strict_slashes=False)
    def page() -> str:
        return render_template("desk.html", hints=hints, choices=choices, me=who(), reasons=reasons or {})

    @desk.get("/events")
    def events() -> Response:
        after = _last_seen(request.headers.get("Last-Event-ID"), request.args.get("after"))
        stream = _stream(records, hub, after, request.args.get("partials"), now, heartbeat, open_session())
        # A proxy that collects before it passes on would make the desk late.
        return Response(stream, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})

    @desk.get("/calls")
    def calls() -> dict[str, Any]:
        # The id is taken first: what happens while we read comes again by the stream, not twice.
        last = records.last_id()
        current = [_call(records, call_id, last) for call_id in records.calls_in_progress()]
        return {"now": now(), "after": last, "calls": [call for call in current if call["events"]]}

    @desk.get("/calls/<call_id>")
    def call(call_id: str) -> dict[str, Any]:
        last = records.last_id()
        found = _call(records, call_id, last)
        if not found["events"]:
            abort(404)
        return found | {"now": now(), "after": last}

    @desk.post("/calls/<call_id>/reveal")
    def reveal(call_id: str) -> dict[str, Any]:
        body = request.get_json(silent=True)
        field = body.get("field") if isinstance(body, dict) else None
        if not isinstance(field, str) or field not in REVEALABLE:
            abort(400)
        why = body.get("why")
        if not isinstance(why, str) or not why.strip() or len(why) > LONGEST_REASON:
            abort(400)
        value = _value(records.events(call_id), field)
        if value is None:
            abort(404)
        # Written down before it is shown: a look that is not on record does not happen.
        records.append(call_id, ("field_revealed", {"field": field, "who": who(), "why": mask(why.strip())}))
        return {"field": field, "value": value}

    @desk.get("/complaints")
    def complaints() -> dict[str, Any]:
        return {
            "drafts": [_case(case) for case in records.newest("draft", LISTED)],
            "filed": [_case(case) for case in records.newest("filed", LISTED)],
        }

    return desk


def _last_seen(header: str | None, parameter: str | None) -> int:
    """The id after which to go on; the browser's own memory is newer than the page's address."""
    for text in (header, parameter):
        if text and text.isascii() and text.isdecimal() and len(text) < 19:
            return int(text)
        if text:
            abort(400)
    return 0


def _stream(
    records: Log, hub: News, after: int, partials: str | None, now: Callable[[], float], heartbeat: float,
    admitted: Callable[[], bool],
) -> Iterator[str]:
    """Server-sent events, without end. ``partials`` limits the words still being spoken to one call."""
    viewer = Viewer(records.events)
    # Listening begins before the first look at the log, so nothing falls between the two.
    with hub.listening() as ear:
        yield "retry: 1000\n\n"
        if after > records.last_id():
            # Ids of another log (the database was replaced): the page has to begin anew.
            yield "event: reset\ndata: {}\n\n"
            return
        beat = time.monotonic()
        while True:
            rows = records.after(after, BATCH)
            for event in rows:
                after = event.id
                shown = viewer.view(event)
                if shown is not None:
                    yield f"id: {event.id}\ndata: {_json(shown)}\n\n"
            if rows:
                continue
            heard = ear.wait(max(0.0, beat + heartbeat - time.monotonic()))
            newest = {(call_id, data.get("who")): data for call_id, data in heard}
            for (call_id, _), data in newest.items():
                if partials in (None, call_id):
                    yield f"event: partial\ndata: {_json(live.partial(call_id, data))}\n\n"
            if time.monotonic() >= beat + heartbeat:
                beat = time.monotonic()
                if not admitted():
                    yield "event: out\ndata: {}\n\n"
                    return
                # The comment keeps proxies awake; scripts cannot see it, so the page gets an event too.
                yield f": heartbeat\nevent: beat\ndata: {_json({'now': now()})}\n\n"


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _call(records: Log, call_id: str, last: int) -> dict[str, Any]:
    """One call as the stream would have told it up to the event ``last``."""
    rows = [event for event in records.events(call_id) if event.id <= last]
    viewer = Viewer(lambda _: rows)
    shown = (viewer.view(event) for event in rows)
    return {"id": call_id, "events": [event for event in shown if event is not None]}


def _value(events: Sequence[LogEvent], field: str) -> str | None:
    """The newest whole value of a hidden field."""
    for event in reversed(events):
        if field == "caller" and event.kind == "call_started":
            return event.data["from"] or None
        if event.kind in ("field_heard", "field_confirmed", "field_edited") and event.data["field"] == field:
            return None if event.data["value"] is None else str(event.data["value"])
    return None


def _case(case: Case) -> dict[str, Any]:
    fields = case.form.get("fields", {})

    def shown(field: str) -> Any:
        return live.value(field, fields.get(field, {}).get("value"))

    return {
        "call": case.call_id,
        "number": case.number,
        "at": case.filed_at or case.created_at,
        "category": shown("category"),
        "phone": shown("phone"),
        "intent": case.form.get("intent"),
    }

