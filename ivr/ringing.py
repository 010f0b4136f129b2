"""Whose phone is rung, for whom, and what becomes of it. The floor holds the lock.

``ivr.distribution`` decides who gets whom; here the carrier is asked to ring.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Executor

from ivr import distribution
from ivr.callbacks import Callbacks, Rings
from ivr.crew import Crew
from ivr.duty import Duty
from ivr.legs import LegUrls
from ivr.lineup import Lineup
from ivr.ports import Records
from ivr.twiml import queue_name

log = logging.getLogger(__name__)


class Ringing:
    """Rings agents' phones. ``changed`` is the floor's lock; ``failed`` is told the token of a ring that was refused."""

    def __init__(
        self,
        lineup: Lineup,
        crew: Crew,
        callbacks: Callbacks,
        records: Records,
        carrier: Rings,
        urls: LegUrls,
        *,
        ring_s: int,
        changed: threading.Condition,
        background: Executor,
        failed: Callable[[str, str], None],
    ) -> None:
        self._lineup = lineup
        self._crew = crew
        self._callbacks = callbacks
        self._records = records
        self._carrier = carrier
        self._urls = urls
        self._ring_s = ring_s
        self._changed = changed
        self._background = background
        self._failed = failed

    def pump(self) -> None:
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

    def for_help(self, duty: Duty, call: str, asks: str) -> None:
        """Ring this agent to help ``asks`` with their call."""
        duty.offer, duty.leg, duty.call, duty.queue, duty.helps = secrets.token_hex(16), "", call, "", asks
        self._crew.enter(duty, "ringing")
        self._background.submit(self._ring, duty, duty.offer)

    def instead(self, duty: Duty) -> None:
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

    def missed(self, duty: Duty, status: str) -> None:
        """The agent did not come to talk; the caller was never taken out of the queue."""
        waits = duty.call in self._lineup and not duty.helps
        if waits:
            log.warning("agent %s did not answer (%s) and goes on break", duty.name, status)
            self._records.append(duty.call, ("agent_missed", {"agent": duty.name}))
        if (waits or (duty.helps and duty.state == "ringing")) and not duty.wish:
            duty.wish, duty.reason = "break", "missed"
        self._crew.free(duty)
        self.pump()

    def hang_up(self, leg: str) -> None:
        """End this call to an agent; nobody waits for it."""
        self._background.submit(self._hang_up, leg)

    def _ring(self, duty: Duty, offer: str) -> None:
        try:
            leg = self._carrier.ring(
                self._crew.number(duty),
                self._urls.agent("answer", offer),
                self._urls.agent("status", offer),
                self._ring_s,
            )
        except Exception as error:  # nobody waits for this; another agent is rung
            log.warning("agent %s: the carrier did not ring: %s", duty.name, type(error).__name__)
            self._failed(offer, "failed")
            return
        with self._changed:
            if duty.offer == offer and duty.leg != leg:
                duty.leg = leg
                self._crew.keep(duty)
                if duty.state == "ringing" and duty.queue and duty.call not in self._lineup:
                    self.instead(duty)
            if duty.offer == offer and duty.helps and not duty.call:
                self.hang_up(leg)  # sent away before the carrier had said which call it is

    def _cancel(self, leg: str) -> None:
        try:
            self._carrier.cancel(leg)
        except Exception as error:  # it rings on, and whoever answers hears that the caller is gone
            log.info("call %s could not be cancelled: %s", leg, type(error).__name__)

    def _hang_up(self, leg: str) -> None:
        try:
            self._carrier.hang_up(leg)
        except Exception as error:  # it is over already, or its agent hangs up
            log.info("call %s could not be hung up: %s", leg, type(error).__name__)
