"""The agent's hand on the form: edit, confirm or reject a field, while the caller speaks and afterwards."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from flask import Blueprint, abort, request

from agent_assist.edits import EditError, checked
from agent_assist.form import FIELDS
from agent_assist.live import LogEvent

ACTS = ("edit", "confirm", "reject")


class Log(Protocol):
    """What is needed of the records (``hotline.records.Records``)."""

    def events(self, call_id: str) -> Sequence[LogEvent]: ...


def amendments_blueprint(
    records: Log,
    *,
    amend: Callable[[str, str, dict[str, Any]], None],
    who: Callable[[], str],
    today: Callable[[], datetime.date],
    words: Callable[[str], str],
) -> Blueprint:
    """``POST /desk/calls/<id>/fields/<field>`` with ``{"act", "value"}``.

    ``amend(call, kind, data)`` puts the change into the log and into the call, if it goes on;
    ``words`` says a key in the agent's language, for refusals.
    """
    blueprint = Blueprint("amendments", __name__, url_prefix="/desk/calls")

    @blueprint.post("/<call_id>/fields/<field>")
    def change(call_id: str, field: str) -> tuple[dict[str, Any], int] | dict[str, Any]:
        body = request.get_json(silent=True)
        act = body.get("act") if isinstance(body, dict) else None
        if act not in ACTS or field not in FIELDS:
            abort(400)
        events = records.events(call_id)
        if not events:
            abort(404)
        held = held_value(events, field)
        by = {"field": field, "who": who()}
        if act == "edit":
            try:
                value = checked(field, body.get("value"), today())
            except EditError as error:
                return {"error": words(error.args[0])}, 422
            amend(call_id, "field_edited", by | {"value": value, "state": "edited", "source": None})
            return {"ok": True}
        if held is None:
            return {"error": words("edit.nothing")}, 409
        if act == "reject":
            amend(call_id, "field_rejected", by)
        elif held["state"] == "heard":
            amend(call_id, "field_confirmed", by | held | {"state": "confirmed"})
        return {"ok": True}

    return blueprint


def held_value(events: Sequence[LogEvent], field: str) -> dict[str, Any] | None:
    """Value, state and source that stand in the field after these events; None when it is empty."""
    held: dict[str, Any] | None = None
    for event in events:
        if event.data.get("field") != field:
            continue
        if event.kind == "field_rejected":
            if held is not None and (event.data.get("who") or held["state"] != "edited"):
                held = None
        elif event.kind in ("field_heard", "field_confirmed", "field_edited"):
            if held is None or held["state"] != "edited" or event.kind == "field_edited":
                held = {name: event.data[name] for name in ("value", "state", "source")}
    return held
