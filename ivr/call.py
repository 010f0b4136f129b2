"""One call as the process knows it, and how it is rebuilt from the event log."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from agent_assist.description import Told
from agent_assist.form import Form, Value
from agent_assist.numberplan import is_phone
from ivr.menu import State
from ivr.steps import Facts
from ivr.terms import READ_BACK


STREAM_OPENS_S = 10
"""A stream that has not come by then is asked for again."""

STREAMS_AT_MOST = 4
"""Twilio forks no more tracks of one call."""


class LogEvent(Protocol):
    """One row of the call event log, as far as it is read here."""

    at: float
    kind: str
    data: dict[str, Any]


class CallStream(Protocol):
    """The call's audio stream (``ivr.stream.Stream``)."""

    @property
    def speaking(self) -> bool: ...
    def expect(self, ask: str, step: str = "", phrases: tuple[str, ...] = ()) -> None: ...
    def speak(self, lang: str) -> None: ...
    def close(self, *, wait: bool = True) -> None: ...


@dataclass
class Call:
    """What is known of a live call. Its ``lock`` is held by whoever reads or changes the rest."""

    sid: str
    from_: str
    to: str
    state: State = State()
    form: Form = Form()
    told: list[Told] = field(default_factory=list)
    """The utterances that the log holds; they are numbered from 1."""
    ended: bool = False
    stream: CallStream | None = None
    token: str | None = None
    """One-time token of the stream that was asked for and has not come yet."""
    token_at: datetime | None = None
    streams: int = 0
    """How often a stream was asked for by this process."""
    rendered: int = 0
    """Last turn whose prompts the carrier has fetched."""
    redirected: int = 0
    """Last turn to which the carrier was asked to move the call."""
    uncut: bool = False
    """True while the caller hears something that must be heard to its end."""
    piece: tuple[str, ...] = ()
    """Readings of a number's first piece, said to the present question."""
    queued_at: float | None = None
    """When the call began to wait in the queue, Unix seconds."""
    answered: bool = False
    """True while the caller talks with an agent: words and keys choose nothing then."""
    unrecorded: bool = False
    """The caller does not agree to being recorded."""
    recording: Any = None
    """What the open stream is recorded with (``audio.recording.Recording``)."""
    tape: int = 0
    """Number of the stream that is open: how many the log told of, this one included."""
    drafted: tuple[int, int] | None = None
    """What the draft was last saved with: utterances and fields."""
    position: int | None = None
    """Place in the queue that the caller was last told."""
    told_at: datetime | None = None
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def speaking(self) -> bool:
        """True while the caller talks or what was said is still being recognised."""
        return self.stream is not None and self.stream.speaking

    @property
    def facts(self) -> Facts:
        """The form as the menu machine sees it."""
        number = self.form.get("complaint_number")
        values = self.form.values
        unsure = tuple(
            (name, str(values[name].value)) for name in READ_BACK if name in values and values[name].state == "heard"
        )
        return Facts(tuple(sorted(values)), self.form.get("category"), number, unsure)

    @property
    def own(self) -> str:
        """The number that the caller calls from, as it is dialled here; '' when it is withheld."""
        digits = self.from_.removeprefix("+86")
        return next((one for one in (digits, "0" + digits) if is_phone(one)), "")

    @property
    def utterances(self) -> int:
        """How many utterances the log holds."""
        return len(self.told)

    @property
    def substance(self) -> tuple[int, int]:
        """How much was heard: utterances and fields. (0, 0) when nothing was."""
        return self.utterances, len(self.form.values)

    @property
    def text_to(self) -> str | None:
        """Where a text message reaches the caller: the calling number, else the number that was given."""
        digits = self.from_.removeprefix("+")
        if digits.isascii() and digits.isdecimal() and 7 <= len(digits) <= 15:
            return self.from_
        phone = self.form.get("phone")
        return f"+86{phone}" if phone else None

    def stream_token(self, now: datetime, *, again: bool) -> str | None:
        """The token of a stream that is to be opened; None when one is there or on its way.

        ``again``: the document that asked for it was lost, so the same is asked again.
        """
        if self.stream is not None or self.ended:
            return None
        if self.token is not None and self.token_at is not None:
            if again:
                return self.token
            if (now - self.token_at).total_seconds() < STREAM_OPENS_S:
                return None
        if self.streams >= STREAMS_AT_MOST:
            return None
        self.streams += 1
        self.token, self.token_at = secrets.token_urlsafe(24), now
        return self.token


def told(utterance: dict[str, Any]) -> Told:
    """A logged utterance as the description needs it."""
    return Told(utterance["text"], utterance.get("ask", ""), utterance.get("words", ()))


def form_of(events: Iterable[LogEvent]) -> Form:
    """The form that a call's events add up to; an agent's edit wins over whatever was heard later."""
    form = Form()
    for event in events:
        if event.kind == "intent":
            form = replace(form, intent=event.data["intent"])
        elif event.kind == "description":
            form = replace(form, description=event.data["text"])
        elif event.kind == "field_rejected":
            form = form.without(event.data["field"], by_agent=bool(event.data.get("who")))
        elif event.kind in ("field_heard", "field_confirmed", "field_edited"):
            form, _ = form.take([Value.from_json(event.data["field"], event.data)])
    return form


def restored(sid: str, events: Iterable[LogEvent]) -> Call | None:
    """The call as its events left it; None when they do not tell of its start."""
    events = list(events)
    started = next((event for event in events if event.kind == "call_started"), None)
    if started is None:
        return None
    call = Call(sid, started.data["from"], started.data["to"], form=form_of(events))
    for event in events:
        if event.kind == "moved":
            before, call.state = call.state, State.from_json(event.data["state"])
            if call.state.step == "queue" != before.step:
                call.queued_at = event.at
        elif event.kind == "agent_answered":
            call.answered = True
        elif event.kind == "queued":
            call.answered = False
            if event.data["position"] is None:
                call.queued_at = event.at  # perhaps again, after a talk
        elif event.kind == "utterance" and event.data.get("who", "caller") == "caller":
            call.told.append(told(event.data))
        elif event.kind == "recording_refused":
            call.unrecorded = True
        elif event.kind == "stream_started":
            call.tape += 1
        elif event.kind == "call_ended":
            call.ended = True
    return call
