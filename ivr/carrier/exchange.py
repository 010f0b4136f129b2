"""The exchange: every call of the account, its queues, its clock and its text messages."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime

from ivr.carrier.call import Call, Listener, Order, Party
from ivr.carrier.clock import Clock
from ivr.carrier.fault import CarrierError
from ivr.carrier.outbox import Outbox
from ivr.carrier.performer import Performer
from ivr.carrier.queues import Queues
from ivr.carrier.settings import CarrierSettings
from ivr.carrier.webhook import Webhooks

log = logging.getLogger(__name__)

REMEMBERED = 5000
"""Calls that are over and can still be looked up."""


class Exchange:
    """Carries the calls of one account between its parties and its line."""

    def __init__(self, settings: CarrierSettings) -> None:
        self.settings = settings
        self.webhooks = Webhooks(settings.auth_token, settings.line_url, settings.public_url)
        self.queues = Queues()
        self.outbox = Outbox()
        self._clock = Clock()
        self._lock = threading.Lock()
        self._calls: dict[str, Call] = {}

    def dial(self, from_: str, party: Party, listener: Listener) -> Call:
        """A party calls the line's number; returns the new call, which goes on by itself.

        ``listener`` is told everything that happens in it (see ``Call.tell``).
        """
        call = Call(
            self.settings.account_sid, from_, self.settings.number, party, longest_s=self.settings.longest_call_s
        )
        call.listen(listener)
        party.attach(call)
        self._begin(call, Order(url=self.settings.voice_url), self.settings.status_url, ("completed",))
        return call

    def close(self) -> None:
        """Hang up every call and stop the clock."""
        calls = self.live()
        for call in calls:
            call.hang_up("the carrier closes")
        for call in calls:
            call.over.wait(5)
        self._clock.close()

    def call(self, sid: str) -> Call | None:
        """The call of this SID, live or lately over."""
        with self._lock:
            return self._calls.get(sid)

    def live(self) -> list[Call]:
        """The calls that are not over."""
        with self._lock:
            return [call for call in self._calls.values() if call.live]

    def send(self, from_: str, to: str, body: str) -> dict:
        """Send a text message: into the outbox, and told to the live calls of its addressee."""
        message = self.outbox.add(self.settings.account_sid, from_, to, body)
        for call in self.live():
            if call.from_ == to:
                call.tell("sms", to=to, body=body)
        return message

    def post(self, call: Call, url: str, method: str, params: Mapping[str, str]) -> None:
        """A request whose answer does not matter; a failure is told and logged."""
        try:
            self.webhooks.send(url, method, params)
        except CarrierError as error:
            log.warning("call %s: %s", call.sid, error)
            call.tell("error", text=str(error), code=error.code)

    def post_aside(self, call: Call, url: str, method: str, params: Mapping[str, str]) -> None:
        """The same, without waiting for it."""
        threading.Thread(
            target=self.post, args=(call, url, method, params), name="carrier-callback", daemon=True
        ).start()

    # -- one call's life ----------------------------------------------------------------

    def _begin(self, call: Call, order: Order, callback: str | None, events: Iterable[str]) -> None:
        with self._lock:
            self._calls[call.sid] = call
            over = [sid for sid, one in self._calls.items() if not one.live]
            for sid in over[: max(0, len(self._calls) - REMEMBERED)]:
                del self._calls[sid]
        threading.Thread(
            target=self._carry, args=(call, order, callback, tuple(events)), name=f"carrier-{call.sid}", daemon=True
        ).start()

    def _carry(self, call: Call, order: Order, callback: str | None, events: tuple[str, ...]) -> None:
        status, reason = "failed", "the carrier failed"
        self._clock.add(call)
        try:
            status, reason = Performer(self, call, order).run()
        except Exception:
            log.exception("call %s: the carrier failed", call.sid)
        finally:
            self._clock.remove(call)
            for stream in call.streams:
                stream.close()
            call.end(status, reason)
        if callback is not None and "completed" in events:
            self.post(call, callback, "POST", self._status_params(call, 0))

    def _status_params(self, call: Call, number: int) -> dict[str, str]:
        params = {
            **call.params(),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(number),
            "Timestamp": format_datetime(datetime.now(UTC)),
        }
        if not call.live:
            params["CallDuration"] = str(call.duration)
            params["Duration"] = str(-(-call.duration // 60))
        return params
