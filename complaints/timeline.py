"""Everything that happened to a complaint, in order: one list from the events of its own source and of later calls. Pure.

Numbers of persons are hidden as on the desk. What is about one call (who talked, what was said, how it ended) is one
entry with its lines; the complaint's own changes are entries of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent_assist import live
from agent_assist.live import LogEvent
from agent_assist.privacy import mask

QUIET = ("looked", "listened", "asked")
"""Entries that say who looked at what, agents and callers; they are offered apart."""
MOST_LINES = 400
"""Lines of one call that are shown here; the desk shows all."""

_OWN: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "complaint_filed": ("filed", ()),
    "complaint_changed": ("changed", ("action", "from", "state", "level", "why", "words", "due")),
    "complaint_joined": ("joined", ("other",)),
    "complaint_assigned": ("assigned", ("department",)),
    "status_told": ("asked", ("channel", "during")),
    "clock_struck": ("clock", ("what", "due", "days")),
    "note_added": ("note", ("text",)),
    "evidence_added": ("evidence", ("evidence",)),
    "evidence_seen": ("looked", ("evidence",)),
    "field_revealed": ("looked", ("field", "why")),
    "task_added": ("task", ("task", "department", "text", "due")),
    "task_done": ("task_done", ("task",)),
    "text_sent": ("text", ("text",)),
    "text_given_up": ("unsent", ("prompt",)),
    "recording_played": ("listened", ()),
}
"""Kind of event → kind of entry, and what of its data is shown."""
_WRITTEN = ("why", "text", "words")
_HAND = ("field_edited", "field_confirmed", "field_rejected")


@dataclass(frozen=True)
class Entry:
    """One thing that happened: Unix time, kind, who ('' for the line itself), the call it is about, and what is shown of it."""

    at: float
    id: int
    kind: str
    by: str
    call: str
    data: Mapping[str, Any] = field(default_factory=dict)


def timeline(
    source: str, events: Mapping[str, Sequence[LogEvent]], *, files: Mapping[int, Mapping[str, Any]] = {}, number: str = ""
) -> list[Entry]:
    """The entries, oldest first. ``events``: by call, those of the complaint's ``source`` and of later calls about it.

    ``files`` describes pieces of evidence by their id; of other calls only what concerns ``number`` is taken.
    """
    found: list[Entry] = []
    for call, rows in events.items():
        own = call == source
        if any(row.kind == "call_started" for row in rows):
            found.append(_call(call, rows))
        for row in rows:
            if row.kind in _HAND and own:
                entry = _edit(row)
            elif row.kind in _OWN and (own or row.data.get("number") == number):
                entry = _entry(row, files)
            else:
                continue
            if entry is not None:
                found.append(entry)
    return sorted(found, key=lambda one: (one.at, one.id))


def later_calls(events: Iterable[LogEvent]) -> list[str]:
    """The calls in which something was done with the complaint later, by its own events."""
    during = [row.data.get("during", "") for row in events if row.kind == "complaint_changed"]
    return list(dict.fromkeys(call for call in during if call))


def _entry(row: LogEvent, files: Mapping[int, Mapping[str, Any]]) -> Entry:
    kind, names = _OWN[row.kind]
    data = {name: _plain(row.data[name]) if name in _WRITTEN else row.data[name] for name in names if row.data.get(name) not in (None, "", {})}
    if "evidence" in data:
        data["file"] = files.get(row.data["evidence"])
    by = row.data.get("by") or row.data.get("who") or ""
    if row.kind == "clock_struck":
        by = "clock"
    return Entry(row.at, row.id, kind, by, row.call_id, data)


def _edit(row: LogEvent) -> Entry | None:
    who = row.data.get("who", "")
    if not who:
        return None  # the caller's own words: they stand in the call
    data = {"field": row.data["field"], "how": row.kind.removeprefix("field_")}
    if "value" in row.data:
        data["value"] = live.value(row.data["field"], row.data["value"])
    return Entry(row.at, row.id, "edited", who, row.call_id, data)


def _call(call: str, rows: Sequence[LogEvent]) -> Entry:
    started = next(row for row in rows if row.kind == "call_started")
    lines, agents = [], []
    data: dict[str, Any] = {"caller": live.number(started.data["from"].removeprefix("+86")) if started.data["from"] else ""}
    for row in rows:
        if row.kind == "utterance" and len(lines) < MOST_LINES:
            text = live.show(row.data["text"], ask=row.data.get("ask", "")).text
            lines.append({"id": row.id, "who": row.data.get("who", "caller"), "text": text})
        elif row.kind == "agent_answered":
            agents.append(row.data["agent"])
        elif row.kind == "disposition":
            data |= {"outcome": row.data["outcome"], "summary": _plain(row.data.get("summary", ""))}
        elif row.kind == "call_ended":
            data |= {"seconds": max(0.0, row.at - started.at), "ended": row.data["status"]}
        elif row.kind == "recording_refused":
            data["unrecorded"] = True
    return Entry(started.at, started.id, "call", "", call, {**data, "lines": lines, "agents": list(dict.fromkeys(agents))})


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value
