"""One call (a leg): its state, what interrupts it, and who is at its other end."""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Protocol

from ivr.carrier.document import KEYS
from ivr.carrier.sound import FRAME, SILENCE

if TYPE_CHECKING:
    from ivr.carrier.conferences import Conference
    from ivr.carrier.stream import Stream

API_VERSION = "2010-04-01"
ENDED = ("completed", "busy", "no-answer", "failed", "canceled")


def sid(prefix: str) -> str:
    """A fresh identifier of Twilio's form: two letters and 32 hexadecimal digits."""
    return prefix + uuid.uuid4().hex


Listener = Callable[[str, dict[str, Any]], None]
"""Told the kind of a happening and its data; must not wait."""


class HungUp(Exception):
    """The call is over; raised in the call's own thread wherever it waits. The text is the reason."""


class Interrupted(Exception):
    """A REST request has given the call something else to do."""

    def __init__(self, order: Order) -> None:
        super().__init__()
        self.order = order


class Dequeued(Exception):
    """The call has been taken out of its queue."""


@dataclass(frozen=True)
class Order:
    """What REST tells a live call to do: the document at ``url``, or the given ``twiml``."""

    url: str = ""
    method: str = "POST"
    twiml: str = ""


class Party(Protocol):
    """Who is at the other end of a leg: a recorded caller or a browser phone.

    ``frame`` and ``hear`` are called from the clock's thread every 20 ms and must not wait.
    """

    human: bool
    """True where a person listens, so that prompts are never hurried."""

    def attach(self, call: Call) -> None:
        """Learn which call this is, before anything else."""

    def frame(self) -> bytes:
        """The next 20 ms of what they say, μ-law."""

    def hear(self, frame: bytes) -> None:
        """20 ms of what they hear, μ-law."""

    def spoken(self, number: int) -> bool | None:
        """Has the prompt of this number been spoken to the end? None: they do not tell."""

    def told(self, kind: str, data: dict[str, Any]) -> None:
        """Something happened in the call (see ``Call.tell``)."""


class Nobody:
    """The party at a number where there is none."""

    human = False

    def attach(self, call: Call) -> None:
        """Nothing to learn."""

    def frame(self) -> bytes:
        """Silence."""
        return SILENCE

    def hear(self, frame: bytes) -> None:
        """No ears."""

    def spoken(self, number: int) -> None:
        """No voice."""

    def told(self, kind: str, data: dict[str, Any]) -> None:
        """Nobody is told."""


