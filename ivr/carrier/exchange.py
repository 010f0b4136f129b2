"""The exchange: every call of the account, its queues, its clock and its text messages."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime

from ivr.carrier.call import API_VERSION, Call, HungUp, Interrupted, Listener, Nobody, Order, Party, sid
from ivr.carrier.clock import Clock
from ivr.carrier.conferences import Conferences
from ivr.carrier.fault import CarrierError
from ivr.carrier.messaging import messages_of
from ivr.carrier.outbox import Outbox
from ivr.carrier.performer import Performer
from ivr.carrier.phones import Phones
from ivr.carrier.queues import Queues
from ivr.carrier.settings import CarrierSettings
from ivr.carrier.webhook import Webhooks

log = logging.getLogger(__name__)

REMEMBERED = 5000
"""Calls that are over and can still be looked up."""


class Callback:
    """Where a call's status is reported, and which of initiated, ringing, answered, completed are."""

    def __init__(self, url: str | None, method: str, events: Collection[str]) -> None:
        self.url = url or ""
        self.method = method
        self._events = events if url else ()
        self._number = 0

    def numbered(self, event: str, post: Callable[[Call, Callback, int], None], call: Call) -> None:
        """Post this event, if it is wanted, with the next sequence number."""
        if event in self._events:
            self._number += 1
            post(call, self, self._number - 1)


class Exchange:
    """Carries the calls of one account between its parties and its line."""

    def __init__(self, settings: CarrierSettings) -> None:
        self.settings = settings
        self.webhooks = Webhooks(settings.auth_token, settings.line_url, settings.public_url)
        self.queues = Queues()
        self.conferences = Conferences()
        self.phones = Phones()
        self.outbox = Outbox()
        self._clock = Clock()
        self._lock = threading.Lock()
        self._calls: dict[str, Call] = {}

    def dial(self, from_: str, party: Party, listener: Listener | None = None) -> Call:
        """A party calls the line's number; returns the new call, which goes on by itself.

        ``listener`` is told everything that happens in it (see ``Call.tell``).
        """
        call = Call(
            self.settings.account_sid, from_, self.settings.number, party, longest_s=self.settings.longest_call_s
        )
        if listener is not None:
            call.listen(listener)
        party.attach(call)
        callback = Callback(self.settings.status_url, "POST", ("completed",))
        self._begin(call, lambda: self._carry(call, Order(url=self.settings.voice_url), callback))
        return call

    def ring(self, from_: str, to: str, order: Order, callback: Callback, ring_s: float) -> Call:
        """The line calls somebody; when they answer, ``order`` is performed. Returns the call, still queued."""
        phone = self.phones.at(to)
        party: Party = Nobody() if phone is None or phone.busy else phone
        call = Call(
            self.settings.account_sid,
            from_,
            to,
            party,
            longest_s=self.settings.longest_call_s,
            direction="outbound-api",
        )
        party.attach(call)
        refusal = "failed" if phone is None else "busy" if party is not phone else ""
        self._begin(call, lambda: self._ring(call, order, callback, ring_s, refusal))
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
        calls = [call for call in self.live() if call.from_ == to]
        for call in calls:
            call.tell("sms", to=to, body=body)
        phone = self.phones.at(to)
        if phone is not None and not calls:
            phone.texted(body)
        return message

    def text(self, from_: str, body: str) -> list[str]:
        """Somebody sends the line a text message; what the line answers, sent and told. Raises ``CarrierError``."""
        settings = self.settings
        params = {
            "MessageSid": sid("SM"), "AccountSid": settings.account_sid, "From": from_, "To": settings.number, "Body": body,
            "NumMedia": "0", "NumSegments": "1", "ApiVersion": API_VERSION,
        }  # fmt: skip
        answers = messages_of(self.webhooks.document(settings.text_url, "POST", params))
        for answer in answers:
            self.send(settings.number, from_, answer)
        return answers

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

    def _begin(self, call: Call, life: Callable[[], None]) -> None:
        with self._lock:
            self._calls[call.sid] = call
            over = [sid for sid, one in self._calls.items() if not one.live]
            for sid in over[: max(0, len(self._calls) - REMEMBERED)]:
                del self._calls[sid]
        threading.Thread(target=life, name=f"carrier-{call.sid}", daemon=True).start()

    def _ring(self, call: Call, order: Order, callback: Callback, ring_s: float, refusal: str) -> None:
        self._status(call, "initiated", callback)
        if not refusal:
            self._status(call, "ringing", callback)
            try:
                refusal = "" if call.wait(ring_s, lambda: call.accepted) else "no-answer"
            except HungUp as hung_up:
                refusal = "canceled" if "REST" in str(hung_up) else "busy"
            except Interrupted:
                refusal = "no-answer"
        if refusal:
            call.end(refusal, "the call was not answered")
            callback.numbered("completed", self._post_status, call)
            return
        call.answer()
        callback.numbered("answered", self._post_status, call)
        self._carry(call, order, callback)

    def _status(self, call: Call, status: str, callback: Callback) -> None:
        call.set_status(status)
        callback.numbered(status, self._post_status, call)

    def _carry(self, call: Call, order: Order, callback: Callback) -> None:
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
        callback.numbered("completed", self._post_status, call)

    def _post_status(self, call: Call, callback: Callback, number: int) -> None:
        self.post(call, callback.url, callback.method, self._status_params(call, number))

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
