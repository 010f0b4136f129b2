"""How much typing the form that fills itself saves: fields of a call that were there when the agent answered, and stood."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hotline.records import Event, Records

KINDS = ("agent_answered", "field_heard", "field_edited", "field_rejected")
NEWEST = 20_000
"""Events looked through, from the newest back: habits of this month, not of last year."""


@dataclass(frozen=True)
class Prefilled:
    """Mean number of fields a call, over so many calls that an agent answered."""

    fields: float
    calls: int


def prefilled(events: Iterable[Event]) -> Prefilled | None:
    """Fields heard before the agent answered that no agent changed or rejected; None without an answered call."""
    there: dict[str, set[str]] = {}
    changed: dict[str, set[str]] = {}
    answered: set[str] = set()
    for event in events:
        if event.kind == "agent_answered":
            answered.add(event.call_id)
        elif event.kind == "field_heard" and event.call_id not in answered:
            there.setdefault(event.call_id, set()).add(event.data["field"])
        elif event.kind in ("field_edited", "field_rejected"):
            changed.setdefault(event.call_id, set()).add(event.data["field"])
    if not answered:
        return None
    return Prefilled(sum(len(there.get(call, set()) - changed.get(call, set())) for call in answered) / len(answered), len(answered))


def of_log(records: Records) -> Prefilled | None:
    """The newest calls of the log."""
    return prefilled(records.of_kinds(KINDS, NEWEST))
