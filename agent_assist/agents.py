"""Agents at work: states for the desk's bar, the choice of one's own, what is done with the caller. No number is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from flask import Blueprint, abort, request

LONGEST_NOTE = 500


class Agents(Protocol):
    """The agents (``ivr.floor.Floor``)."""

    def agents(self) -> list[dict[str, Any]]: ...
    def set_state(self, agent: str, state: str, reason: str = "") -> None: ...


class Work(Protocol):
    """What agents do with their callers (``ivr.work.Work``)."""

    def of(self, agent: str) -> dict[str, Any] | None: ...
    def queues(self) -> list[dict[str, Any]]: ...
    def callbacks(self) -> list[dict[str, Any]]: ...
    def do(self, agent: str, what: str, *, to: str = "", note: str = "") -> None: ...
    def call_back(self, agent: str, call: str) -> None: ...


def agents_blueprint(
    floor: Agents,
    work: Work,
    *,
    now: Callable[[], float],
    who: Callable[[], str],
    words: Callable[[str], str],
    hide: Callable[[str], str],
    unsaved: Callable[[str], list[str]] = lambda agent: [],
    may_set: Callable[[str], bool] = lambda agent: True,
) -> Blueprint:
    """``/desk/agents``: states, queues, one's own work; choosing a state, and what is done with the caller.

    ``now`` gives Unix seconds; ``who`` names the user, who acts only for himself; ``may_set`` says whether the user may
    choose this agent's state: one's own, or all for a supervisor; ``words`` says a key in the user's language;
    ``hide`` masks numbers in a note; ``unsaved`` gives the calls whose wrap-up this agent has begun and not saved.
    """
    blueprint = Blueprint("agents", __name__, url_prefix="/desk/agents")

    @blueprint.get("", strict_slashes=False)
    def listed() -> dict[str, Any]:
        return {
            "now": now(),
            "agents": floor.agents(),
            "me": work.of(who()),
            "unsaved": unsaved(who()),
            "queues": work.queues(),
            "callbacks": work.callbacks(),
        }

    @blueprint.post("/<name>/state")
    def choose(name: str) -> dict[str, Any]:
        body = _body()
        state, reason = body.get("state"), body.get("reason", "")
        if not isinstance(state, str) or not isinstance(reason, str):
            abort(400)
        if not may_set(name):
            abort(403)
        try:
            floor.set_state(name, state, reason)
        except KeyError:
            abort(404)
        except ValueError:
            abort(400)
        return listed()

    @blueprint.post("/me/<what>")
    def act(what: str) -> tuple[dict[str, Any], int] | dict[str, Any]:
        body = _body()
        to, note = body.get("to", ""), body.get("note", "")
        if not isinstance(to, str) or not isinstance(note, str) or len(note) > LONGEST_NOTE:
            abort(400)
        return done(lambda: work.do(who(), what, to=to, note=hide(note.strip())))

    @blueprint.post("/me/call-back/<call_id>")
    def call_back(call_id: str) -> tuple[dict[str, Any], int] | dict[str, Any]:
        return done(lambda: work.call_back(who(), call_id))

    def done(act: Callable[[], None]) -> tuple[dict[str, Any], int] | dict[str, Any]:
        if work.of(who()) is None:
            abort(403)
        try:
            act()
        except KeyError:
            abort(404)
        except ValueError as why:
            return {"error": words(f"not.{why}")}, 409
        return listed()

    return blueprint


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        abort(400)
    return body
