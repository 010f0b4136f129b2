"""``/cases``: agents search complaints, keep searches under a name, take what is listed as a file; all of it live."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from flask import Blueprint, Response, abort, render_template, request
from pydantic import ValidationError

from agent_assist import live
from complaints.export import csv_lines, xlsx
from complaints.find import COUNTED, AfterError, Finder, Found
from complaints.saved_lists import SavedLists, SaveError
from complaints.search import Query
from hotline.records import Records

HEARTBEAT_S = 15.0
BATCH = 500
MOST_ROWS = 200
"""Rows of one page."""
MOST_EXPORTED = 100_000
LONGEST_REASON = 80
EXCERPT = 120
TOLD = frozenset(
    {"complaint_filed", "complaint_changed", "complaint_joined", "complaint_assigned", "clock_struck", "note_added", "evidence_added",
     "task_added", "task_done", "text_sent", "text_given_up", "field_edited", "field_confirmed", "field_rejected", "disposition"}
)
"""Kinds of events that change what the lists or a case page show."""
COLUMNS = ("number", "state", "level", "filed", "due", "category", "channel", "region", "department", "phone", "name", "amount", "what", "joined")


class News(Protocol):
    """Where one hears that the log grew (``hotline.hub.Hub``)."""

    def listening(self) -> AbstractContextManager[Any]: ...


@dataclass(frozen=True)
class Offered:
    """What can be chosen from, by language: states, categories, channels, departments, levels of the ladder; reasons for a look."""

    states: Sequence[str]
    categories: Mapping[str, Mapping[str, str]]
    channels: Sequence[str]
    departments: Mapping[str, Mapping[str, str]]
    ladder: Sequence[Mapping[str, str]]
    reasons: Mapping[str, Sequence[str]]


def cases_blueprint(
    records: Records, finder: Finder, lists: SavedLists, hub: News, *,
    offered: Offered, soon_days: int, now: Callable[[], datetime], who: Callable[[], str], words: Callable[[str], str],
    lang: Callable[[], str], may_reveal: Callable[[], bool], exported: Callable[[str, str, int], None],
    open_session: Callable[[], Callable[[], bool]], heartbeat: float = HEARTBEAT_S,
) -> Blueprint:
    """The lists. ``now`` is in the operator's zone; ``may_reveal``: may this user take whole phone numbers along, with a reason;
    ``exported(who, why, complaints)`` writes such an export down before it is given.
    """
    cases = Blueprint("cases", __name__, url_prefix="/cases", template_folder="templates")

    def today() -> date:
        return now().date()

    def shown(found: Found) -> dict[str, Any]:
        fields = found.form.get("fields", {})
        return {
            "number": found.number, "state": found.state, "level": found.level, "filed": found.filed_at, "channel": found.channel,
            "category": found.category, "department": found.department, "joined_to": found.joined_to,
            "due": deadline(found.due_on, today(), soon_days),
            "phone": live.value("phone", found.phone) if found.phone else "",
            "name": live.value("name", (fields.get("name") or {}).get("value")) or "",
            "about": _excerpt(live.show(found.form.get("description") or "").text),
        }

    def listed() -> list[dict[str, Any]]:
        me = who()
        return [
            {"id": one.id, "name": one.name, "own": one.owner == me, "owner": one.owner, "shared": one.shared,
             "query": one.query.model_dump(exclude_defaults=True)}
            for one in lists.of(me)
        ]

    @cases.get("", strict_slashes=False)
    def page() -> str:
        return render_template(
            "cases.html", offered=offered, lists=listed(), after=records.last_id(), may_reveal=may_reveal(),
            reasons=offered.reasons.get(lang()) or [],
        )

    @cases.post("/rows")
    def rows() -> dict[str, Any]:
        # A post, because a phone number must not stand in an address.
        body = _body()
        query = _query(body.get("query"))
        limit, after = body.get("limit", 50), body.get("after", "")
        if not isinstance(limit, int) or not 1 <= limit <= MOST_ROWS or not isinstance(after, str):
            abort(400)
        last = records.last_id()
        try:
            found = finder.page(query, today(), after, limit, who())
        except AfterError:
            abort(400)
        count = finder.count(query, today(), who()) if not after else None
        return {
            "rows": [shown(one) for one in found.rows], "next": found.next, "after": last, "whole": found.whole,
            "count": count, "counted": COUNTED, "nothing": query.nothing,
        }

    @cases.post("/lists")
    def save() -> tuple[dict[str, Any], int] | dict[str, Any]:
        body = _body()
        name, shared = body.get("name"), body.get("shared")
        if not isinstance(name, str) or not isinstance(shared, bool):
            abort(400)
        try:
            kept = lists.save(who(), name, _query(body.get("query")), shared=shared)
        except SaveError as error:
            return {"error": words(f"list.{error.why}")}, 422
        return {"id": kept, "lists": listed()}

    @cases.post("/lists/<int:list_id>/remove")
    def remove(list_id: int) -> dict[str, Any]:
        if list_id >= 2**63 or not lists.remove(who(), list_id):
            abort(404)
        return {"lists": listed()}

    @cases.post("/export")
    def export() -> Response:
        try:
            query = _query(json.loads(request.form.get("query") or "{}"))
        except ValueError:
            abort(400)
        kind, why = request.form.get("format"), request.form.get("why", "").strip()
        whole = request.form.get("phones") == "yes"
        if kind not in ("csv", "xlsx"):
            abort(400)
        if whole:
            if not may_reveal():
                abort(403)
            if not why or len(why) > LONGEST_REASON:
                abort(400, words("export.why"))
            # Written down before it is given: a look that is not on record does not happen.
            exported(who(), why, sum(1 for _ in finder.all(query, today(), MOST_EXPORTED, who())))
        head = [words(f"column.{name}") for name in COLUMNS]
        cells = (_cells(one, offered, words, lang(), now().tzinfo, whole=whole) for one in finder.all(query, today(), MOST_EXPORTED, who()))
        name = f"complaints-{now():%Y%m%d-%H%M}.{kind}"
        if kind == "csv":
            answer = Response(b"".join(csv_lines(head, cells)), mimetype="text/csv")
        else:
            answer = Response(
                xlsx(head, cells, words("page.cases.page")), mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            )
        answer.headers["Content-Disposition"] = f"attachment; filename={name}"
        return answer

    @cases.get("/events")
    def events() -> Response:
        after = request.headers.get("Last-Event-ID") or request.args.get("after") or "0"
        if not (after.isascii() and after.isdecimal() and len(after) < 19):
            abort(400)
        stream = _stream(records, hub, int(after), heartbeat, open_session())
        return Response(stream, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})

    return cases


def deadline(due_on: str | None, today: date, soon_days: int) -> dict[str, Any] | None:
    """A deadline as pages show it: the day, how many days are left (negative: overdue), and which colour."""
    if due_on is None:
        return None
    left = (date.fromisoformat(due_on) - today).days
    return {"on": due_on, "left": left, "is": "late" if left < 0 else "soon" if left <= soon_days else "fine"}


def _stream(records: Records, hub: News, after: int, heartbeat: float, admitted: Callable[[], bool]) -> Iterator[str]:
    """Which complaints changed: ``{"number", "kind"}``, by the log's ids; so a page that comes back misses nothing."""
    with hub.listening() as ear:
        yield "retry: 1000\n\n"
        if after > records.last_id():
            yield "event: reset\ndata: {}\n\n"
            return
        beat = time.monotonic()
        while True:
            rows = records.after(after, BATCH)
            told: dict[str, tuple[int, str]] = {}
            for row in rows:
                after = row.id
                if row.kind in TOLD and (number := row.data.get("number") or _number_of(records, row.call_id)):
                    told[number] = (row.id, row.kind)
            for number, (event_id, kind) in told.items():
                yield f"id: {event_id}\ndata: {json.dumps({'number': number, 'kind': kind})}\n\n"
            if rows:
                continue
            ear.wait(max(0.0, beat + heartbeat - time.monotonic()))
            if time.monotonic() >= beat + heartbeat:
                beat = time.monotonic()
                if not admitted():
                    yield "event: out\ndata: {}\n\n"
                    return
                yield ": heartbeat\nevent: beat\ndata: {}\n\n"


