"""``/cases/<number>``: one complaint for agents: all that happened, what can be done now, and the doing of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from flask import Blueprint, abort, render_template, request

from agent_assist import live
from complaints.answers import LONGEST as LONGEST_ANSWER
from complaints.answers import Answers, sendable
from complaints.cases import Offered, deadline
from complaints.evidence import Evidence, Piece
from complaints.filekind import PICTURES, SOUNDS
from complaints.life import BY_AGENT, DECISIONS, NotNow
from complaints.limits import EvidenceSettings
from complaints.reception import Reception
from complaints.refusal import Refused
from complaints.tasks import Task, TaskError, Tasks
from complaints.timeline import later_calls, timeline
from hotline.records import Complaint, Records, channel_of

LONGEST_NOTE = 2000
LONGEST_WHY = 400
EARLIER = 8


class NotDone(Exception):
    """Something cannot be done; the text is for whoever tried."""


def case_blueprint(
    records: Records, reception: Reception, evidence: Evidence, tasks: Tasks, answers: Answers, *,
    offered: Offered, limits: EvidenceSettings, soon_days: int, now: Callable[[], datetime], who: Callable[[], str],
    words: Callable[[str], str], lang: Callable[[], str],
) -> Blueprint:
    """The page of a complaint and what it does. ``now`` is in the operator's zone; ``who`` names the user."""
    pages = Blueprint("case", __name__, url_prefix="/cases", template_folder="templates")

    @pages.url_value_preprocessor
    def widen(endpoint: str | None, values: dict[str, Any] | None) -> None:
        if endpoint == "case.add":
            request.max_content_length = int(limits.file_mb * 1e6) + 64 * 1024

    def known(number: str) -> Complaint:
        found = records.complaint(number) if number.isascii() and number.isdecimal() and len(number) <= 32 else None
        if found is None:
            abort(404)
        return found

    @pages.errorhandler(NotDone)
    def not_done(refusal: NotDone) -> tuple[dict[str, str], int]:
        return {"error": str(refusal)}, 409

    @pages.errorhandler(NotNow)
    def not_now(refusal: NotNow) -> tuple[dict[str, str], int]:
        return {"error": words(f"not.{refusal.why}")}, 409

    @pages.get("/<number>")
    def page(number: str) -> str:
        found = known(number)
        return render_template(
            "case_page.html", number=found.number, after=records.last_id(), offered=offered, limits=limits, me=who(),
            longest=LONGEST_ANSWER, reasons=offered.reasons.get(lang()) or [],
        )

    @pages.get("/<number>/data")
    def data(number: str) -> dict[str, Any]:
        found = known(number)
        files = evidence.of(number)
        own = records.events(found.call_id)
        events = {call: records.events(call) for call in later_calls(own)} | {f"evidence-{one.id}": records.events(f"evidence-{one.id}") for one in files}
        entries = timeline(found.call_id, {found.call_id: own, **events}, files={one.id: _file(one) for one in files}, number=number)
        fields = {name: (entry or {}).get("value") for name, entry in found.form.get("fields", {}).items()}
        phones = [one for one in (fields.get("phone"), next((row.data["from"] for row in own if row.kind == "call_started"), "")) if one]
        _, days, can = reception.ledger.standing(found)
        return {
            "number": found.number, "state": found.state, "level": found.level, "source": found.call_id, "channel": channel_of(found.call_id),
            "category": _category(found), "department": found.department, "filed": found.filed_at, "changed": found.changed_at,
            "due": deadline(found.due_on, now().date(), soon_days), "appeal_until": days.appeal_until.isoformat() if days.appeal_until else None,
            "may": [action for action in BY_AGENT if action in can and not found.joined_to],
            "open": reception.takes_more(found), "joined_to": found.joined_to, "joined": records.joined_into(number),
            "ladder": [rung[lang()] for rung in offered.ladder],
            "fields": {
                name: {"value": live.value(name, entry.get("value")), "state": entry.get("state", "heard")}
                for name, entry in found.form.get("fields", {}).items() if entry and entry.get("value") not in (None, "", [])
            },
            "description": live.show(found.form.get("description") or "").text,
            "timeline": [asdict(one) for one in entries],
            "files": [_file(one) for one in files],
            "tasks": [_task(one, now().date(), soon_days) for one in tasks.of(number)],
            "answers": _answers(answers, found, fields),
            "alike": [
                {"number": one.number, "channel": one.channel, "reasons": one.reasons} for one in reception.alike(number)
                if reception.takes_more(found) and (other := records.complaint(one.number)) and reception.takes_more(other)
            ],
            "earlier": [_other(one) for one in records.complaints_of(*map(str, phones), limit=EARLIER + 1) if one.number != number][:EARLIER],
        }

    def _answers(answers: Answers, found: Complaint, fields: dict[str, Any]) -> list[dict[str, str]]:
        zone = now().tzinfo
        filed = datetime.fromtimestamp(found.filed_at or found.created_at, zone).date()
        filled = []
        for one in answers.of(_category(found)):
            amount = fields.get("amount")
            occurred = fields.get("occurred")
            values = {
                "number": found.number or "", "name": str(fields.get("name") or ""), "agent": who(),
                "category": offered.categories.get(_category(found), {}).get(one.lang, ""),
                "amount": f"{amount:g}" if isinstance(amount, int | float) else "",
                "occurred": str(occurred) if occurred and str(occurred)[:1].isdigit() else "",
                "filed": _long(filed, one.lang), "due": _long(date.fromisoformat(found.due_on), one.lang) if found.due_on else "",
            }
            filled.append({"name": one.name, "lang": one.lang, "title": one.title, "text": one.filled(values)})
        return filled

    @pages.post("/<number>/act")
    def act(number: str) -> dict[str, Any]:
        known(number)
        body = _body()
        action, why, told = body.get("action"), _text(body, "why", LONGEST_WHY), _text(body, "words", LONGEST_ANSWER)
        if action not in BY_AGENT:
            abort(400)
        said = None
        if action == "answer" or (action in DECISIONS and told.strip()):
            if not sendable(told):
                raise NotDone(words("answer.blank"))
            said = {_language(told, body.get("lang")): told.strip()}
        once = _text(body, "once", 40)
        due = _day(body, "due") if action == "return" else None
        after = reception.act(number, action, source=f"case-{once}-{number}" if once else "", why=why, by=who(), words=said, due=due)
        return {"state": after.state, "level": after.level}

    @pages.post("/<number>/note")
    def note(number: str) -> dict[str, Any]:
        known(number)
        said = _text(_body(), "text", LONGEST_NOTE)
        if not said.strip():
            raise NotDone(words("task.text"))
        return {"id": reception.note(number, said, by=who()).id}

    @pages.post("/<number>/evidence")
    def add(number: str) -> dict[str, Any]:
        known(number)
        upload = request.files.get("file")
        if upload is None:
            abort(400)
        try:
            return _file(reception.add(number, upload.stream, upload.filename or "", channel="desk", by=who()))
        except Refused as refused:
            raise NotDone(words(f"evidence.{refused.reason}")) from None

    @pages.post("/<number>/department")
    def department(number: str) -> dict[str, Any]:
        known(number)
        chosen = _body().get("department")
        if chosen != "" and chosen not in offered.departments:
            abort(400)
        records.assign(number, chosen, by=who())
        return {"department": chosen}

    @pages.post("/<number>/join")
    def join(number: str) -> dict[str, Any]:
        known(number)
        into = _body().get("into")
        if not isinstance(into, str) or not into.isdecimal():
            abort(400)
        reception.join(number, into, by=who())
        return {"joined_to": into}

    @pages.post("/<number>/tasks")
    def add_task(number: str) -> dict[str, Any]:
        known(number)
        body = _body()
        try:
            due = date.fromisoformat(str(body.get("due")))
            asked = tasks.add(number, str(body.get("department")), _text(body, "text", 10_000), due, by=who(), today=now().date())
        except TaskError as error:
            raise NotDone(words(f"task.{error.why}")) from None
        except ValueError:
            raise NotDone(words("task.due")) from None
        return _task(asked, now().date(), soon_days)

    @pages.post("/tasks/<int:task_id>/done")
    def task_done(task_id: int) -> dict[str, Any]:
        done = tasks.done(task_id, by=who()) if task_id < 2**63 else None
        if done is None:
            abort(404)
        return _task(done, now().date(), soon_days)

    @pages.get("/tasks")
    def open_tasks() -> str:
        chosen = request.args.get("department", "")
        if chosen and chosen not in offered.departments:
            abort(400)
        found = [_task(one, now().date(), soon_days) for one in tasks.open(chosen)]
        return render_template("case_tasks.html", tasks=found, offered=offered, chosen=chosen)

    return pages


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        abort(400)
    return body


