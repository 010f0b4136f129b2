"""What the line asks of its carrier by REST: move a live call on, fork its audio, ring somebody, send an SMS.

The ``twilio`` client does the talking. It knows only Twilio's own host, so the
one thing added here is where its requests go: to the configured carrier.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from agent_assist.live import number

TWILIO_API = "https://api.twilio.com"
TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Message:
    """A text message as the carrier has it."""

    at: datetime
    to: str
    body: str


class _To(TwilioHttpClient):
    """Sends what is meant for Twilio's API to another base address."""

    def __init__(self, api_url: str) -> None:
        super().__init__(pool_connections=True, timeout=TIMEOUT_S)
        self._api_url = api_url

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """As in the base class, at the configured address."""
        return super().request(method, url.replace(TWILIO_API, self._api_url, 1), *args, **kwargs)


class CarrierRest:
    """The carrier's REST calls that the line makes.

    Raises ``twilio.base.exceptions.TwilioRestException`` for a refusal (such as an
    unknown call) and ``requests.RequestException`` when the carrier does not answer.
    """

    def __init__(self, api_url: str, account_sid: str, auth_token: str, number: str) -> None:
        self._client = Client(account_sid, auth_token, http_client=_To(api_url))
        self._number = number

    def redirect(self, call_sid: str, url: str) -> None:
        """Interrupt what the caller hears and go on with the document at ``url``."""
        self._client.calls(call_sid).update(url=url, method="POST")

    def fork(self, call_sid: str, url: str, token: str, status_url: str) -> None:
        """Send the audio of this call's own party to ``url`` from now on; what is heard goes on undisturbed."""
        self._client.calls(call_sid).streams.create(
            url=url,
            track="inbound_track",
            status_callback=status_url,
            status_callback_method="POST",
            parameter1_name="token",
            parameter1_value=token,
        )

    def sms(self, to: str, body: str) -> None:
        """Send a text message."""
        self._client.messages.create(to=to, from_=self._number, body=body)

    def messages(self, most: int = 100) -> list[Message]:
        """The text messages sent last, newest first; the number they went to is masked."""
        return [
            Message(at=one.date_created, to=number(one.to), body=one.body)
            for one in self._client.messages.list(limit=most)
        ]

    def ring(self, to: str, url: str, status_url: str, timeout_s: int) -> str:
        """Call somebody; whoever answers hears the document at ``url``. The new call's SID.

        ``status_url`` is told how the call ends, answered or not; it is rung for ``timeout_s`` seconds.
        """
        call = self._client.calls.create(
            to=to,
            from_=self._number,
            url=url,
            method="POST",
            status_callback=status_url,
            status_callback_method="POST",
            timeout=timeout_s,
        )
        return str(call.sid)

    def cancel(self, call_sid: str) -> None:
        """Ring no longer; nothing happens to a call that was answered."""
        self._client.calls(call_sid).update(status="canceled")

    def hang_up(self, call_sid: str) -> None:
        """End a call, answered or not."""
        self._client.calls(call_sid).update(status="completed")

    def status(self, call_sid: str) -> str:
        """The carrier's word for the call now: in-progress, completed, …"""
        return str(self._client.calls(call_sid).fetch().status)
