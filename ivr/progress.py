"""Earlier complaints as a caller may know and change them: looking up, guessing, taking higher."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from ivr import steps
from ivr.call import Call
from ivr.ports import Also, Earlier, Records
from ivr.script import Script

GUESSES_S = 86_400
"""Wrong tries are counted over this time."""


class Progress:
    """What stands on file, asked and changed for one caller. ``now`` gives the time in the line's zone."""

    def __init__(self, script: Script, records: Records, earlier: Earlier, now: Callable[[], datetime]) -> None:
        self._script = script
        self._records = records
        self._earlier = earlier
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
        if mine and found.joined_to:
            found = self._records.leading(number)  # the matter goes on under another number
        if mine and not locked:
            self._note(call, found)
        changed = self._day(found.changed_at).isoformat() if found.changed_at else ""
        return steps.LookedUp(found.number, True, found.state, found.due_on or "", mine, changed, locked)

    def take_higher(self, call: Call, number: str, tell: Also, appeal: Callable[[Any], None]) -> int:
        """Take a complaint to the next level; its place on the ladder, 0 past the last or past the deadline.

        ``tell(connection, complaint)``, or ``appeal(connection)`` for 0, writes along what the caller is told.
        """
        level = self._earlier.escalate(call.sid, number, tell)
        if not level:
            with self._records.appending(call.sid, ("appeal_told", {"number": number})) as connection:
                appeal(connection)
        return level

    def close(self, call: Call, number: str, how: str, tell: Also) -> bool:
        """Withdraw a complaint or accept its answer, as its caller wishes; False where that is not possible any more."""
        return self._earlier.close(call.sid, number, how, tell)

    def _note(self, call: Call, found: object) -> None:
        """The complaint's own log tells that its caller asked for it, once a call."""
        told = (event for event in self._records.events(found.call_id) if event.kind == "status_told")
        if not any(event.data["during"] == call.sid for event in told):
            self._records.append(found.call_id, ("status_told", {"number": found.number, "channel": "phone", "during": call.sid}))

    def _phones(self, complaint: object) -> set[str]:
        """The number on the complaint, and the one it was made from."""
        field = complaint.form.get("fields", {}).get("phone") or {}
        started = [event for event in self._records.events(complaint.call_id) if event.kind == "call_started"]
        called = [Call("", event.data["from"], "").own for event in started]
        return {str(number) for number in (field.get("value"), *called) if number}

    def _day(self, at: float) -> date:
        return datetime.fromtimestamp(at, self._now().tzinfo).date()
