"""One stream's hearing: audio in, partial words and final utterances out.

``feed`` only looks for speech and hands blocks of 160 ms to the decoder pool;
results come on a decoder thread, in order. Silence is never decoded.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from audio.decoder import Pool
from audio.ear import Ear, Heard, open_ear
from audio.recogniser import Word
from audio.voice import Piece, Voice
from audio.wav import RATE

BLOCK = RATE * 160 // 1000
"""Samples in a block for the decoders: smaller ones cost more, larger ones come later."""

CLOSE_S = 30.0
"""Longest wait for the last words when a session is closed."""

__all__ = ["Expect", "Partial", "Session", "Utterance", "Word"]


@dataclass(frozen=True)
class Partial:
    """Words of an utterance that goes on; ``end``: seconds of the stream heard so far."""

    text: str
    end: float


@dataclass(frozen=True)
class Utterance:
    """A final piece of speech. Times are seconds since the stream began."""

    text: str
    """Free dictation; '' when none ran."""
    words: tuple[Word, ...] = ()
    start: float = 0.0
    end: float = 0.0
    digits: tuple[str, ...] = ()
    """Digit strings of the limited recogniser, the best first; () when it did not run."""
    ask: str = ""
    """Label given by the ``Expect`` that was in force when it began."""
    choice: str = ""
    """The phrase that was said, exactly as it was expected; '' for something else."""


@dataclass(frozen=True)
class Expect:
    """What may be heard now."""

    ask: str = ""
    """Label that the utterance will carry."""
    dictation: bool = True
    digits: bool = False
    pause: float = 0.9
    """Seconds of silence that end an utterance."""
    phrases: tuple[str, ...] = ()
    """What may be answered in so many words."""


class Session:
    """Hears one audio stream. Thread-safe; ``on_partial`` and ``on_utterance`` are called on a decoder thread."""

    def __init__(
        self,
        pool: Pool,
        lang: str,
        *,
        on_partial: Callable[[Partial], None],
        on_utterance: Callable[[Utterance], None],
    ) -> None:
        self._lane = pool.lane()
        self._lang = lang
        self._on_partial = on_partial
        self._on_utterance = on_utterance
        self._lock = threading.Lock()
        self._voice = Voice()
        self._expect = Expect()
        self._block: list[NDArray[np.int16]] = []
        self._undelivered = 0
        self._closed = False
        self._drained = threading.Event()
        # Only the lane's jobs touch these, one at a time.
        self._ear: Ear | None = None
        self._utterance = Utterance("")
        self._shown = ""

    @property
    def speaking(self) -> bool:
        """True while somebody talks or what was said has not been delivered yet."""
        with self._lock:
            return self._voice.speaking or self._undelivered > 0

    def expect(self, expect: Expect) -> None:
        """What may be heard from the next utterance on."""
        with self._lock:
            self._expect = expect

    def feed(self, samples: NDArray[np.int16]) -> None:
        """The next samples of the stream, 8 kHz int16; returns at once."""
        with self._lock:
            if not self._closed:
                for piece in self._voice.push(samples, self._expect.pause):
                    self._take(piece)

    def close(self, *, wait: bool, seconds: float | None = CLOSE_S) -> None:
        """End the stream; the last utterance still comes, and with ``wait`` it has come on return.

        ``seconds``: the longest wait; None waits to the end.
        """
        with self._lock:
            if not self._closed:
                self._closed = True
                for piece in self._voice.flush():
                    self._take(piece)
                self._lane.put(self._drained.set)
        if wait:
            self._drained.wait(seconds)

    # -- on the feeding thread -----------------------------------------------------

    def _take(self, piece: Piece) -> None:
        if piece.first:
            self._undelivered += 1
            expect = self._expect
            self._lane.put(lambda: self._begin(expect, piece.start))
        if len(piece.samples):
            self._block.append(piece.samples)
        if piece.last or sum(map(len, self._block)) >= BLOCK:
            self._hand_over(piece.start + len(piece.samples))
        if piece.last:
            self._lane.put(lambda: self._end(piece.start))

    def _hand_over(self, place: int) -> None:
        if self._block:
            block, self._block = np.concatenate(self._block), []
            self._lane.put(lambda: self._decode(block, place))

    # -- on a decoder thread; what fails there is logged by the lane, and the utterance is given up ------

    def _begin(self, expect: Expect, place: int) -> None:
        self._utterance = Utterance("", start=place / RATE, ask=expect.ask)
        self._shown = ""
        self._ear = open_ear(self._lang, dictation=expect.dictation, digits=expect.digits, phrases=expect.phrases)

    def _decode(self, block: NDArray[np.int16], place: int) -> None:
        ear, self._ear = self._ear, None
        if ear is None:
            return
        text = ear.accept(block)
        self._ear = ear
        if text and text != self._shown:
            self._shown = text
            self._on_partial(Partial(text, place / RATE))

    def _end(self, place: int) -> None:
        ear, self._ear = self._ear, None
        try:
            heard = ear.finish() if ear is not None else Heard()
        finally:
            with self._lock:
                # Before delivery: whoever is told must not be told that there is more to come.
                self._undelivered -= 1
        if not (heard.text or heard.digits or heard.choice):
            return
        after = self._utterance.start
        words = tuple(Word(word.text, round(word.start + after, 3), round(word.end + after, 3)) for word in heard.words)
        self._on_utterance(
            replace(
                self._utterance, text=heard.text, words=words, end=place / RATE, digits=heard.digits, choice=heard.choice
            )
        )
