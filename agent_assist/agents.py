"""Who is at work: the agents' states for the desk's bar, and the choice of one's own. Numbers are not told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from flask import Blueprint, abort, request


class Agents(Protocol):
    """The agents (``ivr.floor.Floor``)."""

    def agents(self) -> list[dict[str, Any]]: ...
    def set_state(self, agent: str, state: str) -> None: ...


def agents_blueprint(
    floor: Agents, *, now: Callable[[], float], may_set: Callable[[str], bool] = lambda agent: True
) -> Blueprint:
    """``/desk/agents``: list and choose states; ``now`` gives Unix seconds.

    ``may_set`` says whether whoever asks may choose this agent's state: one's own, or all for a supervisor.
    """
    blueprint = Blueprint("agents", __name__, url_prefix="/desk/agents")

    @blueprint.get("", strict_slashes=False)
    def listed() -> dict[str, Any]:
        return {"now": now(), "agents": floor.agents()}

    @blueprint.post("/<name>/state")
    def choose(name: str) -> dict[str, Any]:
        body = request.get_json(silent=True)
        state = body.get("state") if isinstance(body, dict) else None
        if not isinstance(state, str):
            abort(400)
        if not may_set(name):
            abort(403)
        try:
            floor.set_state(name, state)
        except KeyError:
            abort(404)
        except ValueError:
            abort(400)
        return listed()

    return blueprint