def _text(body: dict[str, Any], name: str, longest: int) -> str:
    said = body.get(name, "")
    if not isinstance(said, str) or len(said) > longest:
        abort(400)
    return said


def _day(body: dict[str, Any], name: str) -> date | None:
    said = _text(body, name, 10)
    if not said:
        return None
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise NotNow("day") from None


def _language(said: str, given: object) -> str:
    if given in ("zh", "en"):
        return str(given)
    return "zh" if any("㐀" <= char <= "鿿" for char in said) else "en"


def _long(day: date, lang: str) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if lang == "zh" else f"{day.day} {day:%B %Y}"


def _file(piece: Piece) -> dict[str, Any]:
    shows = "picture" if piece.kind in PICTURES else "sound" if piece.kind in SOUNDS else "text" if piece.kind == "text" else "file"
    return {"id": piece.id, "name": piece.name, "kind": piece.kind, "size": piece.size, "at": piece.at, "by": piece.by, "channel": piece.channel, "shows": shows}


def _task(task: Task, today: date, soon_days: int) -> dict[str, Any]:
    due = deadline(task.due.isoformat(), today, soon_days) if task.done_at is None else None
    return {**asdict(task), "due": task.due.isoformat(), "left": due}


def _category(found: Complaint) -> str:
    return str((found.form.get("fields", {}).get("category") or {}).get("value") or "")


def _other(found: Complaint) -> dict[str, Any]:
    return {"number": found.number, "call": found.call_id, "state": found.state, "category": _category(found), "at": found.filed_at or found.created_at}
