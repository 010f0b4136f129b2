"""What the phone needs from the hall, injected: records, live news, and the carrier's REST calls."""

from __future__ import annotations

from typing import Any, Protocol

from ivr.call import LogEvent

Logged = tuple[str, dict[str, Any]]
"""An event to append: (kind, data)."""


class Records(Protocol):
    """The records as the phone uses them (``hotline.records.Records``)."""

    def append(self, call_id: str, *events: Logged) -> Any: ...
    def events(self, call_id: str) -> list[LogEvent]: ...
    def file_complaint(self, call_id: str, form: dict[str, Any]) -> str: ...
    def save_draft(self, call_id: str, form: dict[str, Any]) -> None: ...
    def complaint(self, number: str) -> Any: ...
    def reply(self, token: str) -> str | None: ...
    def keep_reply(self, token: str, body: str) -> None: ...


class Hub(Protocol):
    """Where words still being spoken are announced (``hotline.hub.Hub``)."""

    def partial(self, call_id: str, data: dict[str, Any]) -> None: ...


class Carrier(Protocol):
    """The carrier's REST calls (``ivr.rest.CarrierRest``)."""

    def redirect(self, call_sid: str, url: str) -> None: ...
    def sms(self, to: str, body: str) -> None: ...
