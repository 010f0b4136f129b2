"""The life of a complaint: its states, what may be done in each and by whom. Pure rules, no clock and no store.

    filed → in_progress → answered → accepted → closed
      └────────┴── escalated (level by level) ──┘   withdrawn
    answered, closed, or overdue → regulator → closed (upheld or rejected) or in_progress again (returned, with a day)

A complaint begins as a draft; filing it is ``complaints`` event ``complaint_filed``, every later change is
``complaint_changed`` with who, when, why and the words that its caller is told. The same rules decide for every
channel: what cannot be done is refused with a reason (``not.<reason>`` in the pages' words).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

State = Literal["draft", "filed", "in_progress", "answered", "accepted", "escalated", "regulator", "closed", "withdrawn"]
Action = Literal["file", "take_up", "answer", "accept", "escalate", "refer", "uphold", "return", "reject", "withdraw", "close"]

STATES: tuple[State, ...] = ("draft", "filed", "in_progress", "answered", "accepted", "escalated", "regulator", "closed", "withdrawn")
WORKED_ON: tuple[State, ...] = ("filed", "in_progress", "escalated")
"""The operator owes an answer: the clock runs."""
OPEN: tuple[State, ...] = (*WORKED_ON, "answered", "regulator")
"""Something can still be added, and its caller can withdraw it."""
OVER: tuple[State, ...] = ("closed", "withdrawn")

FROM: Mapping[Action, tuple[State, ...]] = {
    "file": ("draft",),
    "take_up": ("filed", "escalated"),
    "answer": WORKED_ON,
    "accept": ("answered",),
    "escalate": (*WORKED_ON, "answered"),
    "refer": (*WORKED_ON, "answered", "closed"),
    "uphold": ("regulator",),
    "return": ("regulator",),
    "reject": ("regulator",),
    "withdraw": OPEN,
    "close": ("answered", "accepted", "regulator"),
}
"""Action → the states in which it is possible."""
TO: Mapping[Action, State] = {
    "file": "filed", "take_up": "in_progress", "answer": "answered", "accept": "accepted", "escalate": "escalated", "refer": "regulator",
    "uphold": "closed", "return": "in_progress", "reject": "closed", "withdraw": "withdrawn", "close": "closed",
}  # fmt: skip
BY_CALLER: tuple[Action, ...] = ("accept", "escalate", "refer", "withdraw")
DECISIONS: tuple[Action, ...] = ("uphold", "return", "reject")
"""What the regulator decides: the caller is right, the operator answers anew by a day, the caller is not right."""
BY_AGENT: tuple[Action, ...] = ("take_up", "answer", "accept", "escalate", "refer", *DECISIONS, "withdraw", "close")
"""An agent also writes down what the caller says by telephone or at the counter, and what the regulator decided."""
WORK: tuple[Action, ...] = ("take_up", "answer")
"""What makes a complaint somebody's own: whose list it stands on from then on."""
LONGEST_RETURN = timedelta(366)
"""A returned complaint is answered within a year."""


class NotNow(Exception):
    """This cannot be done with the complaint as it stands; ``why`` is a word for the reason (``not.<why>``)."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Life:
    """Where a complaint is. ``level``: rung on the escalation ladder, 0 where it began.

    ``received``: the day from which an answer is owed: that of filing; that of the escalation when it had been answered,
    that of the return when the regulator gave it back. ``due``: the day that the regulator set, instead of the usual one.
    ``decided``: the regulator has said who is right.
    """

    state: State = "draft"
    level: int = 0
    received: date | None = None
    due: date | None = None
    decided: bool = False


@dataclass(frozen=True)
class Days:
    """The days that decide: today, the day by which it is answered, the last day of an appeal (None: no limit known)."""

    today: date
    due: date | None = None
    appeal_until: date | None = None

    @property
    def late(self) -> bool:
        """The answer is overdue."""
        return self.due is not None and self.today > self.due


def refusal(life: Life, action: Action, days: Days, ladder: int) -> str | None:
    """Why the action is not possible now, as a word; None when it is. ``ladder``: number of levels above the first."""
    if life.state in OVER and life.state not in FROM[action]:
        return "closed"
    if life.state not in FROM[action]:
        return _in_this_state(life.state, action)
    if action == "escalate":
        if life.level >= ladder:
            return "top"
        if life.state != "answered" and days.late:
            return "late"  # no answer in time: the regulator is open now, a higher level would only take longer
    if action == "refer":
        if life.decided:
            return "decided"
        if life.state in WORKED_ON and not days.late:
            return "not_due"
        if days.appeal_until is not None and days.today > days.appeal_until:
            return "appeal_over"
    return None


def _in_this_state(state: State, action: Action) -> str:
    match action:
        case "accept" | "close" if state in WORKED_ON:
            return "unanswered"
        case "accept":
            return "closed" if state == "accepted" else "unanswered"
        case "take_up":
            return "taken_up" if state == "in_progress" else "answered" if state == "answered" else "closed"
        case "answer":
            return "answered" if state in ("answered", "accepted") else "closed"
        case "file":
            return "filed"
        case "uphold" | "return" | "reject":
            return "not_referred"
    return "regulator" if state == "regulator" else "closed"


def may(life: Life, days: Days, ladder: int) -> frozenset[Action]:
    """All that is possible now."""
    return frozenset(action for action in FROM if action != "file" and refusal(life, action, days, ladder) is None)


def after(life: Life, action: Action, days: Days, ladder: int, due: date | None = None) -> Life:
    """The complaint after this action. ``due``: the day that the regulator sets when it returns one. Raises ``NotNow``."""
    why = refusal(life, action, days, ladder)
    if why is None and due is not None and (action != "return" or not days.today <= due <= days.today + LONGEST_RETURN):
        why = "day"
    if why is not None:
        raise NotNow(why)
    if action == "file":
        return Life("filed", 0, days.today)
    return _moved(life, action, TO[action], life.level + (action == "escalate"), days.today, due)


def _moved(life: Life, action: str, state: State, level: int, day: date, due: date | None) -> Life:
    new = replace(life, state=state, level=level, decided=life.decided or action in ("uphold", "reject"))
    if action == "return":
        return replace(new, received=day, due=due)
    if action == "escalate" and life.state == "answered":
        # An answer that did not satisfy is a new matter for the next level; an unanswered one keeps its day.
        return replace(new, received=day)
    return replace(new, due=None) if action in ("answer", "refer") else new


def replayed(filed: date, changes: Iterable[tuple[date, Mapping[str, Any]]]) -> Life:
    """The complaint as its events tell it: the day of filing, then (day, data of ``complaint_changed``) in order."""
    life = Life("filed", 0, filed)
    for day, data in changes:
        due = date.fromisoformat(data["due"]) if data.get("due") else None
        life = _moved(replace(life, state=data["from"]), data["action"], data["state"], data["level"], day, due)
    return life
