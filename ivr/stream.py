"""The audio stream of one call, as ``audio.media`` drives it: a recogniser in the call's language."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from audio.session import Expect, Partial, Utterance
from ivr.script import Script

RATE = 8000
"""Samples per second on the telephone."""

LISTENING = Expect()
"""What is heard while nothing is asked: words, whenever they come."""

FLUSH_S = 12.0
"""Longest wait for the last words; whoever waits must still answer the carrier within 15 s."""


class Session(Protocol):
    """A recogniser fed with the call's audio (``audio.session.Session``)."""

    @property
    def speaking(self) -> bool: ...
    def expect(self, expect: Expect) -> None: ...
    def feed(self, pcm: Any) -> None: ...
    def close(self, *, wait: bool) -> None: ...


Listen = Callable[[str, Callable[[Partial], None], Callable[[Utterance], None]], Session]
"""Opens a session: (language, on_partial, on_utterance)."""


class Deaf:
    """A session for a language that no recogniser here understands: keys do the work."""

    speaking = False

    def expect(self, expect: Expect) -> None:
        """Nothing can be heard."""

    def feed(self, pcm: Any) -> None:
        """The audio is dropped."""

    def close(self, *, wait: bool) -> None:
        """Nothing is left to come."""


class Stream:
    """What the media socket talks to: a ``StreamHandler`` that is its own ``session``.

    The recogniser behind it may change while the stream runs, when the caller
    chooses another language; times go on counting from the stream's start.
    Thread-safe; results come on the recogniser's thread. ``tape`` is given all audio, to be kept.
    """

    def __init__(
        self,
        script: Script,
        listen: Listen,
        lang: str,
        *,
        on_started: Callable[[Stream, str], None],
        on_partial: Callable[[Partial], None],
        on_utterance: Callable[[Utterance], None],
        on_closed: Callable[[Stream, str], None],
        tape: Callable[[Any], None] = lambda pcm: None,
    ) -> None:
        self._script = script
        self._listen = listen
        self._on_started = on_started
        self._on_partial = on_partial
        self._on_utterance = on_utterance
        self._on_closed = on_closed
        self._lock = threading.Lock()
        self._flushing = False
        self._flushed = threading.Event()
        self._samples = 0
        self._lang = lang
        self._tape = tape
        self._ear = self._open(lang)

    # -- for the media socket ----------------------------------------------------

    @property
    def session(self) -> Stream:
        """Where the audio goes."""
        return self

    def started(self, stream_sid: str) -> None:
        """The carrier has opened the stream."""
        self._on_started(self, stream_sid)

    def closed(self, reason: str) -> None:
        """The carrier has ended the stream or the socket is gone."""
        self._on_closed(self, reason)

    def feed(self, pcm: Any) -> None:
        """Audio: int16 samples at 8 kHz."""
        with self._lock:  # no sample may reach a session that has been closed for another
            self._samples += len(pcm)
            self._tape(pcm)
            self._ear.feed(pcm)

    # -- for the flow ------------------------------------------------------------

    @property
    def speaking(self) -> bool:
        """True while the caller talks or what was said is still being recognised."""
        return self._ear.speaking

    def expect(self, ask: str, step: str = "", phrases: tuple[str, ...] = ()) -> None:
        """From the next utterance on, hear the answer to this question, or one of these phrases; ``ask`` labels it."""
        question = self._script.questions.get(step)
        expect = question.expect(ask) if question else replace(LISTENING, ask=ask, dictation=step != "queue")
        self._ear.expect(replace(expect, phrases=phrases))

    def speak(self, lang: str) -> None:
        """Hear this language from now on."""
        if lang == self._lang:
            return
        with self._lock:
            old, self._lang, self._ear = self._ear, lang, self._open(lang)
        old.close(wait=False)  # its last words still come

    def close(self, *, wait: bool = True) -> None:
        """Close the recogniser; with ``wait``, return when its last words have been delivered.

        Whoever comes second waits for the first, at most ``FLUSH_S``.
        """
        with self._lock:
            first, self._flushing = not self._flushing, True
        if not first:
            if wait:
                self._flushed.wait(FLUSH_S)
            return
        try:
            self._ear.close(wait=wait)
        finally:
            self._flushed.set()

    def _open(self, lang: str) -> Session:
        after = self._samples / RATE
        return self._listen(
            lang,
            lambda partial: self._on_partial(replace(partial, end=partial.end + after)),
            lambda utterance: self._on_utterance(_later(utterance, after)),
        )


def _later(utterance: Utterance, by: float) -> Utterance:
    words = tuple(replace(word, start=word.start + by, end=word.end + by) for word in utterance.words)
    return replace(utterance, start=utterance.start + by, end=utterance.end + by, words=words)
