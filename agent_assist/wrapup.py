"""The wrap-up of a call: outcome, summary, next deadline; kept with every change, saved once, with who wrote it."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from flask import Blueprint, abort, request

from agent_assist.live import LogEvent
from agent_assist.privacy import mask

LONGEST_SUMMARY = 2000


@dataclass(frozen=True)
class WrapUp:
    """What an agent writes about a call. ``due``: the next deadline, ISO date or ''."""

    outcome: str = ""
    summary: str = ""
    due: str = ""


class WrapUpError(ValueError):
    """A wrap-up cannot be used as it is; the text is a key of the desk's words."""


def checked(body: Any, outcomes: Collection[str], *, whole: bool) -> WrapUp:
    """What was sent, numbers masked. ``whole``: it is to be saved, so an outcome is needed. Raises ``WrapUpError``."""
    if not isinstance(body, dict) or not all(isinstance(body.get(name, ""), str) for name in ("outcome", "summary", "due")):
        raise WrapUpError("wrap.shape")
    outcome, summary, due = body.get("outcome", ""), body.get("summary", "").strip(), body.get("due", "").strip()
    if outcome not in outcomes and (outcome or whole):
        raise WrapUpError("wrap.outcome")
    if len(summary) > LONGEST_SUMMARY:
        raise WrapUpError("wrap.long")
    if due:
        try:
            due = datetime.date.fromisoformat(due).isoformat()
        except ValueError:
            raise WrapUpError("wrap.due") from None
    return WrapUp(outcome, mask(summary), due)


def handled_by(events: Sequence[LogEvent]) -> set[str]:
    """The agents who had this caller: answered, or took the call over from a colleague."""
    agents = {event.data["agent"] for event in events if event.kind == "agent_answered"}
    took = (event.data for event in events if event.kind == "consulted" and event.data["how"] == "took_over")
    return agents | {data["partner"] for data in took}


def saved(events: Sequence[LogEvent], agent: str) -> WrapUp | None:
    """The wrap-up of this agent that stands in the log, if there is one."""
    own = [event.data for event in events if event.kind == "disposition" and event.data["agent"] == agent]
    return WrapUp(own[-1]["outcome"], own[-1]["summary"], own[-1]["due"]) if own else None


class Log(Protocol):
    """What is needed of the records (``hotline.records.Records``)."""

    def events(self, call_id: str) -> Sequence[LogEvent]: ...
    def append(self, call_id: str, *events: tuple[str, dict[str, Any]]) -> Any: ...


class Drafts(Protocol):
    """Wrap-ups that are not saved yet (``hotline.drafts.Drafts``)."""

    def draft(self, call: str, agent: str) -> WrapUp | None: ...
    def keep(self, call: str, agent: str, wrap_up: WrapUp) -> None: ...
    def drop(self, call: str, agent: str) -> None: ...


def wrapup_blueprint(
    records: Log,
    drafts: Drafts,
    *,
    outcomes: Collection[str],
    propose: Callable[[str], WrapUp],
    ended: Callable[[str, str], None],
    settle: Callable[[str, str, str], None],
    who: Callable[[], str],
    words: Callable[[str], str],
) -> Blueprint:
    """``/desk/calls/<id>/wrap-up``: read it, keep it (``/draft``), save it; only by an agent who had the caller.

    ``propose(call)`` gives what is proposed; ``settle(agent, call, outcome)`` does with the complaint what the outcome
    means; ``ended(agent, call)`` is told that it was saved; ``words`` says a key in
    the agent's language, for refusals.
    """
    blueprint = Blueprint("wrapup", __name__, url_prefix="/desk/calls/<call_id>/wrap-up")
    saving = threading.Lock()

    def own(call_id: str) -> Sequence[LogEvent]:
        events = records.events(call_id)
        if not events:
            abort(404)
        if who() not in handled_by(events):
            abort(403)
        return events

    @blueprint.get("")
    def read(call_id: str) -> dict[str, Any]:
        events = own(call_id)
        written = saved(events, who())
        kept = drafts.draft(call_id, who())
        state = "draft" if kept else "saved" if written else "proposed"
        return {"state": state, **asdict(kept or written or propose(call_id)), "proposed": asdict(propose(call_id))}

    @blueprint.post("/draft")
    def keep(call_id: str) -> tuple[dict[str, Any], int] | dict[str, Any]:
        own(call_id)
        try:
            drafts.keep(call_id, who(), checked(request.get_json(silent=True), outcomes, whole=False))
        except WrapUpError as error:
            return {"error": words(str(error))}, 422
        return {"state": "draft"}

    @blueprint.post("")
    def save(call_id: str) -> tuple[dict[str, Any], int] | dict[str, Any]:
        own(call_id)
        try:
            wrap_up = checked(request.get_json(silent=True), outcomes, whole=True)
        except WrapUpError as error:
            return {"error": words(str(error))}, 422
        with saving:  # two at once: the second finds the first in the log
            if saved(records.events(call_id), who()) != wrap_up:
                records.append(call_id, ("disposition", {"agent": who(), **asdict(wrap_up)}))
                settle(who(), call_id, wrap_up.outcome)
        drafts.drop(call_id, who())
        ended(who(), call_id)
        return {"state": "saved", **asdict(wrap_up)}

    return blueprint
