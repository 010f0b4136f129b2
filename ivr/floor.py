"""The floor: who waits, who answers, whose phone is rung. Live, thread-safe, and rebuilt from the records.

``ivr.distribution`` decides who gets whom; here it is carried out: the agent's
phone is rung by REST, and when it is taken, ``<Dial><Queue>`` connects the head of
the carrier's queue. Which caller that was is known for sure only when the carrier
says so (``joining``), so the books follow the carrier.
"""

from __future__ import annotations

import logging
import secrets
import statistics
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any

from ivr import distribution
from ivr.call import form_of, restored
from ivr.callbacks import TOP_PRIORITY, Callbacks, Rings
from ivr.distribution import Agent, Entry
from ivr.duty import Callback, Duty, Roster
from ivr.legs import LegUrls, Whisper
from ivr.ports import Records
from ivr.reaper import how_it_ended
from ivr.script import Script
from ivr.trouble import where
from ivr.twiml import queue_name

log = logging.getLogger(__name__)

SETTABLE = ("available", "break", "offline", "wrap_up")
"""States that an agent may choose."""

GRACE_S = 15.0
"""A phone has been rung to the end, and the carrier has told so, this long after ``ring_s``."""

LOOK_S = 60.0
"""So often the carrier is asked about calls to agents and customers whose end it may not have reported."""

ENOUGH, RECENT = 10, 50
"""From so many handled calls on their average counts instead of the assumed one; of the newest so many."""