class Call:
    """A leg between the carrier and one party.

    One thread performs the line's documents on it; others (keys, REST, the other
    leg) only leave word with ``press``, ``order``, ``hang_up`` and ``poke``.
    """

    def __init__(
        self, account_sid: str, from_: str, to: str, party: Party, *, longest_s: float, direction: str = "inbound"
    ) -> None:
        self.sid = sid("CA")
        self.account_sid = account_sid
        self.from_ = from_
        self.to = to
        self.direction = direction
        self.party = party
        self.status = "ringing" if direction == "inbound" else "queued"
        self.created = datetime.now(UTC)
        self.ended_at: datetime | None = None
        self.over = threading.Event()
        self.peer: Call | None = None
        self.conference: Conference | None = None
        self.queue_taken = False
        self.streams: tuple[Stream, ...] = ()
        self._last_moment = time.monotonic() + longest_s
        self._answered: float | None = None
        self._duration = 0
        self._changed = threading.Condition()
        self._accepted = False
        self._keys: deque[str] = deque()
        self._order: Order | None = None
        self._hung_up: str | None = None
        self._playing: deque[bytes] = deque()
        self._listeners: tuple[Listener, ...] = (party.told,)

    # -- word left by others ---------------------------------------------------------

    def press(self, key: str) -> None:
        """A key of the telephone was pressed. Raises ``ValueError`` for anything else."""
        if len(key) != 1 or key not in KEYS:
            raise ValueError("a telephone has the keys 0 to 9, * and #")
        with self._changed:
            self._keys.append(key)
            self._changed.notify_all()

    def order(self, order: Order) -> None:
        """Interrupt what is heard and do this instead."""
        with self._changed:
            self._order = order
            self._changed.notify_all()

    def hang_up(self, reason: str) -> None:
        """End the call; the first reason stays."""
        with self._changed:
            self._hung_up = self._hung_up or reason
            self._changed.notify_all()

    def accept(self) -> None:
        """The called party takes the call."""
        with self._changed:
            self._accepted = True
            self._changed.notify_all()

    @property
    def accepted(self) -> bool:
        """True once the called party took it."""
        return self._accepted

    def poke(self) -> None:
        """Something that the call waits for may have changed."""
        with self._changed:
            self._changed.notify_all()

    # -- the call's own thread -------------------------------------------------------

    def wait(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Wait until the time is up (False) or the condition holds (True).

        Raises ``HungUp``, ``Interrupted`` or ``Dequeued`` when that comes first.
        """
        deadline = time.monotonic() + seconds
        with self._changed:
            while True:
                self._check()
                if until():
                    return True
                now = time.monotonic()
                if now >= deadline:
                    return False
                self._changed.wait(max(0.0, min(deadline, self._last_moment) - now))

    def key(self, seconds: float) -> str | None:
        """The next key pressed, or None when none comes in time. Raises as ``wait``."""
        return self._keys.popleft() if self.wait(seconds, lambda: bool(self._keys)) else None

    def forget_keys(self) -> None:
        """Keys pressed while nobody was collecting them are lost, as on a real line."""
        with self._changed:
            self._keys.clear()

    def pressed(self) -> bool:
        """True when a key waits to be collected."""
        return bool(self._keys)

    def check(self) -> None:
        """Raise what interrupts the call, if anything does."""
        with self._changed:
            self._check()

    def _check(self) -> None:
        if self._hung_up is not None:
            raise HungUp(self._hung_up)
        if time.monotonic() >= self._last_moment:
            raise HungUp("no call may last longer")
        if self._order is not None:
            order, self._order = self._order, None
            raise Interrupted(order)
        if self.queue_taken:
            raise Dequeued

    # -- state -----------------------------------------------------------------------

    def answer(self) -> None:
        """The line has taken the call (or the party has)."""
        if self._answered is None:
            self._answered = time.monotonic()
            self.set_status("in-progress")

    def set_status(self, status: str) -> None:
        """Note a new status and tell it."""
        if self.status != status:
            self.status = status
            self.poke()
            self.tell("status", status=status)

    def end(self, status: str, reason: str) -> None:
        """The call is over: note how."""
        self.ended_at = datetime.now(UTC)
        if self._answered is not None:
            self._duration = round(time.monotonic() - self._answered)
        self.status = status
        self.over.set()
        self.tell("ended", status=status, reason=reason, duration=self._duration)

    @property
    def answered(self) -> bool:
        """True once the call was in progress."""
        return self._answered is not None

    @property
    def live(self) -> bool:
        """True until the call is over."""
        return not self.over.is_set()

    @property
    def duration(self) -> int:
        """Seconds between answer and end, whole; 0 while the call lasts."""
        return self._duration

    def tell(self, kind: str, **data: Any) -> None:
        """Tell party and listeners what happens.

        Kinds: status, say, quiet, play, pause, gather, listening, no_input, digits, redirect,
        stream, queue, left_queue, joined, parted, play_answer, key, sms, error, ended.
        """
        for listener in self._listeners:
            listener(kind, data)

    def listen(self, listener: Listener) -> None:
        """Have a callable told everything from now on; it must not wait."""
        self._listeners += (listener,)

    def params(self) -> dict[str, str]:
        """The parameters that every webhook of this call carries."""
        return {
            "AccountSid": self.account_sid,
            "ApiVersion": API_VERSION,
            "CallSid": self.sid,
            "CallStatus": self.status,
            "Called": self.to,
            "Caller": self.from_,
            "Direction": self.direction,
            "From": self.from_,
            "To": self.to,
        }

    def resource(self) -> dict[str, Any]:
        """The call as Twilio's REST API shows it."""
        base = f"/{API_VERSION}/Accounts/{self.account_sid}/Calls/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "api_version": API_VERSION,
            "answered_by": None,
            "caller_name": None,
            "date_created": format_datetime(self.created),
            "date_updated": format_datetime(self.ended_at or datetime.now(UTC)),
            "direction": self.direction,
            "duration": str(self._duration) if self.ended_at else None,
            "end_time": format_datetime(self.ended_at) if self.ended_at else None,
            "forwarded_from": None,
            "from": self.from_,
            "from_formatted": self.from_,
            "group_sid": None,
            "parent_call_sid": None,
            "phone_number_sid": None,
            "price": None,
            "price_unit": "USD",
            "queue_time": "0",
            "start_time": format_datetime(self.created),
            "status": self.status,
            "subresource_uris": {},
            "to": self.to,
            "to_formatted": self.to,
            "trunk_sid": None,
            "uri": f"{base}.json",
        }

    # -- the clock's thread ----------------------------------------------------------

    def play(self, law: bytes) -> None:
        """Have the party hear this recording (μ-law); empty: be quiet."""
        self._playing = deque(law[start : start + FRAME] for start in range(0, len(law), FRAME))

    def frame(self) -> bytes:
        """The next 20 ms of what the party says."""
        return self.party.frame() or SILENCE

    def playing(self) -> bytes | None:
        """The next 20 ms of a recording being played, or None."""
        playing = self._playing
        return playing.popleft() if playing else None
