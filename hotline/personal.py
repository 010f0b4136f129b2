"""What in the records is personal: which parts of an event or a form name somebody or tell what was said. Pure.

The log is appended and never changed, with one exception: personal parts are blanked in place when their time is
over or their owner wants them gone. The rows stay, so that counts, waits and handling times stay true.
"""

from __future__ import annotations

from typing import Any

PERSONAL_FIELDS = frozenset({"phone", "name", "id_number", "location", "complaint_number"})

_BLANKS: dict[str, dict[str, Any]] = {
    "call_started": {"from": ""},
    "prompt": {"text": ""},
    "menu_choice": {"key": None, "heard": None, "choice": ""},
    "utterance": {"text": "", "words": [], "digits": [], "choice": ""},
    "description": {"text": ""},
    "note_added": {"text": ""},
    "complaint_changed": {"why": "", "words": {}},
    "task_added": {"text": ""},
    "text_sent": {"text": ""},
    "callback_promised": {"number": ""},
    "transferred": {"note": ""},
    "disposition": {"summary": ""},
    "lookup_failed": {"number": ""},
    "call_ended": {"reason": ""},
    "error": {"what": ""},
}
"""Kind → what stands in place of its personal parts."""

KINDS = frozenset({*_BLANKS, "moved", "field_heard", "field_confirmed", "field_edited"})
"""Kinds of events that hold something personal."""


def blanked(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """The payload of an event without what is personal in it; the same shape."""
    if kind in _BLANKS:
        return {**data, **{name: blank for name, blank in _BLANKS[kind].items() if name in data}}
    if kind == "moved":
        return {"state": _without_digits(data["state"])}
    if kind.startswith("field_") and "value" in data:
        kept = data["value"] if data["field"] not in PERSONAL_FIELDS else None
        return {**data, "value": kept, "source": None}
    return data


def blanked_form(form: dict[str, Any]) -> dict[str, Any]:
    """A form without what is personal: category, outcome, evidence, amount and time stay for the statistics."""
    fields = {
        name: {"value": None, "state": "missing", "source": None}
        if name in PERSONAL_FIELDS
        else {**entry, "source": None}
        for name, entry in form.get("fields", {}).items()
    }
    return {**form, "fields": fields, "description": ""}


def _without_digits(part: Any) -> Any:
    """The menu's state with every text that holds a digit emptied: numbers of people and of complaints."""
    if isinstance(part, dict):
        return {name: _without_digits(one) for name, one in part.items()}
    if isinstance(part, list | tuple):
        return [_without_digits(one) for one in part]
    return "" if isinstance(part, str) and any(char.isdigit() for char in part) else part
