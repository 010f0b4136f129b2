"""The floor: who waits, who answers, whose phone is rung. Live, thread-safe, and rebuilt from the records.

``ivr.distribution`` decides who gets whom; here it is carried out: the agent's
phone is rung by REST, and when it is taken, ``<Dial><Queue>`` connects the head of
the carrier's queue. Which caller that was is known for sure only when the carrier
says so (``joining``), so the books follow the carrier.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from typing import Any

from ivr import distribution
from ivr.callbacks import TOP_PRIORITY, Callbacks, Rings
from ivr.crew import Crew
from ivr.distribution import Entry
from ivr.duty import Callback, Duty, Roster
from ivr.legs import LegUrls, Whisper, whisper_for
from ivr.lineup import Lineup, Waiting
from ivr.ports import Records
from ivr.reaper import how_it_ended
from ivr.script import Script
from ivr.trouble import where
from ivr.twiml import queue_name

log = logging.getLogger(__name__)

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
        now: Callable[[], float],
        background: Executor,
    ) -> None:
        self._queue = script.queue
        self._records = records
        self._carrier = carrier
        self._urls = urls
        self._now = now
        self._background = background
        self._changed = threading.Condition(threading.RLock())
        self._stopped = False
        self._looked = now() - LOOK_S  # what happened while nobody looked is asked at once
        self._lineup = Lineup()
        self._crew = Crew(script, roster, records, now)
        self._callbacks = Callbacks(
            script, roster, records, carrier, urls, now=now, background=background, failed=self._callback_failed
        )
        self._lineup.restore(records, self._callbacks.of_leg)

    # -- callers -------------------------------------------------------------------

    def joined(self, sid: str, skill: str, priority: int, since: float) -> None:
        """A caller begins to wait (``since``: Unix seconds). Nobody is rung before the carrier has them in its queue."""
        with self._changed:
            callback = self._callbacks.of_leg(sid)
            if callback is not None:
                since = callback.since
                self._callbacks.taken_up(callback)
            self._lineup.add(sid, skill, priority, since, self._now())

    def arrived(self, sid: str) -> float | None:
        """The carrier has this caller in its queue (it says so again and again); the wait estimated at first, seconds.

        The order is that of arriving there, since the carrier connects whoever came first.
        """
        with self._changed:
            waiting = self._lineup.get(sid)
            if waiting is None:
                return None
            if not waiting.here:
                first = self._lineup.arrive(waiting, self._now())
                callback = self._callbacks.of_leg(sid)
                if callback is not None:
                    self._crew.release(callback.token)
                if first:
                    waiting.told = self._estimate(waiting)
                self._pump()
            return waiting.told

    def away(self, sid: str) -> None:
        """The call is not in the carrier's queue for the moment, and will be again."""
        with self._changed:
            waiting = self._lineup.get(sid)
            if waiting is not None:
                waiting.here = False

    def left(self, sid: str) -> None:
        """The caller waits no longer."""
        with self._changed:
            waiting = self._lineup.pop(sid)
            if waiting is None or waiting.taken:
                return
            for duty in self._crew:
                if duty.call == sid and duty.state == "ringing":
                    self._instead(duty)

    def ended(self, sid: str) -> None:
        """The call is over, however."""
        with self._changed:
            self.left(sid)
            callback = self._callbacks.of_leg(sid)
            if callback is not None:
                if callback.state == "ringing":
                    self._callback_missed(callback)
                elif callback.state == "answered":
                    self._crew.release(callback.token)
                    self._callbacks.close(callback, "left")
                    self._pump()

    def position(self, sid: str) -> int | None:
        """The caller's place among those who compete for the same agents, from 1; None: does not wait."""
        with self._changed:
            waiting = self._lineup.get(sid)
            if waiting is None:
                return None
            return distribution.position(waiting.entry, self._unserved(), self._crew.agents())

    def estimate(self, sid: str) -> float | None:
        """Seconds that this caller has still to wait, as far as is known now; None: too little is known."""
        with self._changed:
            waiting = self._lineup.get(sid)
            return None if waiting is None else self._estimate(waiting)

    # -- agents --------------------------------------------------------------------

    def agents(self) -> list[dict[str, Any]]:
        """Every agent: name, skills, state, since (Unix seconds), and the state that follows the present call."""
        with self._changed:
            return self._crew.shown()

    def set_state(self, agent: str, state: str) -> None:
        """The agent chooses a state; during a call it follows the wrap-up.

        Raises ``KeyError`` for an unknown agent and ``ValueError`` for a state that cannot be chosen.
        """
        if state not in SETTABLE:
            raise ValueError(state)
        with self._changed:
            duty = self._crew[agent]
            if duty.state in ("ringing", "busy"):
                duty.wish = state if state in ("break", "offline") else ""
                self._crew.keep(duty)
                return
            if duty.state == "wrap_up" and state != "wrap_up":
                self._crew.wrapped(duty)
            duty.wish = ""
            if duty.state != state or state == "wrap_up":
                self._crew.enter(duty, state)
            self._pump()

    def answered(self, offer: str, leg: str) -> Whisper | None:
        """An agent has taken the call; who will be at the head of the queue. None: nobody is there any more."""
        with self._changed:
            duty = self._crew.of_offer(offer)
            if duty is None:
                return None
            duty.leg = leg
            if duty.state == "ringing":
                claimed = {one.call for one in self._crew if one.state == "busy"}
                heads = (one for one in self._lineup.in_queue(duty.queue) if one.entry.call not in claimed)
                head = next(heads, None)
                if head is None:
                    self._crew.free(duty)
                    self._pump()
                    return None
                self._crew.swap(duty, head.entry.call)
                duty.state, duty.since = "busy", self._now()
                self._crew.keep(duty)
            return whisper_for(self._records, duty.call, duty.queue)

    def joining(self, sid: str, leg: str) -> None:
        """The carrier connects this caller with this agent's call."""
        with self._changed:
            duty = self._crew.of_leg(leg)
            if duty is None or duty.joined_at is not None:
                if duty is None:
                    log.warning("call %s is connected with a call that is no agent's", sid)
                return
            waiting = self._lineup.get(sid)
            self._crew.swap(duty, sid)
            now = self._now()
            duty.state, duty.since, duty.joined_at = "busy", now, now
            self._crew.keep(duty)
            since, told = now, None
            if waiting is not None:
                since, told = waiting.since, waiting.told
                waiting.here, waiting.taken = False, True
            answered = {"agent": duty.name, "waited_s": round(now - since, 1), "estimate_s": told}
            self._records.append(sid, ("agent_answered", answered))
            callback = self._callbacks.of_leg(sid)
            if callback is not None:
                self._callbacks.close(callback, "done")

    def done(self, offer: str) -> bool:
        """The agent's connection is over, or none came about; True when the two have talked."""
        with self._changed:
            duty = self._crew.of_offer(offer)
            if duty is None:
                return True  # its end came before: nothing is to be said
            if duty.joined_at is not None:
                self._wrap_up(duty)
                return True
            self._crew.free(duty)
            self._pump()
            return False

    def rang(self, offer: str, status: str) -> None:
        """The call to an agent is over, with this last status."""
        with self._changed:
            duty = self._crew.of_offer(offer)
            if duty is None:
                return
            if duty.joined_at is not None:
                self._wrap_up(duty)
            else:
                self._missed(duty, status)

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
        with self._changed:
            self._callbacks.add(
                Callback(0, sid, number, skill, priority, since, lang, complaint_number, not_before=not_before)
            )
            self._pump()

    def called(self, token: str, leg: str) -> Callback | None:
        """The call-back whose present attempt is this call; None when it is over."""
        with self._changed:
            callback = self._callbacks.of_token(token)
            if callback is not None:
                self._callbacks.known(callback, leg)
            return callback

    # -- time ----------------------------------------------------------------------

    def start(self) -> None:
        """Begin to watch the time, in a thread of its own."""
        threading.Thread(target=self._watch, name="floor", daemon=True).start()

    def stop(self) -> None:
        """Watch no more."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def tick(self) -> float:
        """Do what is due; returns the seconds until there is more to do, at most ``LOOK_S``."""
        with self._changed:
            now = self._now()
            for duty in self._crew:
                late_at = self._crew.late_at(duty)
                if late_at is not None and late_at <= now:
                    self._late(duty)
                elif duty.offer and not duty.queue and self._callbacks.of_token(duty.offer) is None:
                    self._crew.free(duty)  # what it was kept for has come to nothing
            for callback in self._callbacks.late():
                self._callback_missed(callback)
            self._pump()
            look = now - self._looked >= LOOK_S
            self._looked = now if look else self._looked
        if look:
            self.look()
        with self._changed:
            return min(max(min(self._next_at(), default=now + LOOK_S) - self._now(), 0.05), LOOK_S)

    def look(self) -> None:
        """Ask the carrier about calls to agents and customers whose end it may not have reported."""
        with self._changed:
            offers = [(duty.offer, duty.leg) for duty in self._crew if duty.offer and duty.leg]
            legs = self._callbacks.legs()
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

    def _watch(self) -> None:
        while True:
            try:
                seconds = self.tick()
            except Exception as error:  # one bad round must not end all later ones
                log.error("floor: %s", where(error))
                seconds = LOOK_S / 10
            with self._changed:
                if not self._stopped:
                    self._changed.wait(seconds)
                if self._stopped:
                    return

    def _next_at(self) -> Iterator[float]:
        yield from (at for duty in self._crew if (at := self._crew.late_at(duty)) is not None)
        now = self._now()
        # What is due and was not done waits for an agent, not for the time.
        yield from (at for at in self._callbacks.next_at() if at > now)

    def _late(self, duty: Duty) -> None:
        if duty.state == "wrap_up":
            self._crew.wrapped(duty)
            self._crew.free(duty)
        else:
            self._missed(duty, "lost")

    def _pump(self) -> None:
        """Ring whom the rule says."""
        self._changed.notify_all()  # what is due next may have changed
        ready = self._lineup.ready(self._crew.rung())
        rings = []
        for entry, agent in distribution.assign([*ready, *self._callbacks.entries()], self._crew.agents()):
            duty = self._crew[agent.name]
            duty.offer, duty.leg, duty.call, duty.queue = secrets.token_hex(16), "", "", ""
            if entry.callback:
                callback = self._callbacks.named(entry)
                self._callbacks.begin(callback, duty.offer)
                rings.append((self._callbacks.ring, callback, duty.offer))
            else:
                self._records.append(entry.call, ("agent_rung", {"agent": duty.name}))
                duty.call, duty.queue = entry.call, queue_name(entry.skill, entry.priority)
                rings.append((self._ring, duty, duty.offer))
            self._crew.enter(duty, "ringing")
        for ring, whom, offer in rings:
            self._background.submit(ring, whom, offer)

    def _ring(self, duty: Duty, offer: str) -> None:
        try:
            leg = self._carrier.ring(
                self._crew.number(duty),
                self._urls.agent("answer", offer),
                self._urls.agent("status", offer),
                self._queue.ring_s,
            )
        except Exception as error:  # nobody waits for this; another agent is rung
            log.warning("agent %s: the carrier did not ring: %s", duty.name, type(error).__name__)
            self.rang(offer, "failed")
            return
        with self._changed:
            if duty.offer == offer and duty.leg != leg:
                duty.leg = leg
                self._crew.keep(duty)
                if duty.state == "ringing" and duty.call not in self._lineup:
                    self._instead(duty)

    def _instead(self, duty: Duty) -> None:
        """The caller for whom this agent is rung is gone: somebody else of the same queue, or ring no longer."""
        rung = self._crew.rung()
        others = (one.entry.call for one in self._lineup.in_queue(duty.queue) if one.entry.call not in rung)
        instead = next(others, None)
        if instead is not None:
            duty.call = instead
            self._records.append(duty.call, ("agent_rung", {"agent": duty.name}))
            self._crew.keep(duty)
        elif duty.leg:
            self._background.submit(self._cancel, duty.leg)

    def _cancel(self, leg: str) -> None:
        try:
            self._carrier.cancel(leg)
        except Exception as error:  # it rings on, and whoever answers hears that the caller is gone
            log.info("call %s could not be cancelled: %s", leg, type(error).__name__)

    def _missed(self, duty: Duty, status: str) -> None:
        """The agent did not come to talk; the caller was never taken out of the queue."""
        if duty.call in self._lineup:
            log.warning("agent %s did not answer (%s) and goes on break", duty.name, status)
            self._records.append(duty.call, ("agent_missed", {"agent": duty.name}))
            duty.wish = duty.wish or "break"
        self._crew.free(duty)
        self._pump()

    def _wrap_up(self, duty: Duty) -> None:
        self._crew.wrap_up(duty)
        self._changed.notify_all()  # its end is due next, perhaps

    def _callback_missed(self, callback: Callback) -> None:
        self._crew.release(callback.token)
        self._callbacks.missed(callback)
        self._pump()

    def _callback_failed(self, token: str) -> None:
        with self._changed:
            callback = self._callbacks.of_token(token)
            if callback is not None and callback.state == "ringing":
                self._callback_missed(callback)

    def _unserved(self) -> list[Entry]:
        """Those for whom nobody is rung yet."""
        return [*self._lineup.unserved(self._crew.rung()), *self._callbacks.entries()]

    def _estimate(self, waiting: Waiting) -> float | None:
        if any(duty.call == waiting.entry.call and duty.offer for duty in self._crew):
            return 0.0
        estimate = distribution.estimate(waiting.entry, self._unserved(), self._crew.agents(), self._crew.aht_s())
        return None if estimate is None else round(estimate, 1)


assert TOP_PRIORITY > 9, "the priorities that a category may have end at 9"
