"""The floor: who waits, who answers, whose phone is rung. Live, thread-safe, and rebuilt from the records.

Behind one lock: the callers who wait (``ivr.lineup``), the agents (``ivr.crew``), whose phone rings (``ivr.ringing``),
callers in agents' hands (``ivr.contacts``) and promised call-backs (``ivr.callbacks``). Which caller an agent gets is
known for sure only when the carrier says so (``joining``), so the books follow the carrier.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from typing import Any, Literal

from ivr import distribution
from ivr.callbacks import Callbacks, Rings
from ivr.contact import CallerGone, Contact, Gone, Inside
from ivr.contacts import Contacts
from ivr.crew import Crew
from ivr.distribution import Entry
from ivr.duty import Callback, Duty, Roster
from ivr.legs import LegUrls, Whisper, whisper_for
from ivr.lineup import Lineup, Waiting
from ivr.ports import Records, Texts
from ivr.reaper import how_it_ended
from ivr.ringing import Ringing
from ivr.script import Script
from ivr.watch import Watch

log = logging.getLogger(__name__)

Done = Literal["over", "gone", "room"]

SETTABLE = ("available", "break", "offline", "wrap_up")
"""States that an agent may choose."""

LOOK_S = 60.0
"""So often the carrier is asked about calls to agents and customers whose end it may not have reported."""


class Floor:
    """Callers who wait, agents, call-backs.

    ``now`` gives Unix seconds; ``background`` runs what must not keep a webhook waiting: requests to the carrier.
    """

    def __init__(
        self,
        script: Script,
        roster: Roster,
        records: Records,
        carrier: Rings,
        urls: LegUrls,
        *,
        texts: Texts,
        now: Callable[[], float],
        background: Executor,
    ) -> None:
        self.script = script
        self._records = records
        self._carrier = carrier
        self._now = now
        self.changed = threading.Condition(threading.RLock())
        self._looked = now() - LOOK_S  # what happened while nobody looked is asked at once
        self.lineup = Lineup()
        self.crew = Crew(script, roster, records, now)
        self.callbacks = Callbacks(
            script, roster, records, carrier, urls, texts=texts, now=now, failed=self._callback_failed
        )
        self.ringing = Ringing(
            self.lineup, self.crew, self.callbacks, records, carrier, urls,
            ring_s=script.queue.ring_s, changed=self.changed, background=background, failed=self.rang,
        )  # fmt: skip
        self.contacts = Contacts(
            self.crew, roster, records, self.ringing, carrier, urls,
            now=now, changed=self.changed, background=background,
        )  # fmt: skip
        self.lineup.restore(records, self.callbacks.of_leg)
        self._watch = Watch("floor", self.tick, self.changed)

    # -- callers -------------------------------------------------------------------

    def joined(self, sid: str, skill: str, priority: int, since: float) -> None:
        """A caller begins to wait (``since``: Unix seconds). Nobody is rung before the carrier has them in its queue."""
        with self.changed:
            self.contacts.forget(sid)
            callback = self.callbacks.of_leg(sid)
            if callback is not None:
                since = callback.since
                self.callbacks.taken_up(callback)
            self.lineup.add(sid, skill, priority, since, self._now())

    def arrived(self, sid: str) -> float | None:
        """The carrier has this caller in its queue (it says so again and again); the wait estimated at first, seconds.

        The order is that of arriving there, since the carrier connects whoever came first.
        """
        with self.changed:
            waiting = self.lineup.get(sid)
            if waiting is None:
                return None
            if not waiting.here:
                self.contacts.forget(sid)  # an agent was lost before the two could talk
                first = self.lineup.arrive(waiting, self._now())
                callback = self.callbacks.of_leg(sid)
                if callback is not None:
                    self.crew.release(callback.token)
                if first:
                    waiting.told = self._estimate(waiting)
                self.ringing.pump()
            return waiting.told

    def away(self, sid: str) -> None:
        """The call is not in the carrier's queue for the moment, and will be again."""
        with self.changed:
            waiting = self.lineup.get(sid)
            if waiting is not None:
                waiting.here = False

    def left(self, sid: str) -> None:
        """The caller waits no longer."""
        with self.changed:
            waiting = self.lineup.pop(sid)
            if waiting is None or waiting.taken:
                return
            for duty in self.crew:
                if duty.call == sid and duty.state == "ringing" and duty.queue:
                    self.ringing.instead(duty)

    def ended(self, sid: str) -> None:
        """The call is over, however."""
        with self.changed:
            contact = self.contacts.get(sid)
            if contact is not None:
                self.contacts.act(sid, CallerGone())
                self.contacts.forget(sid)
            self.left(sid)
            callback = self.callbacks.of_leg(sid)
            if callback is not None:
                if callback.state == "ringing":
                    self._callback_missed(callback)
                elif callback.state == "answered":
                    self.crew.release(callback.token)
                    self.callbacks.close(callback, "left")
                    self.ringing.pump()

    def contact(self, sid: str) -> Contact | None:
        """In which agent's hands this caller is and what is to be heard there; None: in nobody's."""
        with self.changed:
            return self.contacts.get(sid)

    def talking(self, leg: str) -> str | None:
        """The caller with whom the agent of this call talks now; None for nobody, and while the caller is on hold."""
        with self.changed:
            duty = self.crew.of_leg(leg)
            contact = self.contact(duty.call) if duty is not None and duty.call else None
            if contact is None or contact.place not in ("talk", "room"):
                return None
            return contact.call

    def legs_with(self, sid: str) -> list[str]:
        """The calls of the agents who talk with this caller now."""
        with self.changed:
            return [duty.leg for duty in self.crew if duty.leg and duty.call == sid and self.talking(duty.leg) == sid]

    def position(self, sid: str) -> int | None:
        """The caller's place among those who compete for the same agents, from 1; None: does not wait."""
        with self.changed:
            waiting = self.lineup.get(sid)
            if waiting is None:
                return None
            return distribution.position(waiting.entry, self._unserved(), self.crew.agents())

    def estimate(self, sid: str) -> float | None:
        """Seconds that this caller has still to wait, as far as is known now; None: too little is known."""
        with self.changed:
            waiting = self.lineup.get(sid)
            return None if waiting is None else self._estimate(waiting)

    # -- agents --------------------------------------------------------------------

    def agents(self) -> list[dict[str, Any]]:
        """Every agent: name, skills, state, since (Unix seconds), and the state that follows the present call."""
        with self.changed:
            return self.crew.shown()

    def set_state(self, agent: str, state: str, reason: str = "") -> None:
        """The agent chooses a state, for a break with its reason; during a call it follows the wrap-up.

        Raises ``KeyError`` for an unknown agent and ``ValueError`` for a state or reason that cannot be chosen.
        """
        reasons = {one.name for one in self.script.breaks} if state == "break" else set()
        if state not in SETTABLE or (reason and reason not in reasons):
            raise ValueError(state)
        with self.changed:
            duty = self.crew[agent]
            if duty.state in ("ringing", "busy"):
                duty.wish = state if state in ("break", "offline") else ""
                duty.reason = reason
                self.crew.keep(duty)
                return
            if duty.state == "wrap_up" and state != "wrap_up":
                self.crew.wrapped(duty)
            again = duty.state == state != "wrap_up" and duty.reason == reason
            duty.wish, duty.reason = "", reason
            if not again:
                self.crew.enter(duty, state)
            self.ringing.pump()

    def answered(self, offer: str, leg: str) -> Whisper | None:
        """An agent has taken the call; who will be at the head of the queue. None: nobody is there any more."""
        with self.changed:
            duty = self.crew.of_offer(offer)
            if duty is None:
                return None
            duty.leg = leg
            if duty.helps:
                return self._came_to_help(duty)
            if duty.state == "ringing":
                claimed = {one.call for one in self.crew if one.state == "busy"}
                heads = (one for one in self.lineup.in_queue(duty.queue) if one.entry.call not in claimed)
                head = next(heads, None)
                if head is None:
                    self.crew.free(duty)
                    self.ringing.pump()
                    return None
                self.crew.swap(duty, head.entry.call)
                duty.state, duty.since = "busy", self._now()
                self.crew.keep(duty)
            return whisper_for(self._records, duty.call, duty.queue)

    def joining(self, sid: str, leg: str) -> None:
        """The carrier connects this caller with this agent's call."""
        with self.changed:
            duty = self.crew.of_leg(leg)
            if duty is None or duty.joined_at is not None:
                if duty is None:
                    log.warning("call %s is connected with a call that is no agent's", sid)
                return
            waiting = self.lineup.get(sid)
            self.crew.swap(duty, sid)
            now = self._now()
            duty.state, duty.since, duty.joined_at = "busy", now, now
            self.crew.keep(duty)
            since, told, skill = now, None, duty.queue.partition(".")[0]
            if waiting is not None:
                since, told, skill = waiting.since, waiting.told, waiting.entry.skill
                waiting.here, waiting.taken = False, True
            self.contacts.begin(sid, duty.name, skill)
            answered = {"agent": duty.name, "waited_s": round(now - since, 1), "estimate_s": told}
            self._records.append(sid, ("agent_answered", answered))
            callback = self.callbacks.of_leg(sid)
            if callback is not None:
                self.callbacks.close(callback, "done")

    def done(self, offer: str) -> tuple[Done, str]:
        """The agent's connection is over, or none came about: what follows, and for ``room`` whose caller it is about.

        ``over``: they have talked; ``gone``: the caller is not there; ``room``: the caller is on hold, the agent waits.
        """
        with self.changed:
            duty = self.crew.of_offer(offer)
            if duty is None:
                return "over", ""  # its end came before: nothing is to be said
            contact = self.contacts.of_agent(duty.name)
            if contact is not None and contact.place != "talk":
                return "room", contact.call
            if contact is not None:
                self.contacts.act(contact.call, Gone(duty.name))
                return "over", ""
            if duty.helps:
                return "over", ""  # free once the phone is off
            self.crew.free(duty)
            self.ringing.pump()
            return "gone", ""

    def rang(self, offer: str, status: str) -> None:
        """The call to an agent is over, with this last status."""
        with self.changed:
            duty = self.crew.of_offer(offer)
            if duty is None:
                return
            contact = self.contacts.of_agent(duty.name)
            helping = bool(duty.helps)
            if contact is not None:
                self.contacts.act(contact.call, Gone(duty.name))
            if contact is None or helping:
                self.ringing.missed(duty, status)

    def _came_to_help(self, duty: Duty) -> Whisper | None:
        contact = self.contacts.get(duty.call)
        if contact is None or contact.partner != duty.name:
            return None
        if duty.state == "ringing":
            self.contacts.act(duty.call, Inside())
            self.crew.enter(duty, "busy")
        return whisper_for(self._records, duty.call, "", asks=duty.helps)

    # -- call-backs ----------------------------------------------------------------

    def call_back(
        self,
        sid: str,
        number: str,
        skill: str,
        priority: int,
        since: float,
        lang: str,
        complaint_number: str = "",
        not_before: float = 0.0,
    ) -> None:
        """Promise to call this number when its turn comes, as if the caller of ``sid`` had gone on waiting.

        ``since`` and ``not_before`` are Unix seconds; before ``not_before`` nobody is called.
        """
        with self.changed:
            self.callbacks.add(
                Callback(0, sid, number, skill, priority, since, lang, complaint_number, not_before=not_before)
            )
            self.ringing.pump()

    def called(self, token: str, leg: str) -> Callback | None:
        """The call-back whose present attempt is this call; None when it is over."""
        with self.changed:
            callback = self.callbacks.of_token(token)
            if callback is not None:
                self.callbacks.known(callback, leg)
            return callback

    # -- time ----------------------------------------------------------------------

    def start(self) -> None:
        """Begin to watch the time, in a thread of its own."""
        self._watch.start()

    def stop(self) -> None:
        """Watch no more."""
        self._watch.stop()

    def tick(self) -> float:
        """Do what is due; returns the seconds until there is more to do, at most ``LOOK_S``."""
        with self.changed:
            now = self._now()
            for duty in self.crew:
                late_at = self.crew.late_at(duty)
                if late_at is not None and late_at <= now:
                    self._late(duty)
                elif duty.offer and not duty.queue and not duty.helps and self.callbacks.of_token(duty.offer) is None:
                    self.crew.free(duty)  # what it was kept for has come to nothing
            for callback in self.callbacks.late():
                self._callback_missed(callback)
            self.ringing.pump()
            look = now - self._looked >= LOOK_S
            self._looked = now if look else self._looked
        if look:
            self.look()
        with self.changed:
            return min(max(min(self._next_at(), default=now + LOOK_S) - self._now(), 0.05), LOOK_S)

    def look(self) -> None:
        """Ask the carrier about calls to agents and customers whose end it may not have reported."""
        with self.changed:
            self.contacts.again()
            offers = [(duty.offer, duty.leg) for duty in self.crew if duty.offer and duty.leg]
            legs = self.callbacks.legs()
        for offer, leg in offers:
            status = how_it_ended(self._carrier.status, leg)
            if status:
                log.info("the call to an agent, %s, was over and had not been closed: %s", leg, status)
                self.rang(offer, status)
        for leg in legs:
            status = how_it_ended(self._carrier.status, leg)
            if status:
                self.ended(leg)

    # -- inside, with the lock held --------------------------------------------------

    def _next_at(self) -> Iterator[float]:
        yield from (at for duty in self.crew if (at := self.crew.late_at(duty)) is not None)
        now = self._now()
        # What is due and was not done waits for an agent, not for the time.
        yield from (at for at in self.callbacks.next_at() if at > now)

    def _late(self, duty: Duty) -> None:
        if duty.state == "wrap_up":
            self.crew.wrapped(duty)
            self.crew.free(duty)
        else:
            self.rang(duty.offer, "lost")

    def _callback_missed(self, callback: Callback) -> None:
        self.crew.release(callback.token)
        self.callbacks.missed(callback)
        self.ringing.pump()

    def _callback_failed(self, token: str) -> None:
        with self.changed:
            callback = self.callbacks.of_token(token)
            if callback is not None and callback.state == "ringing":
                self._callback_missed(callback)

    def _unserved(self) -> list[Entry]:
        """Those for whom nobody is rung yet."""
        return [*self.lineup.unserved(self.crew.rung()), *self.callbacks.entries()]

    def _estimate(self, waiting: Waiting) -> float | None:
        if any(duty.call == waiting.entry.call and duty.offer for duty in self.crew):
            return 0.0
        estimate = distribution.estimate(waiting.entry, self._unserved(), self.crew.agents(), self.crew.aht_s())
        return None if estimate is None else round(estimate, 1)

