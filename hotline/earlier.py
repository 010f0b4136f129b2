"""Complaints on file as their callers change them by telephone: the ledger, answered as the phone asks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from complaints.ledger import Ledger
from complaints.life import NotNow
from complaints.reception import Reception
from hotline.records import Also, Complaint, Records
from ivr.staff import Outcome

log = logging.getLogger(__name__)

CLOSING = {"withdrawn": "withdraw", "accepted": "accept"}


class Earlier:
    """What ``ivr.ports.Earlier`` asks for."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def escalate(self, call_id: str, number: str, tell: Also | None = None) -> int:
        """Take it to the next level, once a call; its level, 0 where that is not possible. ``tell`` writes along what the caller is told."""
        try:
            return self._ledger.act(number, "escalate", by="caller", during=call_id, tell=_telling(tell)).level
        except NotNow:
            return 0

    def close(self, call_id: str, number: str, how: str, tell: Also | None = None) -> bool:
        """Withdraw it or accept the answer, once a call; False where that is not possible any more."""
        try:
            self._ledger.act(number, CLOSING[how], by="caller", during=call_id, tell=_telling(tell))  # type: ignore[arg-type]
        except NotNow:
            return False
        return True


def _telling(tell: Also | None) -> Callable[[Any, Complaint, Any], None] | None:
    """As the ledger calls it: what is told on the phone's channel are its own words, not those of the change."""
    return None if tell is None else lambda connection, found, words: tell(connection, found)


def settlement(records: Records, reception: Reception, outcomes: Sequence[Outcome]) -> Callable[[str, str, str], None]:
    """What the outcome of a wrap-up does with the call's complaint: called with agent, call and outcome."""
    does = {one.name: one.does for one in outcomes}

    def settle(agent: str, call: str, outcome: str) -> None:
        action = does.get(outcome)
        about = [event.data["number"] for event in records.events(call) if event.kind in ("complaint_filed", "followed_up")]
        if not action or not about:
            return
        try:
            reception.act(about[-1], action, source=f"{call} {agent}", by=agent)
        except NotNow as refused:
            # The wrap-up stands: what the complaint has come to meanwhile is newer.
            log.info("an outcome changed nothing: %s", refused.why)

    return settle
