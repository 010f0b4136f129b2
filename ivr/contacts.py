"""The callers in agents' hands: ``ivr.contact`` decides, here it is kept and carried out. The floor holds the lock."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING

from ivr.callbacks import Rings
from ivr.contact import Contact, Drop, Event, Handled, Move, Note, NotMoved, Ring, Where, step
from ivr.crew import Crew
from ivr.duty import Roster
from ivr.ports import Records

if TYPE_CHECKING:
    from ivr.legs import LegUrls
    from ivr.ringing import Ringing

log = logging.getLogger(__name__)


SETTLED_S = 10.0
"""By then the carrier has said what it does with a caller whose agent is gone: a queue may have them again."""


class Contacts:
    """Contacts by the SID of the caller's call; every change is kept before it takes effect outside."""

    def __init__(
        self,
        crew: Crew,
        roster: Roster,
        records: Records,
        ringing: Ringing,
        carrier: Rings,
        urls: LegUrls,
        *,
        now: Callable[[], float],
        changed: threading.Condition,
        background: Executor,
    ) -> None:
        self._crew = crew
        self._roster = roster
        self._records = records
        self._ringing = ringing
        self._carrier = carrier
        self._urls = urls
        self._now = now
        self._changed = changed
        self._background = background
        self._contacts = {one.call: one for one in roster.contacts()}

    def get(self, call: str) -> Contact | None:
        """The contact of this caller, if there is one."""
        return self._contacts.get(call)

    def of_agent(self, name: str) -> Contact | None:
        """The contact that this agent has or helps with."""
        return next((one for one in self._contacts.values() if name and name in (one.agent, one.partner)), None)

    def begin(self, call: str, agent: str, skill: str) -> None:
        """The carrier has connected them."""
        self._keep(Contact(call, agent, self._now(), skill=skill))

    def forget(self, call: str) -> None:
        """The caller waits in a queue or is gone."""
        if self._contacts.pop(call, None) is not None:
            self._roster.forget_contact(call)

    def again(self) -> None:
        """Move callers whom no agent has any more once again: the carrier may not have heard the first time."""
        for one in self._contacts.values():
            if one.over and self._now() - one.since > SETTLED_S:
                self._background.submit(self._move, one.call, one, one.place)

    def act(self, call: str, event: Event) -> Contact:
        """Something happened or is wanted. Raises ``ivr.contact.NotNow``."""
        before = self._contacts[call]
        after, todo = step(before, event, self._now())
        legs = {name: self._crew[name].leg for name in (before.agent, before.partner) if name}
        happened = [(one.kind, dict(one.data)) for one in todo if isinstance(one, Note)]
        if happened:
            self._records.append(call, *happened)
        if after != before:
            self._keep(after)
        for one in todo:
            match one:
                case Move():
                    self._background.submit(self._move, call, after, before.place)
                case Ring():
                    self._ringing.for_help(self._crew[one.agent], call, after.agent)
                case Drop():
                    self._drop(one.agent, legs[one.agent])
                case Handled():
                    self._crew.wrap_up(self._crew[one.agent], one.talk_s, one.hold_s)
        if after.agent and after.agent != before.agent:
            self._took_over(after.agent)
        self._changed.notify_all()
        return after

    def _took_over(self, agent: str) -> None:
        duty = self._crew[agent]
        duty.helps, duty.joined_at, duty.queue = "", self._now(), "room"
        self._crew.keep(duty)

    def _drop(self, agent: str, leg: str) -> None:
        duty = self._crew[agent]
        if duty.helps:  # free once the phone is off, so that no new call meets a busy one
            duty.call = ""
            self._crew.keep(duty)
        if leg:
            self._ringing.hang_up(leg)

    def _keep(self, contact: Contact) -> None:
        self._contacts[contact.call] = contact
        self._roster.keep_contact(contact)

    def _move(self, call: str, contact: Contact, before: Where) -> None:
        """Have the caller ask what to hear now; where that fails the next request of the carrier tells it."""
        try:
            self._carrier.redirect(call, self._urls.held)
        except Exception as error:  # nobody waits for this
            log.warning("call %s: the carrier did not move it to %s: %s", call, contact.place, type(error).__name__)
            with self._changed:
                now = self._contacts.get(call)
                if contact.place == "hold" and now is not None and now.since == contact.since:
                    self.act(call, NotMoved(before))
