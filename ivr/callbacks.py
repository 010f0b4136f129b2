"""Promised call-backs: whose turn comes, who is being rung, what became of it. The floor holds the lock."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from ivr.distribution import Entry
from ivr.duty import Callback, Roster
from ivr.script import Script

if TYPE_CHECKING:
    from ivr.legs import LegUrls
    from ivr.ports import Records, Texts

log = logging.getLogger(__name__)

GREETING_S = 60.0
"""A customer who has taken the call has decided by then."""


def abroad(number: str) -> str:
    """A number as the carrier wants it: with the country's code."""
    return number if number.startswith("+") else "+86" + number.removeprefix("0")


class Rings(Protocol):
    """What is asked of the carrier (``ivr.rest.CarrierRest``)."""

    def ring(self, to: str, url: str, status_url: str, timeout_s: int) -> str: ...
    def cancel(self, call_sid: str) -> None: ...
    def hang_up(self, call_sid: str) -> None: ...
    def redirect(self, call_sid: str, url: str) -> None: ...
    def status(self, call_sid: str) -> str: ...


class Callbacks:
    """All call-backs that are still to be made or under way."""

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
        failed: Callable[[str], None],
    ) -> None:
        """``failed`` is told the token of an attempt that the carrier refused."""
        self._script = script
        self._roster = roster
        self._records = records
        self._carrier = carrier
        self._urls = urls
        self._now = now
        self._texts = texts
        self._failed = failed
        self._open: dict[int, Callback] = {one.id: one for one in roster.open_callbacks()}

    def add(self, callback: Callback, *, anew: bool = False) -> None:
        """Promise one; a call has one. ``anew``: also when there was one that is over."""
        kept = (self._roster.reopen_callback if anew else self._roster.new_callback)(callback)
        if kept.open:
            self._open.setdefault(kept.id, kept)

    def promised(self) -> list[Callback]:
        """All that are not over, the oldest place first."""
        return sorted(self._open.values(), key=lambda one: (one.since, one.id))

    def entries(self) -> list[Entry]:
        """Those whose turn may come, in the order's terms."""
        now = self._now()
        return [
            Entry(self.name(one), one.skill, one.priority, one.since, callback=True)
            for one in self._open.values()
            if one.state == "waiting" and one.not_before <= now
        ]

    @staticmethod
    def name(callback: Callback) -> str:
        """How a call-back is called among the waiting."""
        return f"callback:{callback.id}"

    def named(self, entry: Entry) -> Callback:
        """The opposite."""
        return self._open[int(entry.call.partition(":")[2])]

    def of_token(self, token: str) -> Callback | None:
        """The call-back whose present attempt this is."""
        return next((one for one in self._open.values() if token and one.token == token), None)

    def of_leg(self, leg: str) -> Callback | None:
        """The call-back whose present attempt is this call."""
        return next((one for one in self._open.values() if leg and one.leg == leg), None)

    def next_at(self) -> Iterator[float]:
        """Moments at which something becomes due."""
        for one in self._open.values():
            if one.state == "waiting":
                yield one.not_before
            elif one.state == "ringing":
                yield self._late_at(one)

    def begin(self, callback: Callback, token: str) -> None:
        """An attempt begins under this token."""
        callback.state, callback.token, callback.leg = "ringing", token, ""
        callback.attempts += 1
        callback.rung_at = self._now()
        self._roster.keep_callback(callback)

    def ring(self, callback: Callback, token: str) -> None:
        """Ask the carrier to ring the customer; waits for its answer, so not with a lock held."""
        urls = self._urls
        try:
            self._carrier.ring(
                abroad(callback.number),
                urls.callback_answer(token),
                urls.callback_status(token),
                self._script.queue.ring_s,
            )
        except Exception as error:  # nobody waits for this; it counts as an attempt
            log.warning("call-back %s: the carrier did not ring: %s", callback.id, type(error).__name__)
            self._failed(token)

    def known(self, callback: Callback, leg: str) -> None:
        """The call of the present attempt is this one."""
        if leg and callback.leg != leg:
            callback.leg = leg
            self._roster.keep_callback(callback)

    def taken_up(self, callback: Callback) -> None:
        """The customer waits on the line now."""
        callback.state = "answered"
        self._roster.keep_callback(callback)

    def missed(self, callback: Callback) -> None:
        """The attempt came to nothing: again later, or never."""
        callback.leg = callback.token = ""
        if callback.attempts < self._script.queue.callback_attempts:
            callback.state = "waiting"
            callback.not_before = self._now() + self._script.queue.callback_again_s
            self._roster.keep_callback(callback)
            return
        self.close(callback, "not_reached", text="sms_callback_missed")
        self._texts.go()

    def close(self, callback: Callback, how: str, *, text: str = "") -> None:
        """Nothing more will come of it; ``text``: the prompt that tells the customer so."""
        callback.state = how
        self._open.pop(callback.id, None)
        with self._records.appending(callback.call, ("callback_closed", {"how": how})) as connection:
            if text:
                self._texts.put(connection, callback.number, text, callback.lang, {}, log_of=callback.call)
        self._roster.keep_callback(callback)

    def late(self) -> list[Callback]:
        """Attempts of which nothing was heard and no call is known."""
        now = self._now()
        ringing = (one for one in self._open.values() if one.state == "ringing" and not one.leg)
        return [one for one in ringing if self._late_at(one) <= now]

    def legs(self) -> list[str]:
        """Calls under way."""
        return [one.leg for one in self._open.values() if one.leg]

    def _late_at(self, callback: Callback) -> float:
        return callback.rung_at + self._script.queue.ring_s + GREETING_S
