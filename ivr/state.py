"""Where a call is in the menu: the state that the machine moves and the event log keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ivr.steps import Say


@dataclass(frozen=True)
class State:
    """Where a call is. Round-trips through JSON."""

    turn: int = 0
    since: int = 0
    """Turn in which the present question was first asked."""
    lang: str = "zh"
    step: str = "start"
    """A question's name, or start, file, lookup, raise, close, promise, queue, end, gone."""
    intent: str = "complain"
    option: str = ""
    """Menu option that was picked."""
    settled: tuple[str, ...] = ()
    """Questions that are answered or given up."""
    trail: tuple[str, ...] = ()
    """Questions that were asked before this one, for going back."""
    silent: int = 0
    missed: int = 0
    """How often the present question met silence, and an answer that did not help."""
    waits: int = 0
    told: bool = False
    """True once the caller has told what happened."""
    filed: bool = False
    known: tuple[str, ...] = ()
    category: str | None = None
    close: tuple[str, ...] = ()
    """Categories between which the caller is asked to choose; () when nothing points to any."""
    unsure: tuple[tuple[str, str], ...] = ()
    """Fields that are to be read back, with the value heard."""
    own: str = ""
    """The number that the caller calls from; '' when it is withheld."""
    opens: str = ""
    """When the line opens, ISO; '' while it is open."""
    about: str = ""
    """What yes or no is asked about (``terms.ASKED_ABOUT``)."""
    offered: str = ""
    """The value that yes confirms."""
    refused: int = 0
    """How often a value that was read back was wrong."""
    checked: tuple[str, ...] = ()
    """What was asked with yes and no and is settled."""
    number: str = ""
    """Complaint number that is being looked up or read out."""
    status: str = ""
    """State of that complaint."""
    wrong: int = 0
    """Tries to follow a complaint up that named none of the caller's own."""
    closing: str = ""
    """``withdrawn`` or ``accepted``: how the caller closes the complaint."""
    level: int = 0
    """Rung of the escalation ladder that the complaint was taken to."""
    then: str = ""
    """``queue`` when the call goes to an agent after filing."""
    skill: str = ""
    priority: int = 0
    saying: tuple[Say, ...] = ()

    def answers(self, step: str, turn: int | None) -> bool:
        """True when what was said at this question and turn answers the present one."""
        return step == self.step and (turn is None or turn >= self.since)

    def to_json(self) -> dict[str, Any]:
        """The state as JSON's types."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> State:
        """The opposite of ``to_json``; ``TypeError`` or ``KeyError`` for another shape."""
        lists = {name: tuple(data[name]) for name in ("settled", "trail", "known", "close", "checked")}
        lists["unsure"] = tuple((name, value) for name, value in data["unsure"])
        saying = tuple(
            Say(say["prompt"], tuple((name, value) for name, value in say["args"]), say["lang"], say["whole"])
            for say in data["saying"]
        )
        return cls(**{**data, **lists, "saying": saying})
