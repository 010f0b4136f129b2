"""The ledger: complaints on file and the one way to change them, whichever channel asks.

The rules are those of ``complaints.life``, the days those of ``complaints.clocks``; the records keep row and event
together, and a change that is asked for twice in one call or request is made once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cache

from babel.dates import format_date
from sqlalchemy import Connection

from agent_assist.privacy import mask
from complaints.clocks import Clocks
from complaints.life import OVER, WORK, WORKED_ON, Action, Days, Life, NotNow, after, may, replayed
from hotline.language import LANGS, rooms
from hotline.records import Complaint, Event, Records


class Ledger:
    """``ladder``: levels above the first; ``now`` gives the time in the operator's zone."""

    def __init__(self, records: Records, clocks: Clocks, *, ladder: int, now: Callable[[], datetime]) -> None:
        self.records, self.clocks, self._ladder, self._now = records, clocks, ladder, now

    def find(self, number: str) -> Complaint | None:
        """The complaint with this number."""
        return self.records.complaint(number)

    def life(self, found: Complaint, changes: Sequence[Event]) -> Life:
        """Where it is, as its events tell."""
        return replayed(self.day(found.filed_at or found.created_at), ((self.day(event.at), event.data) for event in changes))

    def days(self, found: Complaint, life: Life) -> Days:
        """The days that decide about it now."""
        due = self._due(life)
        filed = self.day(found.filed_at or found.created_at)
        return Days(self._now().date(), due, self.clocks.appeal_until(found.form, filed))

    def changes(self, found: Complaint) -> list[Event]:
        """Its changes since filing, oldest first."""
        return [event for event in self.records.events(found.call_id) if event.kind == "complaint_changed"]

    def standing(self, found: Complaint) -> tuple[Life, Days, frozenset[Action]]:
        """Where it is, its days, and what is possible now."""
        life = self.life(found, self.changes(found))
        days = self.days(found, life)
        return life, days, frozenset() if found.joined_to else may(life, days, self._ladder)

    def act(
        self, number: str, action: Action, *, by: str, during: str = "", why: str = "", words: Mapping[str, str] | None = None,
        due: date | None = None, tell: Callable[[Connection, Complaint, Mapping[str, str]], None] | None = None,
    ) -> Complaint:
        """Change a complaint. ``words``: what its caller is told, by language (the usual words where it is left out).

        ``due``: the day by which the regulator wants a returned complaint answered; the usual days where it is left out.

        ``tell(connection, complaint after, words)`` is called in the transaction of the change, where there is one.
        Raises ``NotNow`` with the reason, ``KeyError`` for an unknown number.
        """
        told = {lang: mask(text.strip()) for lang, text in (words or {}).items() if text.strip()}

        said: dict[str, str] = {}

        def decide(found: Complaint, changes: Sequence[Event]) -> tuple[dict, dict] | None:
            if during and any(one.data["during"] == during and one.data["action"] == action for one in changes):
                return None
            if found.joined_to:
                raise NotNow("joined")
            life = self.life(found, changes)
            days = self.days(found, life)
            new = after(life, action, days, self._ladder, due)
            said.update(told or self.usual(action, new))
            data = {
                "action": action, "from": life.state, "state": new.state, "level": new.level, "by": by, "why": mask(why.strip()),
                "words": said, "during": during,
            }  # fmt: skip
            if new.due is not None and action == "return":
                data["due"] = new.due.isoformat()
            # Who goes to the regulator without an answer had none in time; what is answered after its return changes that no more.
            counted = found.answered_at is not None or any(one.data["action"] == "refer" for one in changes)
            mine = {"worked_by": by[:64]} if action in WORK else {}
            return data, self._columns(found, new, days, counted) | mine

        return self.records.change_complaint(number, decide, (lambda connection, new: tell(connection, new, said)) if tell else None)

    def usual(self, action: Action, life: Life) -> dict[str, str]:
        """What callers are told of a change when nobody writes words of their own; ``life``: the complaint after it."""
        due = self._due(life)
        return {lang: text.format(due=format_date(due, "long", locale=lang) if due else "") for lang, text in usual_words(action).items()}

    def _due(self, life: Life) -> date | None:
        if life.state not in WORKED_ON or life.received is None:
            return None
        return life.due or self.clocks.due(life.received)

    def day(self, at: float) -> date:
        """The operator's day of a moment (Unix seconds)."""
        return datetime.fromtimestamp(at, self._now().tzinfo).date()

    def _columns(self, found: Complaint, new: Life, days: Days, counted: bool) -> dict:
        now = self._now().timestamp()
        due = self._due(new)
        values: dict = {"state": new.state, "level": new.level, "due_on": due.isoformat() if due else None}
        if new.state == "answered":
            values["answered_at"] = now
        if not counted and new.state not in WORKED_ON and (new.state == "answered" or days.late):
            # The first answer counts; one that went to the regulator or was withdrawn for want of any stays a late one.
            values["in_time"] = not days.late
        if new.state == "regulator":
            values["referred_at"] = now
        if new.state in OVER:
            values["closed_at"] = now
        elif found.closed_at is not None:
            values["closed_at"] = None
        return values


@cache
def usual_words(action: str) -> dict[str, str]:
    """The usual words of a change by language, with places for what differs."""
    pair = next((words[key] for words in rooms().values() if (key := f"life.words.{action}") in words), None)
    return dict(zip(LANGS, pair, strict=True)) if pair else {}
