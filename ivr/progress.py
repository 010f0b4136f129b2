"""Earlier complaints as a caller may know and change them: looking up, guessing, taking higher."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from ivr import steps
from ivr.call import Call
from ivr.ports import Records
from ivr.script import Script

GUESSES_S = 86_400
"""Wrong tries are counted over this time."""


class Progress:
    """What stands on file, asked and changed for one caller. ``now`` gives the time in the line's zone."""

    def __init__(self, script: Script, records: Records, now: Callable[[], datetime]) -> None:
        self._script = script
        self._records = records
        self._now = now

    def look_up(self, call: Call, number: str) -> steps.LookedUp:
        """What this caller may hear of the complaint; wrong tries are logged and counted."""
        found = self._records.complaint(number)
        given = call.form.get("phone")
        phones = self._phones(found) if found is not None else set()
        mine = bool(phones & {call.own, given} - {"", None})
        if not mine and (found is None or given):
            self._records.append(call.sid, ("lookup_failed", {"number": number}))
        guesses = self._records.wrong_tries(call.from_, self._now().timestamp() - GUESSES_S)
        # Without a number on it nobody can show that it is theirs; a human looks after that too.
        locked = guesses > self._script.menu.wrong_tries_a_day or (found is not None and not phones)
        if found is None:
            return steps.LookedUp(number, False, locked=locked)
        filed = self._day(found.filed_at)
        changed = self._day(found.changed_at).isoformat() if found.changed_at else ""
        return steps.LookedUp(number, True, found.state, self.due(filed), mine, changed, locked)

    def take_higher(self, call: Call, number: str) -> int:
        """Take a complaint to the next level; its place on the ladder, 0 past the last or past the deadline."""
        found = self._records.complaint(number)
        late = self._now().date().isoformat() > self.due(self._day(found.filed_at))
        if late or found.level >= len(self._script.escalation):
            self._records.append(call.sid, ("appeal_told", {"number": number}))
            return 0
        return self._records.raise_complaint(call.sid, number)

    def due(self, filed: date) -> str:
        """The day by which a complaint filed on this day is answered, ISO."""
        return (filed + timedelta(days=self._script.menu.answer_days)).isoformat()

    def due_of(self, number: str) -> str:
        """The same for a complaint on file."""
        return self.due(self._day(self._records.complaint(number).filed_at))

    def _phones(self, complaint: object) -> set[str]:
        """The number on the complaint, and the one it was made from."""
        field = complaint.form.get("fields", {}).get("phone") or {}
        started = [event for event in self._records.events(complaint.call_id) if event.kind == "call_started"]
        called = [Call("", event.data["from"], "").own for event in started]
        return {str(number) for number in (field.get("value"), *called) if number}

    def _day(self, at: float) -> date:
        return datetime.fromtimestamp(at, self._now().tzinfo).date()
