"""Recognisers: one utterance in, words or digits out. Vosk does the work.

``Dictation`` hears any words and is dear; ``Digits`` hears numbers only and
costs about a quarter of it, nearly all of that for the sounds themselves. Both take 8 kHz samples, block by block, and leave it
to the caller where an utterance ends: Vosk's own end-pointing is passed over,
for its half second of silence is what callers need to think of the next digit.

Measured with ``vosk-model-small-cn-0.22`` on telephone-band 8 kHz audio, character
error of 50 sentences by real people and of 29 answers in synthetic calls: fed as it is
16.7 and 8.0 %, upsampled to 16 kHz by soxr 17.0 and 8.2 % (18.9 and 9.7 % in its quick
mode). Work per second of audio: 0.11 and 0.18 s. So the audio is fed as it is. Keeping what was learnt of the voice from one
utterance to the next (``Result`` for ``FinalResult``) loses the end of each: 10.6 %.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass

import numpy as np
import vosk
from numpy.typing import NDArray

from audio.grammar import phrases, spelled
from audio.wav import RATE

vosk.SetLogLevel(-1)

ALTERNATIVES = 50
"""Readings asked of the digit recogniser: the right number is often not the first (2 of 15). 200 find no more."""

WORN_S = 300.0
"""Seconds of audio after which a dictation recogniser is retired."""


@dataclass(frozen=True)
class Word:
    """A recognised word; times in seconds."""

    text: str
    start: float
    end: float


class Recognisers:
    """Dictation recognisers of one model, kept warm from one utterance to the next.

    Vosk builds its search graph as speech needs it, so a new recogniser for each
    answer costs 2.6 times the work of one that has heard some speech. What
    it has built it keeps (100 MB after half a minute of speech, 200 MB after 150
    seconds), so each is retired in time. Nothing of a speaker passes on: what was
    learnt of the voice is dropped at the end of an utterance. Thread-safe.
    """

    def __init__(self, model: vosk.Model, keep: int) -> None:
        self._model = model
        self._keep = keep
        self._idle: list[_Worn] = []
        self._lock = threading.Lock()

    def take(self) -> _Worn:
        """A recogniser that nobody else uses."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return _Worn(self._model)

    def give_back(self, recogniser: _Worn) -> None:
        """It has finished its utterance and may hear another one."""
        with self._lock:
            if len(self._idle) < self._keep and recogniser.heard_s < WORN_S:
                self._idle.append(recogniser)


class _Worn:
    """A Vosk recogniser and how much it has heard."""

    def __init__(self, model: vosk.Model) -> None:
        self.vosk = vosk.KaldiRecognizer(model, RATE)
        self.vosk.SetWords(True)
        self.samples = 0

    @property
    def heard_s(self) -> float:
        return self.samples / RATE


class Dictation:
    """One utterance, freely recognised."""

    def __init__(self, recognisers: Recognisers) -> None:
        self._recognisers = recognisers
        self._recogniser = recognisers.take()
        self._began_s = self._recogniser.heard_s

    def accept(self, samples: NDArray[np.int16]) -> str:
        """Take 8 kHz samples; returns the words so far."""
        self._recogniser.samples += len(samples)
        self._recogniser.vosk.AcceptWaveform(samples.tobytes())
        return json.loads(self._recogniser.vosk.PartialResult()).get("partial", "")

    def finish(self) -> tuple[Word, ...]:
        """The words; their times count from the first sample. Nothing can be added afterwards."""
        result = json.loads(self._recogniser.vosk.FinalResult())
        self._recognisers.give_back(self._recogniser)
        # A recogniser counts from the first sample that it ever heard.
        after = self._began_s
        return tuple(
            Word(word["word"], max(0.0, word["start"] - after), max(0.0, word["end"] - after))
            for word in result.get("result", [])
        )


class Digits:
    """One utterance, in which only digits are recognised."""

    def __init__(self, model: vosk.Model, lang: str) -> None:
        self._lang = lang
        grammar = json.dumps(phrases(lang), ensure_ascii=False)  # Vosk does not read \u escapes
        self._recogniser = vosk.KaldiRecognizer(model, RATE, grammar)
        self._recogniser.SetMaxAlternatives(ALTERNATIVES)

    def accept(self, samples: NDArray[np.int16]) -> None:
        """Take 8 kHz samples."""
        self._recogniser.AcceptWaveform(samples.tobytes())

    def finish(self) -> tuple[str, ...]:
        """The distinct readings as digit strings, the best first; () when no digit was heard."""
        alternatives = json.loads(self._recogniser.FinalResult())["alternatives"]
        readings = (spelled(alternative["text"].split(), self._lang) for alternative in alternatives)
        return tuple(dict.fromkeys(reading for reading in readings if reading))
