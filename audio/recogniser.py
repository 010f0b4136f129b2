"""Recognisers: one utterance in, words out. Vosk does the work.

Two kinds share one shape (``accept`` blocks of audio, then ``finish``):
``Dictation`` hears any words and is dear, ``Digits`` hears numbers only and
costs about a tenth of it.
"""

from __future__ import annotations

import heapq
import json
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import soxr
import vosk
from numpy.typing import NDArray

from audio.wav import RATE

vosk.SetLogLevel(-1)

MODEL_RATE = 2 * RATE
"""The models were trained on 16 kHz. Upsampled by soxr, telephone speech is recognised a little
better than left to Vosk's own resampling (15.6 against 17.3 % character error on read sentences)."""

DIGIT_WORDS = {
    "zh": dict(zip("零一幺二两三四五六七八九", "011223456789", strict=True)),
    "en": {
        **{word: str(digit) for digit, word in enumerate("zero one two three four five six seven eight nine".split())},
        "oh": "0",
    },
}
"""What a digit recogniser may hear; everything else comes out as unknown and is left out."""

ALTERNATIVES = 50
"""Readings asked of the digit recogniser: the right number is often not the first. 200 found no more
on 15 spoken and 28 read numbers, and no list at all lost two of the spoken ones."""


@dataclass(frozen=True)
class Word:
    """A recognised word; times in seconds."""

    text: str
    start: float
    end: float


@dataclass
class Heard:
    """What one utterance came to; word times count from its first sample."""

    text: str = ""
    words: list[Word] = field(default_factory=list)
    digits: tuple[str, ...] = ()


class Upsampler:
    """8 kHz to the model's 16 kHz, block by block."""

    def __init__(self) -> None:
        self._stream = soxr.ResampleStream(RATE, MODEL_RATE, 1, dtype="int16")

    def take(self, samples: NDArray[np.int16], *, last: bool = False) -> bytes:
        """The next samples as the model takes them; ``last`` gives what was still held back."""
        return self._stream.resample_chunk(samples, last=last).tobytes()


class Dictation:
    """Free recognition with word times."""

    def __init__(self, model: vosk.Model) -> None:
        self._recogniser = vosk.KaldiRecognizer(model, MODEL_RATE)
        self._recogniser.SetWords(True)
        self._heard = Heard()

    def accept(self, sound: bytes) -> str:
        """Take 16 kHz sound; returns the words so far."""
        if self._recogniser.AcceptWaveform(sound):
            self._add(json.loads(self._recogniser.Result()))
        partial = json.loads(self._recogniser.PartialResult()).get("partial", "")
        return " ".join(part for part in (self._heard.text, partial) if part)

    def finish(self, heard: Heard) -> None:
        """Add text and words to ``heard``."""
        self._add(json.loads(self._recogniser.FinalResult()))
        heard.text, heard.words = self._heard.text, self._heard.words

    def _add(self, result: dict[str, Any]) -> None:
        self._heard.text = " ".join(part for part in (self._heard.text, result.get("text", "")) if part)
        self._heard.words += [Word(word["word"], word["start"], word["end"]) for word in result.get("result", [])]


class Digits:
    """Recognition limited to digit words; gives digit strings, the best first."""

    def __init__(self, model: vosk.Model, lang: str) -> None:
        self._digits = DIGIT_WORDS[lang]
        grammar = json.dumps([*self._digits, "[unk]"], ensure_ascii=False)
        self._recogniser = vosk.KaldiRecognizer(model, MODEL_RATE, grammar)
        self._recogniser.SetMaxAlternatives(ALTERNATIVES)
        self._parts: list[dict[str, float]] = []

    def accept(self, sound: bytes) -> None:
        """Take 16 kHz sound."""
        if self._recogniser.AcceptWaveform(sound):
            self._add(json.loads(self._recogniser.Result()))

    def finish(self, heard: Heard) -> None:
        """Add the readings to ``heard``."""
        self._add(json.loads(self._recogniser.FinalResult()))
        heard.digits = self._readings()

    def _add(self, result: dict[str, Any]) -> None:
        readings: dict[str, float] = {}
        for alternative in result.get("alternatives", []):
            digits = "".join(self._digits.get(word, "") for word in alternative["text"].split())
            readings.setdefault(digits, alternative.get("confidence", 0.0))
        if any(readings):
            self._parts.append(readings)

    def _readings(self) -> tuple[str, ...]:
        """The parts between which the recogniser made a cut (a pause) put together, the best sums first."""
        whole = {"": 0.0}
        for part in self._parts:
            joined: dict[str, float] = {}
            for (before, score), (after, more) in product(whole.items(), part.items()):
                joined[before + after] = max(score + more, joined.get(before + after, -np.inf))
            whole = dict(heapq.nlargest(ALTERNATIVES, joined.items(), key=lambda reading: reading[1]))
        return tuple(reading for reading in whole if reading)
