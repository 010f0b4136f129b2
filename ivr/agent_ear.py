"""The agent's side of the transcript: the agent's own call is forked as well and heard while caller and agent talk.

What an agent says fills no field: the form holds what the caller claims. It goes into the caller's log with
``who`` = agent, its times on the clock of the caller's stream, so that both sides stand in one order.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from audio.session import Partial, Utterance
from ivr.call import STREAM_OPENS_S
from ivr.ports import Hub, Records
from ivr.script import Script
from ivr.stream import Listen, Stream

log = logging.getLogger(__name__)


class AgentEar:
    """Streams of agents' calls. Thread-safe.

    ``caller_of(leg)`` is the caller with whom the agent of this call talks now, None for nobody; ``legs_of(caller)``
    are the calls of the agents who talk with them; ``fork(leg, token)`` has the carrier open a stream in mid-call;
    ``now`` gives Unix seconds.
    """

    def __init__(
        self,
        script: Script,
        records: Records,
        hub: Hub,
        listen: Listen,
        *,
        caller_of: Callable[[str], str | None],
        legs_of: Callable[[str], list[str]],
        fork: Callable[[str, str], None],
        now: Callable[[], float],
    ) -> None:
        self._script = script
        self._records = records
        self._hub = hub
        self._listen = listen
        self._caller_of = caller_of
        self._legs_of = legs_of
        self._fork = fork
        self._now = now
        self._lock = threading.Lock()
        self._tokens: dict[str, tuple[str, str, float]] = {}  # leg -> (token, language, when)
        self._open: set[str] = set()  # legs that are heard

    def token(self, leg: str, lang: str) -> str:
        """A one-time token for the stream of this call, in which this language is spoken."""
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._tokens[leg] = (token, lang, self._now())
        return token

    def listen_again(self, caller: str, lang: str) -> None:
        """Hear the agents who talk with this caller again where no stream is open: it broke with a process or the network."""
        for leg in self._legs_of(caller):
            with self._lock:
                asked = self._tokens.get(leg)
                if leg in self._open or (asked is not None and self._now() - asked[2] < STREAM_OPENS_S):
                    continue
            try:
                self._fork(leg, self.token(leg, lang))
            except Exception as error:  # the two go on talking, and it is asked again
                log.warning("call %s: the carrier did not open the agent's stream: %s", leg, type(error).__name__)

    def forget(self, leg: str) -> None:
        """The call is over; a stream that never came will not be let in."""
        with self._lock:
            self._tokens.pop(leg, None)

    def open(self, leg: str, token: str) -> Stream | None:
        """The handler of an agent's stream; None for an unknown call and a token that is not its own."""
        with self._lock:
            known = self._tokens.get(leg)
            if known is None or not hmac.compare_digest(known[0].encode(), token.encode()):
                return None
            del self._tokens[leg]
            self._open.add(leg)
        began = self._now()
        stream = Stream(
            self._script,
            self._listen,
            known[1],
            on_started=lambda stream, name: None,
            on_partial=lambda partial: self._partial(leg, began, partial),
            on_utterance=lambda utterance: self._heard(leg, began, utterance),
            on_closed=lambda stream, reason: self._closed(leg, stream),
        )
        stream.expect("agent")
        return stream

    def _closed(self, leg: str, stream: Stream) -> None:
        with self._lock:
            self._open.discard(leg)
        stream.close(wait=True)

    def _partial(self, leg: str, began: float, partial: Partial) -> None:
        caller = self._caller_of(leg)
        if caller is not None:
            data = {"text": partial.text, "end": partial.end + self._shift(caller, began), "ask": "", "who": "agent"}
            self._hub.partial(caller, data)

    def _heard(self, leg: str, began: float, utterance: Utterance) -> None:
        caller = self._caller_of(leg)
        if caller is None or not utterance.text.strip():
            return
        shift = self._shift(caller, began)
        words = tuple(replace(word, start=word.start + shift, end=word.end + shift) for word in utterance.words)
        times = {"start": utterance.start + shift, "end": utterance.end + shift}
        said: dict[str, Any] = asdict(replace(utterance, ask="", words=words, **times))
        try:
            self._records.append(caller, ("utterance", {**said, "who": "agent"}))
        except Exception as error:  # the recogniser's thread has others to serve
            log.error("call %s: what the agent said could not be kept: %s", caller, type(error).__name__)

    def _shift(self, caller: str, began: float) -> float:
        """Seconds by which the agent's stream began after the caller's newest one."""
        started = [event.at for event in self._records.events(caller) if event.kind == "stream_started"]
        return began - started[-1] if started else 0.0
