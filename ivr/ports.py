"""What the phone needs from the hall, injected: records, live news, and the carrier's REST calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from ivr.call import LogEvent
from ivr.contact import Contact

Logged = tuple[str, dict[str, Any]]
"""An event to append: (kind, data)."""


Also = Callable[[Any, Any], None]
"""What else is written in the transaction that files or changes a complaint: (connection, complaint)."""


class Records(Protocol):
    """The records as the phone uses them (``hotline.records.Records``)."""

    def append(self, call_id: str, *events: Logged) -> Any: ...
    def appending(self, call_id: str, *events: Logged) -> AbstractContextManager[Any]: ...
    def calls_in_progress(self) -> list[str]: ...
    def events(self, call_id: str) -> list[LogEvent]: ...
    def file_complaint(self, call_id: str, form: dict[str, Any], also: Also | None = None) -> str: ...
    def save_draft(self, call_id: str, form: dict[str, Any]) -> None: ...
    def complaint(self, number: str) -> Any: ...
    def leading(self, number: str) -> Any: ...
    def complaint_of_call(self, call_id: str) -> Any: ...
    def wrong_tries(self, caller: str, since: float) -> int: ...


class Repeats(Protocol):
    """What was answered to a request that may come again (``hotline.repeats.Repeats``)."""

    def answer(self, token: str) -> str | None: ...
    def keep(self, token: str, body: str) -> None: ...


class Earlier(Protocol):
    """Complaints on file as their callers change them by telephone (``hotline.earlier.Earlier``); once a call."""

    def escalate(self, call_id: str, number: str, tell: Also | None = None) -> int:
        """Take it to the next level; its level, 0 where that is not possible (the regulator is)."""
        ...

    def close(self, call_id: str, number: str, how: str, tell: Also | None = None) -> bool:
        """``withdrawn`` or ``accepted``; False where that is not possible any more."""
        ...


class Texts(Protocol):
    """Text messages that wait to be sent (``complaints.texts.Texts``)."""

    def put(self, connection: Any, phone: str | None, prompt: str, lang: str, values: Mapping[str, str], *, log_of: str = "") -> None:
        """Write a message in this transaction; ``log_of``: the call whose log tells that it was sent."""
        ...

    def go(self) -> None:
        """Send what this thread has written; after its commit."""
        ...


class Floor(Protocol):
    """Where callers wait for an agent (``ivr.floor.Floor``); times are Unix seconds."""

    def joined(self, sid: str, skill: str, priority: int, since: float) -> None: ...
    def arrived(self, sid: str) -> float | None: ...
    def away(self, sid: str) -> None: ...
    def left(self, sid: str) -> None: ...
    def ended(self, sid: str) -> None: ...
    def contact(self, sid: str) -> Contact | None: ...
    def position(self, sid: str) -> int | None: ...
    def estimate(self, sid: str) -> float | None: ...
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
    ) -> None: ...


class Unstaffed:
    """The floor of a line without agents: callers wait in the carrier's order, and nothing more is known."""

    def joined(self, sid: str, skill: str, priority: int, since: float) -> None:
        """Nobody keeps the order."""

    def arrived(self, sid: str) -> None:
        """Nobody estimates."""

    def away(self, sid: str) -> None:
        """Nobody waits for the return."""

    def left(self, sid: str) -> None:
        """Nobody misses them."""

    def ended(self, sid: str) -> None:
        """Nothing follows."""

    def contact(self, sid: str) -> None:
        """Nobody answers."""

    def position(self, sid: str) -> None:
        """Not known here."""

    def estimate(self, sid: str) -> None:
        """Not known here."""

    def call_back(self, *promise: Any) -> None:
        """Nobody calls; the promise stands in the log."""


class Tapes(Protocol):
    """Where callers are recorded (``audio.recording.Recordings``)."""

    def begin(self, call: str, stream: int) -> Any: ...
    def end(self, call: str, stream: int) -> None: ...
    def delete(self, call: str) -> int: ...


class Hub(Protocol):
    """Where words still being spoken are announced (``hotline.hub.Hub``)."""

    def partial(self, call_id: str, data: dict[str, Any]) -> None: ...


class Carrier(Protocol):
    """The carrier's REST calls (``ivr.rest.CarrierRest``)."""

    def redirect(self, call_sid: str, url: str) -> None: ...
    def fork(self, call_sid: str, url: str, token: str, status_url: str) -> None: ...