@dataclass
class Waiting:
    """A caller in the queue."""

    entry: Entry
    since: float
    """When the wait began, Unix seconds; for a customer called back, the first wait."""
    here: bool = False
    """True while the call is in the carrier's queue: before, it hears what comes before the queue."""
    told: float | None = None
    """The wait that was estimated when it began, seconds."""
    taken: bool = False
    """True once it was connected to an agent."""


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
        self._script = script
        self._roster = roster
        self._records = records
        self._carrier = carrier
        self._urls = urls
        self._now = now
        self._background = background
        self._changed = threading.Condition(threading.RLock())
        self._stopped = False
        self._looked = now() - LOOK_S  # what happened while nobody looked is asked at once
        self._numbers = {agent.name: agent.number for agent in script.agents}
        self._skills = {agent.name: frozenset(agent.skills) for agent in script.agents}
        kept = {duty.name: duty for duty in roster.duties()}
        self._duties = {name: kept.get(name) or Duty(name, since=now()) for name in self._numbers}
        self._waiting: dict[str, Waiting] = {}
        self._arrivals = 0
        self._handled = deque(roster.handling_times(RECENT)[::-1], maxlen=RECENT)
        self._callbacks = Callbacks(
            script, roster, records, carrier, urls, now=now, background=background, failed=self._callback_failed
        )
        self._restore()

    # -- callers -------------------------------------------------------------------

    def joined(self, sid: str, skill: str, priority: int, since: float) -> None:
        """A caller begins to wait (``since``: Unix seconds). Nobody is rung before the carrier has them in its queue."""
        with self._changed:
            callback = self._callbacks.of_leg(sid)
            if callback is not None:
                since = callback.since
                self._callbacks.taken_up(callback)
            self._waiting[sid] = Waiting(Entry(sid, skill, priority, self._now()), since)

    def arrived(self, sid: str) -> float | None:
        """The carrier has this caller in its queue (it says so again and again); the wait estimated at first, seconds.

        The order is that of arriving there, since the carrier connects whoever came first.
        """
        with self._changed:
            waiting = self._waiting.get(sid)
            if waiting is None:
                return None
            if not waiting.here:
                waiting.here = True
                if not waiting.taken:  # else the agent was lost before the two could talk: it stands at the head again
                    self._arrivals += 1
                    waiting.entry = replace(waiting.entry, since=self._now(), order=self._arrivals)
                waiting.taken = False
                callback = self._callbacks.of_leg(sid)
                if callback is not None:
                    self._release(callback.token)
                waiting.told = self._estimate(waiting)
                self._pump()
            return waiting.told

    def away(self, sid: str) -> None:
        """The call is not in the carrier's queue for the moment, and will be again."""
        with self._changed:
            if sid in self._waiting:
                self._waiting[sid].here = False

    def left(self, sid: str) -> None:
        """The caller waits no longer."""
        with self._changed:
            waiting = self._waiting.pop(sid, None)
            if waiting is None or waiting.taken:
                return
            for duty in self._duties.values():
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
                    self._release(callback.token)
                    self._callbacks.close(callback, "left")

    def position(self, sid: str) -> int | None:
        """The caller's place among those who compete for the same agents, from 1; None: does not wait."""
        with self._changed:
            waiting = self._waiting.get(sid)
            if waiting is None:
                return None
            return distribution.position(waiting.entry, self._unserved(), self._agents())

    def estimate(self, sid: str) -> float | None:
        """Seconds that this caller has still to wait, as far as is known now; None: too little is known."""
        with self._changed:
            waiting = self._waiting.get(sid)
            return None if waiting is None else self._estimate(waiting)

    # -- agents --------------------------------------------------------------------

    def agents(self) -> list[dict[str, Any]]:
        """Every agent: name, skills, state, since (Unix seconds), and the state that follows the present call."""
        with self._changed:
            return [
                {
                    "name": duty.name,
                    "skills": sorted(self._skills[duty.name]),
                    "state": duty.state,
                    "since": duty.since,
                    "wish": duty.wish,
                }
                for duty in self._duties.values()
            ]

    def set_state(self, agent: str, state: str) -> None:
        """The agent chooses a state; during a call it follows the wrap-up.

        Raises ``KeyError`` for an unknown agent and ``ValueError`` for a state that cannot be chosen.
        """
        if state not in SETTABLE:
            raise ValueError(state)
        with self._changed:
            duty = self._duties[agent]
            if duty.state in ("ringing", "busy"):
                duty.wish = state if state in ("break", "offline") else ""
                self._roster.keep(duty)
                return
            if duty.state == "wrap_up" and state != "wrap_up":
                self._wrapped(duty)
            duty.wish = ""
            if duty.state != state or state == "wrap_up":
                self._enter(duty, state)
            self._pump()

    def answered(self, offer: str, leg: str) -> Whisper | None:
        """An agent has taken the call; who will be at the head of the queue. None: nobody is there any more."""
        with self._changed:
            duty = self._rung(offer)
            if duty is None:
                return None
            duty.leg = leg
            if duty.state == "ringing":
                claimed = {one.call for one in self._duties.values() if one.state == "busy"}
                head = min(
                    (one for one in self._in(duty.queue) if one.entry.call not in claimed),
                    key=lambda one: one.entry.order,
                    default=None,
                )
                if head is None:
                    self._free(duty)
                    self._pump()
                    return None
                self._swap(duty, head.entry.call)
                duty.state, duty.since = "busy", self._now()
                self._roster.keep(duty)
            form = form_of(self._records.events(duty.call))
            complaint = self._complaint(duty.call) or form.get("complaint_number") or ""
            return Whisper(duty.queue, form.get("category"), complaint)

    def joining(self, sid: str, leg: str) -> None:
        """The carrier connects this caller with this agent's call."""
        with self._changed:
            duty = next((duty for duty in self._duties.values() if leg and duty.leg == leg), None)
            if duty is None or duty.joined_at is not None:
                if duty is None:
                    log.warning("call %s is connected with a call that is no agent's", sid)
                return
            waiting = self._waiting.get(sid)
            self._swap(duty, sid)
            now = self._now()
            duty.state, duty.since, duty.joined_at = "busy", now, now
            self._roster.keep(duty)
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
            duty = self._rung(offer)
            if duty is None:
                return True  # its end came before: nothing is to be said
            if duty.joined_at is not None:
                self._wrap_up(duty)
                return True
            self._free(duty)
            self._pump()
            return False

    def rang(self, offer: str, status: str) -> None:
        """The call to an agent is over, with this last status."""
        with self._changed:
            duty = self._rung(offer)
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
            for duty in self._duties.values():
                if duty.state == "wrap_up" and duty.since + self._script.queue.wrap_up_s <= now:
                    self._wrapped(duty)
                    self._free(duty)
                elif self._late_at(duty) <= now and not duty.leg and duty.queue:
                    self._missed(duty, "lost")
                elif duty.offer and not duty.queue and self._callbacks.of_token(duty.offer) is None:
                    self._free(duty)  # what it was kept for has come to nothing
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
            offers = [(duty.offer, duty.leg) for duty in self._duties.values() if duty.offer and duty.leg]
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
        for duty in self._duties.values():
            if duty.state == "wrap_up":
                yield duty.since + self._script.queue.wrap_up_s
            elif duty.state == "ringing" and not duty.leg:
                yield self._late_at(duty)
        now = self._now()
        # What is due and was not done waits for an agent, not for the time.
        yield from (at for at in self._callbacks.next_at() if at > now)

    def _late_at(self, duty: Duty) -> float:
        ringing = duty.state == "ringing"
        return duty.since + self._script.queue.ring_s + GRACE_S if ringing else float("inf")

    def _pump(self) -> None:
        """Ring whom the rule says."""
        self._changed.notify_all()  # what is due next may have changed
        rung = {duty.call for duty in self._duties.values() if duty.offer and duty.queue}
        ready = [one.entry for one in self._waiting.values() if one.here and one.entry.call not in rung]
        rings = []
        for entry, agent in distribution.assign([*ready, *self._callbacks.entries()], self._agents()):
            duty = self._duties[agent.name]
            duty.offer, duty.leg, duty.call, duty.queue = secrets.token_hex(16), "", "", ""
            if entry.callback:
                callback = self._callbacks.named(entry)
                self._callbacks.begin(callback, duty.offer)
                rings.append((self._callbacks.ring, callback, duty.offer))
            else:
                self._records.append(entry.call, ("agent_rung", {"agent": duty.name}))
                duty.call, duty.queue = entry.call, queue_name(entry.skill, entry.priority)
                rings.append((self._ring, duty, duty.offer))
            self._enter(duty, "ringing")
        for ring, whom, offer in rings:
            self._background.submit(ring, whom, offer)

    def _ring(self, duty: Duty, offer: str) -> None:
        try:
            leg = self._carrier.ring(
                self._numbers[duty.name],
                self._urls.agent("answer", offer),
                self._urls.agent("status", offer),
                self._script.queue.ring_s,
            )
        except Exception as error:  # nobody waits for this; another agent is rung
            log.warning("agent %s: the carrier did not ring: %s", duty.name, type(error).__name__)
            self.rang(offer, "failed")
            return
        with self._changed:
            if duty.offer == offer and duty.leg != leg:
                duty.leg = leg
                self._roster.keep(duty)
                if duty.state == "ringing" and duty.call not in self._waiting:
                    self._instead(duty)

    def _instead(self, duty: Duty) -> None:
        """The caller for whom this agent is rung is gone: somebody else of the same queue, or ring no longer."""
        rung = {one.call for one in self._duties.values()}
        others = [one.entry for one in self._in(duty.queue) if one.entry.call not in rung]
        if others:
            duty.call = min(others, key=lambda one: one.rank).call
            self._records.append(duty.call, ("agent_rung", {"agent": duty.name}))
            self._roster.keep(duty)
        elif duty.leg:
            self._background.submit(self._cancel, duty.leg)

    def _cancel(self, leg: str) -> None:
        try:
            self._carrier.cancel(leg)
        except Exception as error:  # it rings on, and whoever answers hears that the caller is gone
            log.info("call %s could not be cancelled: %s", leg, type(error).__name__)

    def _missed(self, duty: Duty, status: str) -> None:
        """The agent did not come to talk; the caller was never taken out of the queue."""
        if duty.call in self._waiting:
            log.warning("agent %s did not answer (%s) and goes on break", duty.name, status)
            self._records.append(duty.call, ("agent_missed", {"agent": duty.name}))
            duty.wish = duty.wish or "break"
        self._free(duty)
        self._pump()

    def _wrap_up(self, duty: Duty) -> None:
        now = self._now()
        duty.talked_s, duty.over_at = round(now - (duty.joined_at or now), 1), now
        duty.offer = duty.leg = duty.queue = ""
        duty.joined_at = None
        self._enter(duty, "wrap_up")
        self._changed.notify_all()

    def _wrapped(self, duty: Duty) -> None:
        """Note the end of the wrap-up, when it was one after a conversation."""
        if duty.over_at:
            wrapped_s = round(self._now() - duty.over_at, 1)
            self._handled.append(duty.talked_s + wrapped_s)
            wrapped = {"agent": duty.name, "talked_s": duty.talked_s, "wrapped_s": wrapped_s}
            self._records.append(duty.call, ("wrapped_up", wrapped))
        duty.call, duty.talked_s, duty.over_at = "", 0.0, 0.0

    def _free(self, duty: Duty) -> None:
        """The agent has no call any more: available, or what was asked for meanwhile."""
        duty.offer = duty.leg = duty.queue = duty.call = ""
        duty.joined_at = None
        state, duty.wish = duty.wish or "available", ""
        self._enter(duty, state)

    def _enter(self, duty: Duty, state: str) -> None:
        duty.state, duty.since = state, self._now()
        self._roster.keep(duty)

    def _release(self, token: str) -> None:
        """The agent who was kept for this call-back is free for it, or for others."""
        for duty in self._duties.values():
            if token and duty.offer == token:
                self._free(duty)

    def _callback_missed(self, callback: Callback) -> None:
        self._release(callback.token)
        self._callbacks.missed(callback)
        self._pump()

    def _callback_failed(self, token: str) -> None:
        with self._changed:
            callback = self._callbacks.of_token(token)
            if callback is not None and callback.state == "ringing":
                self._callback_missed(callback)

    def _swap(self, duty: Duty, call: str) -> None:
        """This agent gets this caller; whoever was rung for them gets the other one."""
        for other in self._duties.values():
            if other is not duty and other.call == call and other.offer:
                other.call = duty.call
                self._roster.keep(other)
        duty.call = call

    def _rung(self, offer: str) -> Duty | None:
        return next((duty for duty in self._duties.values() if offer and duty.offer == offer and duty.queue), None)

    def _in(self, queue: str) -> list[Waiting]:
        there = (one for one in self._waiting.values() if one.here)
        return [one for one in there if queue_name(one.entry.skill, one.entry.priority) == queue]

    def _agents(self) -> list[Agent]:
        return [Agent(duty.name, self._skills[duty.name], duty.state, duty.since) for duty in self._duties.values()]

    def _unserved(self) -> list[Entry]:
        """Those for whom nobody is rung yet."""
        rung = {duty.call for duty in self._duties.values() if duty.offer and duty.queue}
        entries = [one.entry for one in self._waiting.values() if not one.taken and one.entry.call not in rung]
        return [*entries, *self._callbacks.entries()]

    def _estimate(self, waiting: Waiting) -> float | None:
        if any(duty.call == waiting.entry.call and duty.offer for duty in self._duties.values()):
            return 0.0
        estimate = distribution.estimate(waiting.entry, self._unserved(), self._agents(), self._aht())
        return None if estimate is None else round(estimate, 1)

    def _aht(self) -> float:
        return statistics.fmean(self._handled) if len(self._handled) >= ENOUGH else float(self._script.queue.aht_s)

    def _complaint(self, sid: str) -> str:
        """The complaint that this call is about, by its own filing or by the call-back's promise."""
        number = ""
        for event in self._records.events(sid):
            if event.kind == "complaint_filed":
                number = event.data["number"]
            elif event.kind == "called_back":
                number = event.data["complaint"] or number
        return number

    def _restore(self) -> None:
        """Callers who were waiting when the process ended."""
        for sid in self._records.calls_in_progress():
            events = self._records.events(sid)
            call = restored(sid, events)
            if call is None or call.ended or call.answered or call.state.step != "queue" or call.queued_at is None:
                continue
            callback = self._callbacks.of_leg(sid)
            since = call.queued_at if callback is None else callback.since
            waiting = Waiting(Entry(sid, call.state.skill, call.state.priority, call.queued_at), since)
            for event in events:
                if event.kind == "queued" and event.at >= call.queued_at and event.data["position"] is not None:
                    self._arrivals += 1
                    waiting.here, waiting.told = True, event.data.get("estimate_s")
                    waiting.entry = replace(waiting.entry, since=event.at, order=self._arrivals)
                    break
            self._waiting[sid] = waiting
        # The carrier's order is that of arriving there, not that of calling.
        for order, waiting in enumerate(sorted(self._waiting.values(), key=lambda one: one.entry.since), start=1):
            waiting.entry = replace(waiting.entry, order=order)


assert TOP_PRIORITY > 9, "the priorities that a category may have end at 9"