def _number_of(records: Records, call_id: str) -> str | None:
    found = records.complaint_of_call(call_id)
    return found.number if found else None


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        abort(400)
    return body


def _query(given: Any) -> Query:
    try:
        return Query.model_validate(given or {})
    except ValidationError:
        abort(400)


def _excerpt(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= EXCERPT else plain[: EXCERPT - 1] + "…"


def _cells(
    found: Found, offered: Offered, words: Callable[[str], str], lang: str, zone: Any, *, whole: bool
) -> list[Any]:
    fields = {name: (entry or {}).get("value") for name, entry in found.form.get("fields", {}).items()}
    department = offered.departments.get(found.department, {}).get(lang, found.department)
    phone = found.phone or ""
    amount = fields.get("amount")
    return [
        found.number, words(f"case.{found.state}"), offered.ladder[found.level - 1][lang] if 0 < found.level <= len(offered.ladder) else "",
        datetime.fromtimestamp(found.filed_at, zone), date.fromisoformat(found.due_on) if found.due_on else None,
        offered.categories.get(found.category, {}).get(lang, found.category), words(f"channel.{found.channel}"), found.region, department,
        phone if whole else live.value("phone", phone), str(live.value("name", fields.get("name")) or ""),
        amount if isinstance(amount, int | float) and not isinstance(amount, bool) else None,
        live.show(found.form.get("description") or "").text, found.joined_to or "",
    ]
